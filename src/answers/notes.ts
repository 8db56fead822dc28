import type { Repair } from '../domain/errors.ts';
import type { Note } from '../domain/note.ts';
import { marked, type Part, prose, small } from './document.ts';
import { andMore } from './lists.ts';

/** More of them are counted. */
const MOST_NOTES = 4;
const MOST_REPAIRS = 2;

const BEFORE: Readonly<Record<Exclude<Note['tone'], 'added'>, string>> = {
  warning: '⚠️ ',
  forced: '⚠️ forced: ',
};

/** What will not work on the cluster, each on its line, and in small print what was added for it. */
export function describeNotes(notes: readonly Note[]): Part[] {
  const added = notes.filter(({ tone }) => tone === 'added');
  const others = notes.flatMap(({ tone, text }) => (tone === 'added' ? [] : { tone, text }));
  const hidden = others.length - MOST_NOTES;
  return [
    ...others.slice(0, MOST_NOTES).map(({ tone, text }) => prose(BEFORE[tone], marked(text, 600))),
    ...andMore(hidden, `${hidden} more like it`),
    ...(added.length > 0 ? [small(marked(added.map(({ text }) => text).join(' '), 900))] : []),
  ];
}

/** What would go through without them, each once. */
export function repairsOf(notes: readonly Note[]): Repair[] {
  const repairs = notes.flatMap(({ repair }) => repair ?? []);
  const byCommand = new Map(repairs.map((repair) => [repair.command, repair]));
  return [...byCommand.values()].slice(0, MOST_REPAIRS);
}
