import { counted, size } from '../domain/figures.ts';
import {
  bytesOf,
  countChanges,
  type LockDifference,
  type LockedPackage,
  PIP,
} from '../domain/lock.ts';
import { bold, code, type Inline, list, type Part, prose, words } from './document.ts';
import { andMore } from './lists.ts';
import { line } from './outside.ts';

/** Rows of a difference in a message; more are counted. */
const MOST_CHANGES = 12;

/**
 * What changed between two locks, for every answer that compares them. `title` says what is
 * compared: `Since churn@2`; `most` rows are shown, changed packages before new and removed ones.
 */
export function describeDifference(
  difference: LockDifference,
  title: string,
  most = MOST_CHANGES,
): Part[] {
  const { added, changed, removed } = difference;
  const bytes = bytesToMove(difference);
  const rows = [
    ...changed.map(({ before, after }) => changedRow(before, after)),
    ...added.map((entry) => words('added ', code(labelOf(entry)), sizeOf(entry))),
    ...removed.map((entry) => words('removed ', code(labelOf(entry)))),
  ];
  const hidden = rows.length - most;
  return [
    prose(
      bold(`${title}: `),
      countChanges(difference),
      bytes > 0 ? `, ${size(bytes)} to move` : '',
    ),
    ...(rows.length > 0 ? [list(rows.slice(0, most))] : []),
    ...andMore(hidden, counted(hidden, 'more change')),
  ];
}

/** Bytes of the packages that are new or other ones; what stays is there already. */
function bytesToMove({ added, changed }: LockDifference): number {
  return bytesOf([...added, ...changed.map(({ after }) => after)]);
}

/** `numpy 1.26.4 → 2.2.6`; of one version, the builds: `numpy 2.2.6 py311_0 → py311_1`. */
function changedRow(before: LockedPackage, after: LockedPackage): Inline[] {
  const { name, version } = after;
  const from = before.version !== version ? before.version : `${version} ${before.build}`;
  const to = before.version !== version ? version : after.build;
  // Only where it comes from may differ.
  const place = before.channel === after.channel ? '' : ` from ${line(after.channel, 60)}`;
  return words(code(`${name} ${from} → ${to}`), place, sizeOf(after));
}

/** `numpy 2.2.6`, `rich 15.0.0 (pip)` */
export function labelOf({ name, version, channel }: LockedPackage): string {
  return `${name} ${version}${channel === PIP ? ' (pip)' : ''}`;
}

/** ` 8.2 MB`, or nothing where the channel does not say. */
export function sizeOf(entry: LockedPackage): string {
  return entry.size === null ? '' : ` ${size(entry.size)}`;
}
