/** Documents as plain text, for the terminal. Lines to copy stand alone and unindented. */
import type { StepStatus } from '../domain/build.ts';
import type { Reply } from '../domain/reply.ts';
import type { Settings } from '../domain/services.ts';
import { describe } from './describe.ts';
import type { Document, Inline, Part } from './document.ts';
import { line } from './outside.ts';

/** A reply as terminal text, without a line end. */
export function renderText(reply: Reply, settings: Settings): string {
  return textOf(describe(reply, settings));
}

export function textOf(document: Document): string {
  const paragraphs: string[] = [];
  let previous: Part['kind'] | null = null;
  for (const part of document.parts) {
    const text = textOfPart(part);
    if (text === '') continue;
    const joins = JOINS.has(`${previous} ${part.kind}`);
    if (joins && paragraphs.length > 0) paragraphs.push(`${paragraphs.pop()}\n${text}`);
    else paragraphs.push(text);
    previous = part.kind;
  }
  return paragraphs.join('\n\n');
}

/** Neighbours that belong together; between all others stands an empty line. */
const JOINS = new Set([
  'heading small',
  'small small',
  'prose list',
  'prose code',
  'prose small',
  'list small',
  'prose prose',
]);

const MARKS: Readonly<Record<StepStatus, string>> = {
  pending: '·',
  in_progress: '…',
  complete: '✔',
  error: '✖',
};

function textOfPart(part: Part): string {
  switch (part.kind) {
    case 'heading':
      return part.text;
    case 'prose':
    case 'small':
      return part.inline.map(textOfInline).join('');
    case 'code':
      return part.text;
    case 'list':
      return part.items.map((item) => `  • ${item.map(textOfInline).join('')}`).join('\n');
    case 'tasks': {
      const width = Math.max(...part.tasks.map((task) => task.title.length));
      const lines = part.tasks.map((task) =>
        `  ${MARKS[task.status]} ${task.title.padEnd(width)}  ${task.detail ?? ''}`.trimEnd(),
      );
      return [part.title, ...lines].join('\n');
    }
    case 'buttons': {
      const commands = part.buttons.flatMap((button) => button.command ?? []);
      return commands.length === 0 ? '' : `Next: ${commands.join(' · ')}`;
    }
    case 'menu':
      return `${part.question}\n${part.choices.map(({ command }) => `  ${command}`).join('\n')}`;
    case 'divider':
      return '';
  }
}

function textOfInline(inline: Inline): string {
  switch (inline.kind) {
    case 'text':
      return inline.style === 'code' ? `\`${inline.text}\`` : inline.text;
    case 'user':
      return `@${line(inline.id, 60)}`;
    case 'channel':
      return `#${line(inline.id, 60)}`;
    case 'date':
      return new Date(inline.at).toISOString().slice(0, 16).replace('T', ' ');
    case 'link':
      return inline.url;
  }
}
