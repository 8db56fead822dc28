import { revisionLabel } from '../domain/environment.ts';
import { compareLocks, countChanges, isSameLock } from '../domain/lock.ts';
import type { Reply } from '../domain/reply.ts';
import { sayButtons } from './buttons.ts';
import { describeDifference } from './difference.ts';
import { buttons, codes, type Document, heading, small } from './document.ts';
import { describeNotes, repairsOf } from './notes.ts';
import { describeRequestChange } from './request-change.ts';

/** What an edit would change of a revision, and the button that builds exactly that. */
export function describeEdit({ plan, base, id }: Extract<Reply, { kind: 'edit' }>): Document {
  const { request, lock, projects, format, notes } = plan;
  const label = revisionLabel(request.environment, base.number);
  const difference = compareLocks(base.lock, lock);
  const isMoving = !isSameLock(base.lock, lock);
  const title = isMoving
    ? `${label} would change: ${countChanges(difference)}`
    : `${label} would keep its packages`;
  const build = { label: `Build ${request.environment}`, command: `apply ${id}` };
  return {
    summary: title,
    parts: [
      heading(`📋 ${title}`),
      small(
        'nothing is built yet · to ',
        codes(request.edges, 160),
        ` · ${request.layout} layout · ${format}`,
      ),
      ...(isMoving ? describeDifference(difference, 'Packages') : []),
      ...describeRequestChange(base, { request, projects }),
      ...describeNotes(notes),
      ...buttons(sayButtons([build, ...repairsOf(notes)])),
    ],
  };
}
