/**
 * Removing and building keep out of each other's way, on whatever hosts: who removes marks the staging
 * first and then looks for a build at work; a build is recorded first and then looks for marks. Of two
 * at once at least one sees the other.
 */
import type { Leaving, StagingPlace } from '../domain/environment.ts';
import { outsideError } from '../domain/errors.ts';
import type { Progress } from '../domain/ports.ts';
import type { BuildPorts } from './context.ts';

/** How long a mark holds, and with it a build, after the worker that set it was killed. */
const LEASE_MS = 60_000;
const POLL_MS = 500;
/** Of an environment whose stagings may be leaving. */
const RECENT_BUILDS = 100;

/** Whether a worker is removing it right now. */
const isHeld = (leaving: Leaving | undefined, now: number): leaving is Leaving =>
  leaving !== undefined && now < leaving.until;

/**
 * Changes the mark of a staging in its record, in one step, and answers the staging as it is then; null,
 * and nothing is changed, where it is not one that may go.
 */
export type Mark = (
  change: (leaving: Leaving | undefined) => Leaving | undefined,
) => Promise<StagingPlace | null>;

/**
 * Removes a staging, marked meanwhile as being removed by this call alone. What is to go is to be decided
 * in `remove`, and no more be done once its signal is aborted: then the mark may be another's. Answers
 * whether it went. Throws `environment-busy` where a build or another removal is at work.
 */
export async function whileMarked(
  { store, clock }: Pick<BuildPorts, 'store' | 'clock'>,
  name: string,
  mark: Mark,
  signal: AbortSignal,
  remove: (signal: AbortSignal) => Promise<void>,
): Promise<boolean> {
  const by = crypto.randomUUID();
  const held = () => ({ by, until: clock.now() + LEASE_MS });
  const isOurs = (leaving: Leaving | undefined) => leaving?.by === by;
  const marked = await mark((said) => (isHeld(said, clock.now()) ? said : held()));
  if (marked === null) return false;
  if (!isOurs(marked.leaving)) {
    throw busy(`\`${name}@${marked.revision}\` is being removed already.`);
  }
  let { leaving } = marked;
  const lost = new AbortController();
  const renew = async () => {
    const change: Parameters<Mark>[0] = (said) => (isOurs(said) ? held() : said);
    const said = await mark(change).then(
      (staging) => staging?.leaving,
      () => leaving,
    );
    // What cannot be said any more holds no longer than it was said.
    if (isOurs(said) && isHeld(said, clock.now())) leaving = said;
    else lost.abort(busy(`The removal of \`${name}@${marked.revision}\` took too long.`));
  };
  const renewing = setInterval(renew, LEASE_MS / 3).unref();
  try {
    const atWork = await store.buildAtWork(name);
    if (atWork !== null) throw busy(`The build \`${atWork.id}\` of \`${name}\` is at work.`);
    await remove(AbortSignal.any([signal, lost.signal]));
    return true;
  } catch (error) {
    // Where that cannot be recorded, it is over in a minute.
    await mark((said) => (isOurs(said) ? undefined : said)).catch(() => {});
    throw error;
  } finally {
    clearInterval(renewing);
  }
}

const busy = (message: string) =>
  outsideError({ code: 'environment-busy', message, retryable: true });

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
    const revisions = environment?.revisions ?? [];
    const leaving = [
      ...revisions.flatMap(({ stagings }) => stagings),
      ...builds.flatMap(({ begun }) => begun),
    ].find((staging) => edges.includes(staging.edge) && isHeld(staging.leaving, clock.now()));
    if (leaving === undefined) return;
    const line = `edge ${leaving.edge}: waiting until ${name}@${leaving.revision} is removed`;
    if (line !== said) log(line);
    said = line;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}
