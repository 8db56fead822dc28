/** Documents as plain text, for the terminal. Lines to copy stand alone and unindented. */
import type { StepStatus } from '../domain/build.ts';
import type { Reply } from '../domain/reply.ts';
import type { Settings } from '../domain/services.ts';
import { type ByKind, byKind } from './by-kind.ts';
import { describe } from './describe.ts';
import type { Document, Inline, Part } from './document.ts';
import { describeBeside } from './file.ts';
import { line, visible } from './outside.ts';

/** What a piece of text is to its reader, for whoever shows that by colours. */
export type Role = 'title' | 'copy' | 'aside' | 'good' | 'doubtful' | 'bad';

/** How texts are shown in one place. */
export interface Style {
  colour(role: Role, text: string): string;
  /** Breaks where it is too long, at `between`, a space unless said; later lines begin with `indent`. */
  fold(text: string, indent?: string, between?: string): string;
}

const PLAIN: Style = { colour: (_role, text) => text, fold: (text) => text };

/** A reply as terminal text, without a line end. */
export function renderText(reply: Reply, settings: Settings, style = PLAIN): string {
  // Whoever writes it into a file gets the file.
  if (reply.kind === 'file') return visible(reply.file.text).trimEnd();
  return textOf(describe(reply, settings), style);
}

/** What is said of a file beside it, where its text alone is printed; null for other replies. */
export function renderBeside(reply: Reply): string | null {
  return reply.kind === 'file' ? textOf(describeBeside(reply)) : null;
}

/** A document as terminal text, without a line end. */
export function textOf(document: Document, style = PLAIN): string {
  const paragraphs: string[] = [];
  let previous: Part['kind'] | null = null;
  const parts = partsIn(style);
  for (const part of document.parts) {
    const text = byKind(parts, part);
    if (text === '') continue;
    const joins = JOINS.has(`${previous} ${part.kind}`);
    if (joins && paragraphs.length > 0) paragraphs.push(`${paragraphs.pop()}\n${text}`);
    else paragraphs.push(text);
    previous = part.kind;
  }
  return paragraphs.join('\n\n');
}

/** Neighbours that belong together; between all others stands an empty line. */
const JOINS: ReadonlySet<`${Part['kind'] | null} ${Part['kind']}`> = new Set([
  'heading small',
  'small small',
  'prose list',
  'prose code',
  'prose small',
  'list small',
  'row row',
  'row small',
  'prose prose',
] as const);

export const MARKS: Readonly<Record<StepStatus, { sign: string; role: Role }>> = {
  pending: { sign: '·', role: 'aside' },
  in_progress: { sign: '…', role: 'title' },
  complete: { sign: '✔', role: 'good' },
  error: { sign: '✖', role: 'bad' },
};

const partsIn = ({ colour, fold }: Style): ByKind<Part, string> => ({
  heading: ({ text }) => colour('title', text),
  prose: ({ inline }) => fold(textOfAll(inline)),
  small: ({ inline }) => colour('aside', fold(textOfAll(inline))),
  code: ({ text }) => colour('copy', text),
  row: ({ inline, button, menu }) => {
    const commands = [...(button ? [button] : []), ...menu].map(({ command }) => command);
    return [fold(`  • ${textOfAll(inline)}`, '    '), ...typedBelow(commands)].join('\n');
  },
  list: ({ items }) => items.map((item) => fold(`  • ${textOfAll(item)}`, '    ')).join('\n'),
  tasks: ({ title, tasks }) => {
    const width = Math.max(...tasks.map((task) => task.title.length));
    const lines = tasks.map((task) => {
      const { sign, role } = MARKS[task.status];
      const told = `${task.title.padEnd(width)}  ${task.detail ?? ''}`.trimEnd();
      return `  ${colour(role, sign)} ${told}`;
    });
    return [title, ...lines].join('\n');
  },
  buttons: ({ buttons }) =>
    fold(`Next: ${buttons.map(({ command }) => command).join(' · ')}`, '  ', ' · '),
  menu: ({ question, choices }) =>
    `${question}\n${choices.map(({ command }) => `  ${command}`).join('\n')}`,
  divider: () => '',
});

const INLINES: ByKind<Inline, string> = {
  text: ({ text, style }) => (style === 'code' ? `\`${text}\`` : text),
  user: ({ id }) => `@${line(id, 60)}`,
  channel: ({ id }) => `#${line(id, 60)}`,
  date: ({ at }) => new Date(at).toISOString().slice(0, 16).replace('T', ' '),
  link: ({ url, label }) => `${label} (${url})`,
};

/** What is typed for one of many things, below it. */
const typedBelow = (commands: readonly string[]): string[] =>
  commands.length === 0 ? [] : [`      ${commands.join(' · ')}`];

function textOfAll(inlines: readonly Inline[]): string {
  return inlines.map((inline) => byKind(INLINES, inline)).join('');
}
