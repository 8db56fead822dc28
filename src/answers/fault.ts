import type { Notice } from '../domain/ports.ts';
import { bold, code, type Document, marked, prose, small } from './document.ts';
import { line } from './outside.ts';

/** That nothing new can be recorded, which no notice can tell, for who can mend it. */
export function describeFull(isOver: boolean): Document {
  const title = isOver ? 'The store (Redis) has room again' : 'The store (Redis) is full';
  const what = isOver
    ? 'What is asked for is recorded as before.'
    : 'Nothing new can be recorded: what people ask for is refused, and builds at work are tried again for more than a minute, and fail then. Give Redis more memory (maxmemory) or disk, or delete environments; never let it evict.';
  return {
    summary: `${title}. ${what}`,
    parts: [
      prose(isOver ? '✅ ' : '⚠️ ', bold(title), '. ', what),
      ...(isOver ? [] : [small('You are an operator: this is told once, and when it is over.')]),
    ],
  };
}

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
