import { type Revision, revisionLabel } from '../domain/environment.ts';
import { size } from '../domain/figures.ts';
import { compareLocks, countChanges } from '../domain/lock.ts';
import type { Reply } from '../domain/reply.ts';
import { sayButtons } from './buttons.ts';
import { describeDifference } from './difference.ts';
import { bold, buttons, code, type Document, date, heading, prose, small } from './document.ts';
import { describeRequestChange } from './request-change.ts';

/** Rows shown: whoever compares wants to see them all. */
const MOST_ROWS = 60;

/** How one revision differs from another one. */
export function describeRevisions({ from, to }: Extract<Reply, { kind: 'revisions' }>): Document {
  const difference = compareLocks(from.lock, to.lock);
  const title = `${labelOf(from)} → ${labelOf(to)}`;
  const isSame = from.fingerprint === to.fingerprint;
  return {
    summary: `${title}: ${isSame ? 'the same' : countChanges(difference)}`,
    parts: [
      heading(`📋 ${title}`),
      small('made ', date(from.createdAt), ' and ', date(to.createdAt)),
      ...describeDifference(difference, 'Packages', MOST_ROWS),
      ...describeRequestChange(from, to),
      prose(
        bold('Archive: '),
        code(`${size(from.archive.bytes)} → ${size(to.archive.bytes)}`),
        from.archive.sha256 === to.archive.sha256 ? ', the same bytes' : '',
      ),
      ...buttons(
        sayButtons([{ label: `Line of ${labelOf(to)}`, command: `run ${labelOf(to)}` }], null),
      ),
    ],
  };
}

function labelOf({ request, number }: Revision): string {
  return revisionLabel(request.environment, number);
}
