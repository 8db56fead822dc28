import { type Environment, isThere, type Revision, withRevision } from '../domain/environment.ts';
import type { Unreached } from '../domain/errands.ts';
import { outsideError } from '../domain/errors.ts';
import type { Outline } from '../domain/outline.ts';
import type { Progress } from '../domain/ports.ts';
import { type BuildPorts, whyUnreached } from './context.ts';
import { type Mark, whileMarked } from './leaving.ts';
import { pointEdges } from './pointing.ts';

/** Of an environment that are told of it; older ones nobody looks at. */
const MOST_BUILDS = 1_000;

/**
 * Removes what was let go of an environment: from this build host, and from every edge that has it.
 * The record says what is still to go, so that it can be done again until nothing is. Answers the
 * edges on which something is left, and why.
 */
export async function removeLetGo(
  ports: BuildPorts,
  name: string,
  progress: Pick<Progress, 'signal' | 'log'>,
): Promise<Unreached[]> {
  const environment = await ports.store.readEnvironment(name);
  const leaving = environment?.revisions.filter((revision) => !isThere(revision)) ?? [];
  // It may take a revision back: then it needs the archive, and is not over.
  if ((await ports.store.buildAtWork(name)) === null) {
    for (const { fingerprint } of leaving) await ports.workspace.removeArchive(fingerprint);
    await closeBuilds(ports, name, leaving);
  }
  const edges = new Set(leaving.flatMap(({ stagings }) => stagings.map(({ edge }) => edge)));
  const left = await Promise.all([...edges].map((edge) => clearEdge(ports, name, edge, progress)));
  const after = edges.size > 0 ? await ports.store.readEnvironment(name) : null;
  if (after) await pointEdges(ports, after, progress);
  return left.flat();
}

/** The builds that made them say so from now on, and have no log any more. */
async function closeBuilds(
  { store }: BuildPorts,
  name: string,
  leaving: readonly Revision[],
): Promise<void> {
  const open = leaving.filter(({ stagings }) => stagings.length > 0);
  if (open.length === 0) return;
  const builds = await store.listBuilds({ environment: name, limit: MOST_BUILDS });
  for (const { id, state, revision, letGo: said } of builds) {
    // One that failed to have it back made none, and its log says why.
    const letGo = open.find(({ number }) => number === revision)?.letGo;
    if (!letGo || state !== 'ready' || said !== null) continue;
    await store.removeProgress([id]);
    await store.updateBuild(id, (build) => ({ ...build, letGo }));
  }
}

async function clearEdge(
  ports: BuildPorts,
  name: string,
  edge: string,
  { signal, log }: Pick<Progress, 'signal' | 'log'>,
): Promise<Unreached[]> {
  try {
    for (;;) {
      const next = await nextOn(ports, name, edge);
      if (next === null) return [];
      await removeStaging(ports, name, edge, next, signal);
      ports.events.emit('staging-removed', {
        ...{ environment: name, revision: next.number, edge, build: null },
        reason: 'let go',
      });
    }
  } catch (error) {
    const why = whyUnreached(ports, error, signal);
    log(`edge ${edge} still has something of ${name}: ${why}`);
    return [{ edge, why }];
  }
}

/** What the record says now: a build may have taken a revision back, or be at work on it. */
async function nextOn(ports: BuildPorts, name: string, edge: string): Promise<Revision | null> {
  const environment = await ports.store.readEnvironment(name);
  const next = environment?.revisions.find(
    (revision) => !isThere(revision) && revision.stagings.some((known) => known.edge === edge),
  );
  return next ?? null;
}

async function removeStaging(
  ports: BuildPorts,
  name: string,
  edgeName: string,
  { number, stagings }: Revision,
  signal: AbortSignal,
): Promise<void> {
  const edge = ports.edges.get(edgeName);
  const staging = stagings.find((known) => known.edge === edgeName);
  if (!edge || !staging) {
    const message = `The edge \`${edgeName}\` is not configured on this build host.`;
    throw outsideError({ code: 'unknown-edge', message });
  }
  const mark: Mark = async (change) => {
    const marked = await ports.store.updateEnvironment(name, (environment) =>
      withMark(environment, number, edgeName, change),
    );
    const revision = marked.revisions.find((known) => known.number === number);
    if (!revision || isThere(revision)) return null;
    return revision.stagings.find((known) => known.edge === edgeName) ?? null;
  };
  await whileMarked(ports, name, mark, signal, async (marked) => {
    const { sha256 } = staging.archive;
    const sharing = await ports.store.environmentsWithArchive(sha256);
    const keepArchive = isShared(sharing, sha256, edgeName);
    await edge.remove(staging, { keepArchive, signal: marked });
    await ports.store.updateEnvironment(name, (environment) => {
      const revision = environment.revisions.find((known) => known.number === number);
      const others = revision?.stagings.filter((known) => known.edge !== edgeName) ?? [];
      return withRevision(environment, number, { stagings: others });
    });
  });
}

/** Nothing is marked of what a build has taken back. */
function withMark(
  environment: Environment,
  number: number,
  edge: string,
  change: Parameters<Mark>[0],
): Environment {
  const revision = environment.revisions.find((known) => known.number === number);
  if (!revision || isThere(revision)) return environment;
  const stagings = revision.stagings.map((known) =>
    known.edge === edge ? { ...known, leaving: change(known.leaving) } : known,
  );
  return withRevision(environment, number, { stagings });
}

/** Whether a revision that is there has the same bytes on the edge. */
export function isShared(environments: readonly Outline[], sha256: string, edge: string): boolean {
  return environments.some(({ revisions }) =>
    revisions.some(
      (revision) =>
        isThere(revision) &&
        revision.stagings.some((known) => known.edge === edge && known.archive.sha256 === sha256),
    ),
  );
}
