import { defaultRevision, isThere, type Revision } from '../../domain/environment.ts';
import type { Errand } from '../../domain/errands.ts';
import { FerryError, isStoreError } from '../../domain/errors.ts';
import type { Plan } from '../../domain/plan.ts';
import type { Progress } from '../../domain/ports.ts';
import type { BuildRequest } from '../../domain/request.ts';
import type { BuildPorts } from '../context.ts';
import { newFilesOf } from '../steps/files-asked.ts';
import { requireUnclaimed } from '../steps/numbering.ts';
import { engineLabel, type SolveInput, solve } from '../steps/solve.ts';
import { expectOnEdges, findStaged } from '../steps/staged.ts';

/** What a build of the request would have, compared with the newest revision. */
export async function plan(
  ports: BuildPorts,
  { id, asked: { request, lock = null, asker: who } }: Errand<'plan'>,
  progress: Progress,
): Promise<Plan> {
  const environment = await ports.store.readEnvironment(request.environment);
  const before = environment ? defaultRevision(environment) : null;
  const asker = newFilesOf(environment, request, who);
  // An older bot does not say who asks: then the build finds out.
  const unclaimed = who && requireUnclaimed(ports, request, who.user, progress);
  const planning = planFrom(ports, { request, id, given: lock, before, asker }, progress);
  return (await Promise.all([planning, unclaimed]))[0];
}

/**
 * Projects are pinned for the fingerprint, and their bytes cleared: a build of the plan may run on
 * another host, and pins them again.
 */
export async function planFrom(
  ports: BuildPorts,
  asked: Pick<SolveInput, 'request' | 'id' | 'given' | 'basis' | 'asker'> & {
    before: Revision | null;
  },
  progress: Progress,
): Promise<Plan> {
  const { request, id, before } = asked;
  expectOnEdges(ports, request, progress.signal);
  const engine = await ports.engine.describe();
  try {
    const solved = await solve(ports, { ...asked, engine, lock: null }, progress);
    return {
      ...{ request, engine: engineLabel(engine), ...solved },
      before: before && {
        number: before.number,
        lock: before.lock,
        fingerprint: before.fingerprint,
      },
      staged: await stagedNumber(ports, { request, ...solved }, progress.signal),
    };
  } finally {
    await ports.workspace.clear(id);
  }
}

/** The revision that is exactly this and can be answered with as it is, by its number; or null. */
async function stagedNumber(
  ports: BuildPorts,
  wanted: { request: BuildRequest; fingerprint: string },
  signal: AbortSignal,
): Promise<number | null> {
  try {
    const revision = await findStaged(ports, wanted, signal);
    // What an older version staged can be started by its name once a build has seen to it.
    const isOlder = revision?.stagings.some(({ archiveLink }) => archiveLink === null) ?? true;
    // What was let go comes back by a build only, which records it.
    return revision !== null && isThere(revision) && !isOlder ? revision.number : null;
  } catch (error) {
    if (!(error instanceof FerryError) || error.kind !== 'outside' || isStoreError(error)) {
      throw error;
    }
    // Of an edge that is away nothing can be promised; whoever builds will find out why.
    return null;
  }
}
