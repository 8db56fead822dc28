import { type Build, withBegun } from '../domain/build.ts';
import {
  type Environment,
  isOwned,
  isSamePlace,
  isThere,
  moveTo,
  placeOf,
  type Revision,
  withRevision,
} from '../domain/environment.ts';
import type { Store } from '../domain/ports.ts';
import type { BuildRun } from './context.ts';

/**
 * What came of a build where that is a revision already, which its worker was killed after: it is ready in all
 * but name, to cancel it comes too late, and it does not fail. Else null.
 */
export async function keptOf(
  { store }: { store: Pick<Store, 'readEnvironment'> },
  { id, request }: Build,
): Promise<Revision | null> {
  const environment = await store.readEnvironment(request.environment);
  return environment?.revisions.find((known) => known.buildId === id && isThere(known)) ?? null;
}

/** Whether somebody wants a build to end, and that does not come too late. */
export const isToCancel = async (
  ports: { store: Pick<Store, 'readEnvironment'> },
  build: Build,
): Promise<boolean> => build.cancelRequested !== null && (await keptOf(ports, build)) === null;

/** Keeps what came of a build as a revision of its environment, new or known. */
export async function keepRevision(run: BuildRun): Promise<void> {
  if (run.build.reused) await keepReused(run);
  else await keepBuilt(run);
}

/** Let go perhaps, and its bytes not yet gone: now it stays. */
async function keepReused(run: BuildRun): Promise<void> {
  const { id, request, revision: number } = run.build;
  await keepAsDefault(run, (environment) => {
    const known = environment.revisions.find((each) => each.number === number);
    if (!known) return environment;
    return withRevision(environment, known.number, {
      // The same packages may have been asked for in other words; the next edit begins with these.
      request: { ...request, edges: known.request.edges },
      letGo: null,
      ...(known.letGo && { buildId: id }),
    });
  });
}

/** All that a revision is made of stands in the record: who proves a build may not have packed it. */
async function keepBuilt(run: BuildRun): Promise<void> {
  const { build } = run;
  const { lock, archive, fingerprint } = build;
  if (lock === null || archive === null || fingerprint === null) {
    throw new Error(`build ${build.id} has nothing to keep`);
  }
  await recordReplaced(run);
  const now = run.ports.clock.now();
  await keepAsDefault(run, (environment) => {
    const known = environment.revisions.find((revision) => revision.number === build.revision);
    const names = build.stagings.map((staging) => staging.edge);
    const revision: Revision = {
      number: build.revision ?? 1,
      fingerprint,
      buildId: build.id,
      request: build.request,
      lock,
      projects: build.projects,
      notes: build.notes,
      archive,
      imports: build.imports,
      stagings: [
        ...(known?.stagings ?? []).filter((staging) => !names.includes(staging.edge)),
        ...build.stagings,
      ],
      verifications: build.verifications,
      createdAt: known?.createdAt ?? now,
      createdBy: known?.createdBy ?? build.requester.user,
      used: known?.used ?? null,
      letGo: null,
    };
    return {
      ...environment,
      // Whoever asked for the first revision owns the name, whoever tried before.
      ...(isOwned(environment) ? {} : { owner: build.requester.user, createdAt: now }),
      revisions: [
        ...environment.revisions.filter((other) => other.number !== revision.number),
        revision,
      ].sort((left, right) => left.number - right.number),
    };
  });
}

/**
 * What a revision had on the edges of this build may have other bytes or another prefix than it has from
 * now on: recorded as begun, it is removed as what else came to no revision.
 */
async function recordReplaced(run: BuildRun): Promise<void> {
  const { request, revision: number, stagings } = run.build;
  const environment = await run.ports.store.readEnvironment(request.environment);
  const known = environment?.revisions.find((revision) => revision.number === number);
  const replaced = known?.stagings.filter(({ edge }) =>
    stagings.some((each) => each.edge === edge),
  );
  for (const staging of replaced ?? []) {
    if (stagings.some((each) => isSamePlace(each, staging))) continue;
    await run.update((build) => withBegun(build, placeOf(staging)));
  }
}

/**
 * Changes the environment; what was built last is what its name means from then on. What was let go
 * and is built again comes back under its number alone.
 */
async function keepAsDefault(
  run: BuildRun,
  change: (environment: Environment) => Environment,
): Promise<void> {
  const { revision: to, request, requester } = run.build;
  const at = run.ports.clock.now();
  let replaces: number | null = null;
  const keep = (environment: Environment) => {
    if (comesBack(environment, run.build)) return change(environment);
    const moved = moveTo(change(environment), { tag: null, to, by: requester.user, at });
    replaces = moved.move.from === to ? null : moved.move.from;
    return moved.environment;
  };
  // Of a worker that was held up the build may be over, and another one's have the name.
  const requireHeld = () => run.requireOpen();
  await requireHeld();
  // It may have been forgotten between the look at it and the record of this build.
  await run.ports.store.claimEnvironment(request.environment, requester.user, at);
  await run.ports.store.updateEnvironment(request.environment, keep, requireHeld);
  if (replaces !== null) await run.update((build) => ({ ...build, replaces }));
}

/** Also when the job runs again, and the revision is there by then: it is older than its build. */
function comesBack({ revisions }: Environment, { id, revision, createdAt }: Build): boolean {
  const known = revisions.find(({ number }) => number === revision);
  if (known === undefined) return false;
  return !isThere(known) || (known.buildId === id && known.createdAt < createdAt);
}
