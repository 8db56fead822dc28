/** What an operator sees of all that runs, at one moment. Times are milliseconds by Redis' clock. */
import { type Build, isSettled } from './build.ts';
import type { Freeze } from './freeze.ts';
import type { Platform } from './lock.ts';
import { isPresent, type Presence, takesWork } from './presence.ts';
import type { QueueStanding } from './totals.ts';

export interface Operations {
  at: number;
  queues: QueueSight[];
  workers: WorkerSight[];
  edges: EdgeSight[];
  ended: EndedBuilds;
}

/** `oldest`: what has waited for longest; null where nothing waits, or it is no build that is known. */
export interface QueueSight extends Omit<QueueStanding, 'oldest'> {
  oldest: BuildSight | null;
}

export interface BuildSight {
  id: string;
  environment: string;
  user: string;
}

export interface WorkerSight extends Omit<Presence, 'work'> {
  /** So many more builds it would begin now. */
  freeSlots: number;
  work: { build: BuildSight | null; id: string; purpose: 'build' | 'verify'; since: number }[];
}

export interface EdgeSight {
  name: string;
  /** When something was last done there; null where nothing was yet. */
  freeBytes: number | null;
  freeze: Freeze | null;
}

/** Free bytes of the file system that holds an edge's root. */
export interface FreeSpace {
  edge: string;
  bytes: number;
}

/** How the builds of the last hours ended. */
export interface EndedBuilds {
  hours: number;
  ready: number;
  cancelled: number;
  /** By the code of the cause, the most frequent first. */
  failed: { code: string; count: number }[];
  /** There were more than could be looked at. */
  isPart: boolean;
}

export const buildSight = ({ id, request, requester }: Build): BuildSight => ({
  ...{ id, environment: request.environment, user: requester.user },
});

/** `builds`: where each that is at work can be found. Of a worker that is gone, what has ended since is left out. */
export function workerSight(
  presence: Presence,
  builds: ReadonlyMap<string, Build>,
  now: number,
): WorkerSight {
  const { work: told, ...rest } = presence;
  const isThere = isPresent(presence, now);
  const work = told.filter(({ buildId }) => isThere || !isDone(builds.get(buildId)));
  const taken = work.filter(({ purpose }) => purpose === 'build').length;
  return {
    ...rest,
    freeSlots: takesWork(presence, now) ? Math.max(0, presence.concurrency - taken) : 0,
    work: work.map(({ buildId, purpose, since }) => {
      const build = builds.get(buildId);
      return { id: buildId, build: build ? buildSight(build) : null, purpose, since };
    }),
  };
}

/** A build that is ready may be proven once more. */
const isDone = (build: Build | undefined): boolean =>
  build !== undefined && isSettled(build) && !build.verifying;

/** `isPart`: builds of that time may be missing. */
export function endedBuilds(
  builds: readonly Build[],
  { now, hours, isPart }: { now: number; hours: number; isPart: boolean },
): EndedBuilds {
  const since = now - hours * 3600_000;
  const ended = builds.filter(({ finishedAt }) => finishedAt !== null && finishedAt >= since);
  const count = (state: Build['state']) => ended.filter((build) => build.state === state).length;
  const codes = Map.groupBy(
    ended.filter(({ state }) => state === 'failed'),
    ({ failure }) => failure?.code ?? 'unknown',
  );
  return {
    ...{ hours, isPart, ready: count('ready'), cancelled: count('cancelled') },
    failed: [...codes]
      .map(([code, { length }]) => ({ code, count: length }))
      .sort((left, right) => right.count - left.count || left.code.localeCompare(right.code)),
  };
}

/** Of all edges, and of workers that are there: nobody builds for others. */
export function platformsOf(
  presences: readonly Presence[],
  ofEdges: readonly Platform[],
): Platform[] {
  return [...new Set([...ofEdges, ...presences.map(({ platform }) => platform)])];
}
