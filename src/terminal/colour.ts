import { styleText } from 'node:util';
import type { Role, Style } from '../answers/text.ts';
import { foldText } from './line.ts';

type Format = Parameters<typeof styleText>[0];

const FORMATS: Readonly<Record<Role, Format>> = {
  title: 'bold',
  copy: 'cyan',
  aside: 'dim',
  good: 'green',
  doubtful: 'yellow',
  bad: 'red',
};

/** Writes a text in the colour of its role where `stream` shows colours: Node knows NO_COLOR, FORCE_COLOR and `dumb`. */
export const colourOn =
  (stream: NodeJS.WriteStream) =>
  (role: Role, text: string): string =>
    text === '' ? '' : styleText(FORMATS[role], text, { stream });

/** How answers are shown on `stream`: on a terminal in colours, and in lines that it has room for. */
export const styleOn = (stream: NodeJS.WriteStream): Style => ({
  colour: colourOn(stream),
  fold: (text, indent, between) =>
    // A terminal that does not know how wide it is says 0.
    stream.isTTY && stream.columns > 0 ? foldText(text, stream.columns, indent, between) : text,
});
