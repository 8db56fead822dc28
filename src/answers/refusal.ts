import { followedBy, plainPhrase } from '../domain/phrase.ts';
import type { RefusedThing, Reply } from '../domain/reply.ts';
import { sayButtons } from './buttons.ts';
import { block, buttons, type Document, list, marked, type Part, prose } from './document.ts';
import { andMore } from './lists.ts';
import { line, visible } from './outside.ts';

/** Of a text that is wrong throughout, the beginning is enough. */
const MOST_OTHERS = 10;

/** Two things are told well in a sentence, more of them in rows. */
const FEWEST_ROWS = 3;

/** Rows of one refusal, and all of them fit one message. */
const MOST_ROWS = 15;

export function describeRefusal({ error }: Extract<Reply, { kind: 'refusal' }>): Document {
  const { message, suggestion, parts = [] } = error;
  return {
    summary: [line(plainPhrase(message), 600), line(plainPhrase(suggestion ?? ''), 400)]
      .filter(Boolean)
      .join(' '),
    parts: [
      ...(parts.length >= FEWEST_ROWS
        ? rowsOf(parts)
        : [
            prose('⚠️ ', marked(message, 2000)),
            ...typedWithMark(error.typed, error.position),
            ...(suggestion ? [prose(marked(suggestion, 1000))] : []),
          ]),
      ...(error.others ?? []).slice(0, MOST_OTHERS).map((other) => {
        const { message, suggestion } = other;
        return prose('⚠️ ', marked(suggestion ? followedBy(message, suggestion) : message, 1000));
      }),
      ...buttons(sayButtons(error.repairs)),
    ],
  };
}

/** A row for each thing that is wrong, with what to do about it. */
function rowsOf(parts: readonly RefusedThing[]): Part[] {
  return [
    prose(`⚠️ ${parts.length} things stand in the way:`),
    list(
      parts
        .slice(0, MOST_ROWS)
        .map(({ message, suggestion }) =>
          marked(suggestion ? followedBy(message, suggestion) : message, 400),
        ),
    ),
    ...andMore(parts.length - MOST_ROWS),
  ];
}

const AROUND = 60;

/** The typed text with a caret under the part that is wrong, in a window around it. */
function typedWithMark(
  typed: string | null,
  position: { start: number; end: number } | null,
): Part[] {
  if (typed === null || position === null || typed.length === 0) return [];
  const start = Math.max(0, Math.min(position.start, typed.length));
  const end = Math.max(start, Math.min(position.end, typed.length));
  const before = shown(typed.slice(Math.max(0, start - AROUND), start));
  const wrong = shown(typed.slice(start, Math.min(end, start + AROUND)));
  const after = shown(typed.slice(end, end + AROUND));
  const head = start > AROUND ? '…' : '';
  const middle = end - start > AROUND ? '…' : '';
  const tail = end + AROUND < typed.length ? '…' : '';
  const width = (text: string) => [...text].length;
  const marked = '^'.repeat(Math.max(1, width(wrong + middle)));
  const text = `${head}${before}${wrong}${middle}${middle ? '' : after}${middle ? '' : tail}`;
  return [block(`${text}\n${' '.repeat(width(head + before))}${marked}`)];
}

function shown(text: string): string {
  return visible(text).replaceAll('\n', '⏎');
}
