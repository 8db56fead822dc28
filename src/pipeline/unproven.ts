import { type Begun, type Build, isSettled, isUnproven } from '../domain/build.ts';
import { type Environment, isSamePlace, keptStagings } from '../domain/environment.ts';
import type { Progress } from '../domain/ports.ts';
import { days } from '../domain/retention.ts';
import { type BuildPorts, whyUnreached } from './context.ts';
import { type Mark, whileMarked } from './leaving.ts';
import { isShared } from './removing.ts';

type RemovingPorts = Pick<BuildPorts, 'store' | 'edges' | 'clock' | 'redact' | 'events'>;

type Reporting = Pick<Progress, 'signal' | 'log'>;

/** Among which those are that an older version recorded. */
const RECENT_BUILDS = 500;

/**
 * Removes what builds have begun to publish that came to no revision, a day after they ended: nobody can
 * ask for it, and a retry that comes later stages it again.
 */
export async function removeUnproven(ports: RemovingPorts, reporting: Reporting): Promise<void> {
  const { store, clock } = ports;
  const before = clock.now() - days(1);
  const recent = (await store.listBuilds({ limit: RECENT_BUILDS })).filter(isUnproven);
  const ids = new Set([...(await store.unprovenBuilds()), ...recent.map(({ id }) => id)]);
  for (const id of ids) {
    const build = await store.readBuild(id);
    if (build && isUnproven(build) && (build.finishedAt ?? 0) <= before) {
      await removeBegun(ports, build, reporting);
    }
  }
}

/** The same of one build that has ended; on an edge that is away it stays, and in the record. */
export async function removeBegun(
  ports: RemovingPorts,
  build: Build,
  reporting: Reporting,
): Promise<void> {
  for (const begun of build.begun) await remove(ports, build, begun, reporting);
}

async function remove(
  ports: RemovingPorts,
  { id, request }: Build,
  begun: Begun,
  { signal, log }: Reporting,
): Promise<void> {
  const { store, edges } = ports;
  const name = request.environment;
  const edge = edges.get(begun.edge);
  if (!edge || (await ports.store.buildAtWork(name)) !== null) return;
  const mark: Mark = async (change) => {
    const marked = await store.updateBuild(id, (build) =>
      isSettled(build) ? { ...build, begun: withMark(build.begun, begun, change) } : build,
    );
    if (!isSettled(marked)) return null;
    return marked.begun.find((known) => isSamePlace(known, begun)) ?? null;
  };
  let environment: Environment | null = null;
  try {
    const isGone = await whileMarked(ports, name, mark, signal, async (marked) => {
      environment = await store.readEnvironment(name);
      // Another build may have made a revision of the same; a prefix is of one name alone, but what
      // lies there may be another archive's by now.
      const staged = environment?.revisions.flatMap(({ stagings }) => stagings) ?? [];
      if (staged.some((known) => isSamePlace(known, begun))) return;
      const { sha256 } = begun.archive;
      const sharing = await store.environmentsWithArchive(sha256);
      const keepArchive = isShared(sharing, sha256, edge.name);
      await edge.remove(begun, { keepArchive, signal: marked });
      ports.events.emit('staging-removed', {
        ...{ environment: name, revision: begun.revision, edge: edge.name, build: id },
        reason: 'of no revision',
      });
    });
    if (isGone) await store.updateBuild(id, (build) => withoutBegun(build, begun, environment));
  } catch (error) {
    const why = whyUnreached(ports, error, signal);
    log(`edge ${edge.name} keeps what build ${id} staged: ${why}`);
  }
}

/** What a ready build staged is its revision's, which another worker of the same may have kept. */
function withoutBegun(build: Build, gone: Begun, environment: Environment | null): Build {
  return {
    ...build,
    begun: build.begun.filter((known) => !isSamePlace(known, gone)),
    stagings:
      build.state === 'ready'
        ? keptStagings(build.stagings, environment)
        : build.stagings.filter((known) => !isSamePlace(known, gone)),
  };
}

function withMark(all: readonly Begun[], marked: Begun, change: Parameters<Mark>[0]): Begun[] {
  return all.map((known) =>
    isSamePlace(known, marked) ? { ...known, leaving: change(known.leaving) } : known,
  );
}
