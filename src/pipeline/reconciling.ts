/**
 * What is recorded is done, whoever is killed, and however long Redis was away. The record of a build and
 * its job are two writes, in this order, and so are its end and what is told of it. This duty finds what
 * an open build lacks, and does it; doing it beside whoever has just begun to do the same changes nothing.
 */
import { type Build, isSettled, isTried } from '../domain/build.ts';
import { platformOfBuild } from '../domain/edge-platforms.ts';
import { isStoreError, outsideError, throwIfStopped } from '../domain/errors.ts';
import type { JobPurpose, Progress, Queue } from '../domain/ports.ts';
import type { Services } from '../domain/services.ts';
import { announce } from './announce.ts';
import { carryOutCancel } from './cancelling.ts';
import { type BuildPorts, BuildRun } from './context.ts';
import { discardSent } from './discarding.ts';
import { isToCancel } from './keeping.ts';
import { abandonBuild } from './run.ts';

export interface ReconcilingPorts extends BuildPorts {
  queue: Queue;
  services: Pick<Services, 'settings'>;
}

type Reporting = Pick<Progress, 'signal' | 'log'>;

/** One round over the builds of this platform. One that cannot be helped keeps no other from it. */
export async function reconcile(ports: ReconcilingPorts, reporting: Reporting): Promise<void> {
  for (const id of await ports.store.openBuilds()) {
    throwIfStopped(reporting.signal);
    try {
      const build = await ports.store.readBuild(id);
      if (build && isOurs(build, ports)) await goOnWith(ports, build, reporting);
    } catch (error) {
      if (isStoreError(error)) throw error;
      reporting.log(`build ${id} could not be looked after: ${ports.redact(String(error))}`);
    }
  }
}

/** Of one build there is one queue, so the workers of one platform look after it. */
const isOurs = (
  build: Build,
  { platform, services }: Pick<ReconcilingPorts, 'platform' | 'services'>,
): boolean => platformOfBuild(build, services.settings) === platform;

async function goOnWith(
  ports: ReconcilingPorts,
  build: Build,
  { signal, log }: Reporting,
): Promise<void> {
  const { store, queue, platform } = ports;
  const { id, attempt } = build;
  const purpose = purposeOf(build);
  if (purpose === null) return announce(new BuildRun(ports, build, signal));
  // One that was too late stops nothing that is asked for since.
  const cancel = async () => {
    await carryOutCancel(ports, build, () => discardSent(ports, build, log));
  };
  if (!isSettled(build) && (await isToCancel(ports, build))) return cancel();
  const standing = await queue.standing(build, platform, purpose);
  // The one that staged it may end it, too: where nothing is left to prove.
  const other = purpose === 'build' ? 'verify' : 'build';
  if (standing === 'queued' || (await queue.standing(build, platform, other)) === 'queued') return;
  const current = await store.readBuild(id);
  // Its worker has come to the next part meanwhile, which has a job of its own.
  if (current?.attempt !== attempt || purposeOf(current) !== purpose) return;
  if (standing === 'over') {
    log(`build ${id}: nobody works at it any more`);
    return abandonBuild(ports, { buildId: id, attempt }, UNRECORDED);
  }
  // A bot of an older version may have been killed before it had the name, which is another's by now.
  const isHeld = purpose === 'verify' || (await store.beginAgain(id, (same) => same)).id === id;
  if (!isHeld) return cancel();
  log(`build ${id}: its job is missing, and is queued again`);
  await queue.enqueue(current, platform, purpose);
}

/** A job is over, and its build is not: also where the store was full for longer than it was tried. */
const UNRECORDED = outsideError({
  code: 'unrecorded',
  message: 'no build host could record how it ended, as it went away, or Redis was full or away.',
});

/** What a worker has to do for an open build; null where it has ended, and nothing but telling is left. */
function purposeOf(build: Build): JobPurpose | null {
  if (build.verifying || isTried(build)) return 'verify';
  return isSettled(build) ? null : 'build';
}
