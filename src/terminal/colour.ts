import { styleText } from 'node:util';
import type { Role } from '../answers/text.ts';

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
