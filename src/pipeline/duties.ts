import { isSettled } from '../domain/build.ts';
import { isThere } from '../domain/environment.ts';
import { Cancelled, throwIfStopped } from '../domain/errors.ts';
import { secondsBetween } from '../domain/events.ts';
import { counted } from '../domain/figures.ts';
import type { Progress } from '../domain/ports.ts';
import { type BuildPorts, whyUnreached } from './context.ts';
import { tellFaults } from './faults.ts';
import { forgetBuilds } from './forgetting.ts';
import { pointEdges } from './pointing.ts';
import { type ReconcilingPorts, reconcile } from './reconciling.ts';
import { removeLetGo } from './removing.ts';
import { keepRetention } from './retention.ts';
import { keepSchedules, ROUND_SECONDS, type SchedulePorts } from './schedules.ts';
import { removeUnproven } from './unproven.ts';
import { seeAllUses } from './using.ts';

/** What workers do again and again without being asked; doing it twice must be the same as once. */
interface Duty {
  name: string;
  /** Also how long nobody else does it, so it must end by then where it is not to be done twice. */
  everySeconds: number;
  /** Done on each build host, or for each platform by one of its workers; else one does it for all. */
  each?: 'host' | 'platform';
  run(ports: DutyPorts, progress: Reporting): Promise<void>;
}

export type DutyPorts = SchedulePorts & ReconcilingPorts;

type Reporting = Pick<Progress, 'signal' | 'log'>;

export const DUTIES: readonly Duty[] = [
  { name: 'reconcile', everySeconds: 30, each: 'platform', run: reconcile },
  { name: 'tell-faults', everySeconds: 60, run: tellFaults },
  { name: 'remove-let-go', everySeconds: 60, run: removeAllLetGo },
  { name: 'see-uses', everySeconds: 600, run: seeAllUses },
  { name: 'retention', everySeconds: 3600, run: keepRetention },
  { name: 'forget-builds', everySeconds: 86_400, run: forgetBuilds },
  { name: 'remove-unproven', everySeconds: 3600, run: removeUnproven },
  { name: 'schedules', everySeconds: ROUND_SECONDS, each: 'platform', run: keepSchedules },
  { name: 'sweep-archives', everySeconds: 3600, each: 'host', run: sweepArchives },
  { name: 'sweep-builds', everySeconds: 3600, each: 'host', run: sweepBuilds },
  { name: 'tell-edges', everySeconds: 86_400, run: tellAllEdges },
  // A bot begins with it; a worker of an older version may have been at work since.
  { name: 'index-environments', everySeconds: 86_400, run: indexEnvironments },
  // Each host begins with it: its own worker may be the one that was killed.
  { name: 'sweep-edges', everySeconds: 86_400, each: 'host', run: sweepEdges },
];

/** True for exactly one worker within so many seconds. */
export type Lease = (name: string, seconds: number) => Promise<boolean>;

/**
 * Does the duties whose time has come, side by side, so that one that waits for an edge holds up no other;
 * those named in `atWork` are not begun again. What goes wrong with one is logged, and its time comes again.
 */
export async function doDuties(
  ports: DutyPorts,
  lease: { all: Lease; host: Lease },
  reporting: Reporting,
  atWork = new Set<string>(),
): Promise<void> {
  const begin = async ({ name, everySeconds, each, run }: Duty) => {
    const leased = each === 'platform' ? `${name}:${ports.platform}` : name;
    atWork.add(name);
    const begunAt = ports.clock.now();
    const seconds = () => secondsBetween(begunAt, ports.clock.now());
    try {
      const mayDo = await lease[each === 'host' ? 'host' : 'all'](leased, everySeconds);
      if (!mayDo) return;
      await run(ports, reporting);
      ports.events.emit('duty-done', { duty: name, seconds: seconds() });
    } catch (error) {
      if (reporting.signal.aborted) return;
      const reason = ports.redact(String(error));
      ports.events.emit('duty-failed', { duty: name, seconds: seconds(), reason });
    } finally {
      atWork.delete(name);
    }
  };
  await Promise.all(DUTIES.filter(({ name }) => !atWork.has(name)).map(begin));
}

/** What could not be removed when it was let go: an edge was away, or no worker was there. */
async function removeAllLetGo(ports: BuildPorts, reporting: Reporting): Promise<void> {
  for (const name of await ports.store.namesLeaving()) await removeLetGo(ports, name, reporting);
}

async function indexEnvironments({ store }: BuildPorts, { log }: Reporting): Promise<void> {
  const count = await store.indexEnvironments();
  if (count > 0) log(`records of ${counted(count, 'environment')} are indexed anew`);
}

/**
 * What an edge did not hear of when it was away, or when an older version told less; and what of a record
 * changes without a name that moves.
 */
async function tellAllEdges(ports: BuildPorts, reporting: Reporting): Promise<void> {
  for await (const { name, revisions } of ports.store.everyOutline()) {
    if (!revisions.some(isThere)) continue;
    const environment = await ports.store.readEnvironment(name);
    if (environment) await pointEdges(ports, environment, reporting);
    throwIfStopped(reporting.signal);
  }
}

/** Archives of what is there are kept for other edges, and those of builds that may go on. */
async function sweepArchives(ports: BuildPorts): Promise<void> {
  const builds = await ports.store.listBuilds({ limit: RECENT_BUILDS });
  const unsettled = builds.filter((build) => !isSettled(build));
  const kept = new Set(unsettled.flatMap(({ fingerprint }) => fingerprint ?? []));
  for await (const { revisions } of ports.store.everyOutline()) {
    for (const { fingerprint } of revisions.filter(isThere)) kept.add(fingerprint);
  }
  const removed = await ports.workspace.sweepArchives(kept);
  if (removed.length > 0) {
    ports.events.emit('swept', { kind: 'archives', count: removed.length });
  }
}

const RECENT_BUILDS = 500;

/** What a worker that was killed kept of builds that nobody goes on with. */
async function sweepBuilds(ports: BuildPorts): Promise<void> {
  const builds = await ports.store.listBuilds({ limit: RECENT_BUILDS });
  const kept = builds.filter((build) => !isSettled(build)).map(({ id }) => id);
  const removed = await ports.workspace.sweepBuilds(new Set(kept));
  if (removed.length > 0) ports.events.emit('swept', { kind: 'builds', count: removed.length });
}

/** One that is away keeps what it has until the next time, and no other from being swept. */
async function sweepEdges(ports: BuildPorts, { signal, log }: Reporting): Promise<void> {
  await Promise.all(
    [...ports.edges.values()].map(async (edge) => {
      try {
        await edge.sweep(signal);
      } catch (error) {
        log(`edge ${edge.name} could not be swept: ${whyUnreached(ports, error, signal)}`);
      }
    }),
  );
}

/** How often it is looked whether a duty's time has come. */
const DUTIES_MS = 15_000;

/** Looks after the duties until it is closed, which stops those at work. `once` is asked by name. */
export function keepDuties(ports: DutyPorts, once: Lease, log: (line: string) => void) {
  const stopping = new AbortController();
  const { signal } = stopping;
  const done = new Map<string, number>();
  const host: Lease = async (name, seconds) => {
    const isDue = Date.now() - (done.get(name) ?? 0) >= seconds * 1000;
    if (isDue) done.set(name, Date.now());
    return isDue;
  };
  const lease = {
    all: (name: string, seconds: number) => once(`duty:${name}`, seconds),
    host,
  };
  const atWork = new Set<string>();
  const rounds = new Set<Promise<void>>();
  const timer = setInterval(() => {
    const round = doDuties(ports, lease, { signal, log }, atWork);
    rounds.add(round);
    void round.finally(() => rounds.delete(round));
  }, DUTIES_MS);
  return {
    async close() {
      clearInterval(timer);
      stopping.abort(new Cancelled('shutdown'));
      await Promise.all(rounds);
    },
  };
}
