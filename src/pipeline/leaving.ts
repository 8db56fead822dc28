/**
 * Removing and building keep out of each other's way, on whatever hosts: who removes marks the staging
 * first and then looks for a build at work; a build is recorded first and then looks for marks. Of two
 * at once at least one sees the other.
 */
import type { Staging } from '../domain/environment.ts';
import { outsideError } from '../domain/errors.ts';
import type { Progress } from '../domain/ports.ts';
import type { BuildPorts } from './context.ts';

/** A removal is over by then, or its worker was killed: longer than an edge is waited for. */
const LEASE_MS = 30 * 60_000;
const POLL_MS = 500;
/** Of an environment whose stagings may be leaving. */
const RECENT_BUILDS = 100;

/** Whether a worker is removing it right now. */
function isLeaving({ leavingSince }: Staging, now: number): boolean {
  return leavingSince !== undefined && now - leavingSince < LEASE_MS;
}

/**
 * Removes a staging, marked by `mark` meanwhile: it sets the time, or with undefined takes it away, and
 * answers whether the staging may go still. Answers whether it went. Throws `environment-busy` where a
 * build is at work.
 */
export async function whileMarked(
  ports: BuildPorts,
  name: string,
  mark: (leavingSince: number | undefined) => Promise<boolean>,
  remove: () => Promise<void>,
): Promise<boolean> {
  if (!(await mark(ports.clock.now()))) return false;
  try {
    const atWork = await ports.store.buildAtWork(name);
    if (atWork !== null) {
      const message = `The build \`${atWork.id}\` of \`${name}\` is at work.`;
      throw outsideError({ code: 'environment-busy', message, retryable: true });
    }
    await remove();
    return true;
  } catch (error) {
    await mark(undefined);
    throw error;
  }
}

/** Waits until nothing of an environment is being removed from these edges. */
export async function untilNothingLeaves(
  { store, clock }: Pick<BuildPorts, 'store' | 'clock'>,
  name: string,
  edges: readonly string[],
  { signal, log }: Pick<Progress, 'signal' | 'log'>,
): Promise<void> {
  let said = '';
  for (;;) {
    signal.throwIfAborted();
    const environment = await store.readEnvironment(name);
    const builds = await store.listBuilds({ environment: name, limit: RECENT_BUILDS });
    const leaving = [...(environment?.revisions ?? []), ...builds]
      .flatMap(({ stagings }) => stagings)
      .find((staging) => edges.includes(staging.edge) && isLeaving(staging, clock.now()));
    if (leaving === undefined) return;
    const line = `edge ${leaving.edge}: waiting until ${name}@${leaving.revision} is removed`;
    if (line !== said) log(line);
    said = line;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}
