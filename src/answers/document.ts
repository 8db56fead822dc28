/**
 * What a reply says, before it is decided where: a summary for notifications and a list of parts.
 * `slack/blocks.ts` turns it into Block Kit and `text.ts` into terminal text; both take every text here
 * literally, so nothing a person typed can become markup.
 */
import type { StepStatus } from '../domain/build.ts';
import type { Phrase } from '../domain/phrase.ts';
import { clip, line, passage, visible } from './outside.ts';

export interface Document {
  /** One plain sentence or two: what a notification shows. */
  summary: string;
  parts: Part[];
}

export type Part =
  | { kind: 'heading'; text: string }
  | { kind: 'prose'; inline: Inline[] }
  /** Facts in small print. */
  | { kind: 'small'; inline: Inline[] }
  /** Text to copy: shown exactly as it is. */
  | { kind: 'code'; text: string; language: string | null }
  | { kind: 'list'; items: Inline[][] }
  /** One of many things, with what can be done with it: a button, or a menu of commands to say. */
  | { kind: 'row'; inline: Inline[]; button: Button | null; menu: readonly Choice[] }
  | { kind: 'tasks'; title: string; tasks: Task[] }
  | { kind: 'buttons'; buttons: Button[] }
  /** One of many commands to say. */
  | { kind: 'menu'; question: string; choices: readonly Choice[] }
  | { kind: 'divider' };

export interface Choice {
  label: string;
  value: string;
  command: string;
}

export type Inline =
  | { kind: 'text'; text: string; style?: 'bold' | 'italic' | 'code' }
  | { kind: 'user'; id: string }
  | { kind: 'channel'; id: string }
  /** Milliseconds since the epoch; shown in the reader's own time zone where that is possible. */
  | { kind: 'date'; at: number }
  | { kind: 'link'; url: string; label: string };

export interface Task {
  id: string;
  title: string;
  status: StepStatus;
  detail: string | null;
}

export interface Button {
  action: string;
  label: string;
  value: string;
  style: 'primary' | 'danger' | null;
  confirm: { title: string; text: string; confirm: string; deny: string } | null;
  /** What to type for the same, or to read how it is typed. */
  command: string;
}

export const bold = (text: string): Inline => ({ kind: 'text', text, style: 'bold' });
export const code = (text: string, limit = 120): Inline => ({
  kind: 'text',
  text: line(text, limit) || ' ',
  style: 'code',
});
export const user = (id: string): Inline => ({ kind: 'user', id });
export const date = (at: number): Inline => ({ kind: 'date', at });
export const link = (url: string, label: string): Inline => ({ kind: 'link', url, label });

/** Our own words and pieces in a row; empty strings disappear. */
export function words(...pieces: (string | Inline | Inline[])[]): Inline[] {
  return pieces
    .flat()
    .map((piece): Inline => (typeof piece === 'string' ? { kind: 'text', text: piece } : piece))
    .filter((piece) => piece.kind !== 'text' || piece.text !== '');
}

/** A message of ours or from outside, in which `like this` is code and people are values. */
export function marked(phrase: Phrase, limit = 1500): Inline[] {
  if (typeof phrase === 'string') return withCode(passage(phrase, limit));
  let left = limit;
  return phrase.flatMap((piece) => {
    if (typeof piece !== 'string') return user(piece.person);
    if (left <= 0) return [];
    const text = clip(visible(piece), left);
    left -= text.length;
    return withCode(text);
  });
}

function withCode(text: string): Inline[] {
  return text
    .split(/(`[^`\n]+`)/)
    .map((piece, index): Inline => {
      return index % 2 === 0
        ? { kind: 'text', text: piece }
        : { kind: 'text', text: piece.slice(1, -1), style: 'code' };
    })
    .filter((piece) => piece.kind !== 'text' || piece.text !== '');
}

export const heading = (text: string): Part => ({ kind: 'heading', text: line(text, 150) });
export const prose = (...pieces: (string | Inline | Inline[])[]): Part => ({
  kind: 'prose',
  inline: words(...pieces),
});
export const small = (...pieces: (string | Inline | Inline[])[]): Part => ({
  kind: 'small',
  inline: words(...pieces),
});
/** A block of text to copy. The text must be ours, or have gone through `passage`. */
export const block = (text: string, language: string | null = null): Part => ({
  kind: 'code',
  text,
  language,
});
export const list = (items: Inline[][]): Part => ({ kind: 'list', items });
export const row = (
  inline: Inline[],
  act: { button?: Button; menu?: readonly Choice[] },
): Part => ({
  ...{ kind: 'row', inline, button: act.button ?? null, menu: act.menu ?? [] },
});
export const buttons = (entries: readonly Button[]): Part[] =>
  entries.length === 0 ? [] : [{ kind: 'buttons', buttons: [...entries] }];

/** `python=3.11`, `numpy` …, each as code; what does not fit is counted. */
export function codes(texts: readonly string[], limit: number): Inline[] {
  const pieces: Inline[] = [];
  let used = 0;
  for (const [index, text] of texts.entries()) {
    const piece = code(text, 60);
    const length = piece.kind === 'text' ? piece.text.length + 1 : 0;
    if (index > 0 && used + length > limit) {
      pieces.push({ kind: 'text', text: ` and ${texts.length - index} more` });
      break;
    }
    if (index > 0) pieces.push({ kind: 'text', text: ' ' });
    pieces.push(piece);
    used += length;
  }
  return pieces;
}
