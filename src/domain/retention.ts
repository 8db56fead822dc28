import { defaultRevision, isThere, tagsOf } from './environment.ts';
import type { Outline, RevisionOutline } from './outline.ts';
import type { Use } from './use.ts';

/** How many builds are remembered: whichever bound comes first. */
export interface History {
  /** Days since it was asked for. */
  days: number;
  /** The newest of each environment. */
  builds: number;
}

/** How long what is built is kept. What has a tag is always kept. */
export interface Retention {
  /** Days after the last build or proof until an environment is let go; null never. */
  expireDays: number | null;
  /** How many days before that its owner is reminded; nothing goes without. */
  remindDays: number;
  /** Revisions of an environment that are kept, the newest; null all. The default one is, too. */
  keepRevisions: number | null;
  /** Days for which what an application on the cluster has used is kept; 0: nobody asks the cluster. */
  usedDays: number;
}

const DAY_MS = 86_400_000;

/** Milliseconds of so many days. */
export const days = (count: number): number => count * DAY_MS;

/** The use of a revision that keeps it; null where there is none, or it is too long ago. */
export function keepingUse(
  { used }: Pick<RevisionOutline, 'used'>,
  { usedDays }: Retention,
  now: number,
): Use | null {
  return used !== null && used.at >= now - days(usedDays) && usedDays > 0 ? used : null;
}

/** When an environment's time is up; null where that never is. */
export function expiresAt(environment: Outline, { expireDays }: Retention): number | null {
  const used = leavingAtEnd(environment).flatMap(({ stagings, verifications, used }) => [
    ...(used ? [used.at] : []),
    ...stagings.map(({ stagedAt }) => stagedAt),
    ...verifications.map(({ at }) => at),
  ]);
  if (expireDays === null || used.length === 0) return null;
  return Math.max(Math.max(...used) + days(expireDays), environment.keptUntil ?? 0);
}

/** What goes when the time of an environment is up. */
export function leavingAtEnd<R extends RevisionOutline>(
  environment: Pick<Outline, 'tags'> & { revisions: readonly R[] },
): R[] {
  return environment.revisions.filter(
    (revision) => isThere(revision) && tagsOf(environment, revision.number).length === 0,
  );
}

/** What is due for an environment: nothing, a reminder of the moment it ends, or its end. */
export function dueOf(
  environment: Outline,
  retention: Retention,
  now: number,
): { what: 'nothing' } | { what: 'reminder'; ends: number } | { what: 'end' } {
  const at = expiresAt(environment, retention);
  const notice = days(retention.remindDays);
  if (at === null || now < at - notice) return { what: 'nothing' };
  const { reminded } = environment;
  // Whoever has built or kept it since is reminded anew.
  if (reminded === null || reminded.of !== at) {
    return { what: 'reminder', ends: Math.max(at, now + notice) };
  }
  return now < Math.max(at, reminded.at + notice) ? { what: 'nothing' } : { what: 'end' };
}

/** The oldest revisions beyond those that are kept. */
export function surplusOf(environment: Outline, { keepRevisions }: Retention): RevisionOutline[] {
  if (keepRevisions === null) return [];
  const there = environment.revisions.filter(isThere);
  const current = defaultRevision(environment);
  return there
    .slice(0, Math.max(0, there.length - keepRevisions))
    .filter((old) => old !== current && tagsOf(environment, old.number).length === 0);
}
