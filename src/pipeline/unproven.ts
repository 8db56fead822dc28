import { type Build, isSettled } from '../domain/build.ts';
import type { Staging } from '../domain/environment.ts';
import type { Progress } from '../domain/ports.ts';
import { days } from '../domain/retention.ts';
import { type BuildPorts, whyUnreached } from './context.ts';
import { type Mark, whileMarked } from './leaving.ts';
import { isShared } from './removing.ts';

type Reporting = Pick<Progress, 'signal' | 'log'>;

const RECENT_BUILDS = 500;

/**
 * Removes what builds staged that came to no revision, a day after they ended: nobody can ask for it,
 * and a retry that comes later stages it again.
 */
export async function removeUnproven(ports: BuildPorts, reporting: Reporting): Promise<void> {
  const before = ports.clock.now() - days(1);
  for (const build of await ports.store.listBuilds({ limit: RECENT_BUILDS })) {
    const cameToNothing = isSettled(build) && build.state !== 'ready';
    if (!cameToNothing || (build.finishedAt ?? 0) > before) continue;
    for (const staging of build.stagings) await remove(ports, build, staging, reporting);
  }
}

async function remove(
  ports: BuildPorts,
  { id, archive, request }: Build,
  staging: Staging,
  { signal, log }: Reporting,
): Promise<void> {
  const { store, edges } = ports;
  const name = request.environment;
  const edge = edges.get(staging.edge);
  if (!edge || !archive || (await ports.store.buildAtWork(name)) !== null) return;
  const mark: Mark = async (change) => {
    const marked = await store.updateBuild(id, (build) =>
      isSettled(build) ? { ...build, stagings: withMark(build.stagings, staging, change) } : build,
    );
    if (!isSettled(marked)) return null;
    return marked.stagings.find((known) => isSame(known, staging)) ?? null;
  };
  try {
    const isGone = await whileMarked(ports, name, mark, signal, async (marked) => {
      const environment = await store.readEnvironment(name);
      // Another build may have made a revision of the same; a prefix is of one name alone.
      const isOfRevision = environment?.revisions.some(({ stagings }) =>
        stagings.some((known) => isSame(known, staging)),
      );
      if (isOfRevision) return;
      const sharing = await store.environmentsWithArchive(archive.sha256);
      const keepArchive = isShared(sharing, archive.sha256);
      await edge.remove(staging, archive, { keepArchive, signal: marked });
      log(`edge ${edge.name}: what build ${id} of ${name} staged is removed`);
    });
    if (!isGone) return;
    await store.updateBuild(id, (build) => ({
      ...build,
      stagings: build.stagings.filter((known) => !isSame(known, staging)),
    }));
  } catch (error) {
    const why = whyUnreached(ports, error, signal);
    log(`edge ${edge.name} keeps what build ${id} staged: ${why}`);
  }
}

function withMark(
  stagings: readonly Staging[],
  marked: Staging,
  change: Parameters<Mark>[0],
): Staging[] {
  return stagings.map((known) =>
    isSame(known, marked) ? { ...known, leaving: change(known.leaving) } : known,
  );
}

function isSame(one: Staging, other: Staging): boolean {
  return one.edge === other.edge && one.driverPrefix === other.driverPrefix;
}
