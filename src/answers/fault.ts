import type { Notice } from '../domain/ports.ts';
import { bold, code, type Document, marked, prose, small } from './document.ts';
import { line } from './outside.ts';

/** What builds fail for, for who can mend it. */
export function describeFault({
  edges,
  text,
  buildId,
  isGone,
}: Extract<Notice, { kind: 'fault' }>): Document {
  const where = line(edges.join(', '), 200);
  const title = isGone ? `Mended on ${where}` : `Builds fail on ${where}`;
  return {
    summary: `${title}: ${line(text, 300)}`,
    parts: [
      prose(isGone ? '✅ ' : '⚠️ ', bold(title), isGone ? '. It was: ' : ': ', marked(text, 900)),
      small(
        'Build ',
        code(buildId, 60),
        isGone
          ? '. Its Retry goes on with what is there.'
          : '. You are an operator: this is told once an hour at most, and when it is gone.',
      ),
    ],
  };
}
