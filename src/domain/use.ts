/** Who uses a revision on a cluster: what its lines tell of themselves there, and how that is read. */
import { counted } from './figures.ts';

/** An application as a cluster tells of it. */
export interface Application {
  id: string;
  name: string;
  /** As the cluster knows them. */
  user: string;
  tags: string[];
  startedAt: number;
  /** When it ended; while it runs, now. */
  seenAt: number;
}

/** The last application on a cluster that was seen to use a revision. */
export interface Use {
  application: string;
  /** As the cluster knows them. */
  user: string;
  edge: string;
  /** When it ended; while it runs, when it was seen. */
  at: number;
}

/**
 * The tag by which YARN tells who uses `churn@2`. Everybody may ask for it (`applicationTags`), and it
 * is kept with the application. YARN makes letters small: measured on 3.5.0.
 */
export function useTag(environment: string, revision: number): string {
  return `conda-ferry:${environment}@${revision}`.toLowerCase();
}

/** The setting with which Spark gives an application its tags, a list. */
export const TAGS = 'spark.yarn.tags';

/** A person's own tags and ours. */
export function withUseTag(
  tags: string,
  { environment, revision }: { environment: string; revision: number },
): string {
  return [...(tags === '' ? [] : [tags]), useTag(environment, revision)].join(',');
}

/** What our own proofs are called there: they are no use. */
export const PROOF_PREFIX = 'conda-ferry verify ';

/** Clocks of clusters and of build hosts differ by less. */
const CLOCKS_MS = 5 * 60_000;

/**
 * The last use among applications; null where there is none. What began before `since`, when the
 * revision was first staged, used another one of that name.
 */
export function lastUse(
  applications: readonly Application[],
  { edge, tag, since }: { edge: string; tag: string; since: number },
): Use | null {
  const using = applications
    .filter(({ tags, name }) => tags.includes(tag) && !name.startsWith(PROOF_PREFIX))
    .filter(({ startedAt }) => startedAt >= since - CLOCKS_MS)
    .toSorted((left, right) => left.seenAt - right.seenAt)
    .at(-1);
  if (using === undefined) return null;
  const { id: application, user, seenAt: at } = using;
  return { application, user, edge, at };
}

/** How long ago, in words that fit behind `used`. */
export function agoInWords(milliseconds: number): string {
  const hours = milliseconds / 3_600_000;
  if (hours < 1) return 'within the last hour';
  if (hours < 24) return `${counted(Math.floor(hours), 'hour')} ago`;
  return `${counted(Math.floor(hours / 24), 'day')} ago`;
}
