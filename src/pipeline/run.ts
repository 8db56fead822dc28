import { requireUnblocked } from '../domain/block.ts';
import { type Build, isSettled, pendingSteps } from '../domain/build.ts';
import {
  type Environment,
  isOwned,
  isThere,
  moveTo,
  nextNumber,
  type Revision,
  type Staging,
  withRevision,
  withStagings,
} from '../domain/environment.ts';
import {
  Cancelled,
  type Failure,
  isStoreError,
  outsideError,
  toFailure,
} from '../domain/errors.ts';
import { requireThawed } from '../domain/freeze.ts';
import type { BuildRequest } from '../domain/request.ts';
import { announce } from './announce.ts';
import { type BuildPorts, BuildRun } from './context.ts';
import { untilNothingLeaves } from './leaving.ts';
import { pointEdges } from './pointing.ts';
import { prove } from './prove.ts';
import { makeArchive, type Packed } from './steps/archive.ts';
import { SOLVED, type Solved, solveBuild } from './steps/solve.ts';
import { stage } from './steps/stage.ts';
import { findStaged } from './steps/staged.ts';
import { keepTiming } from './timing.ts';

/**
 * The way of a build, on one page. At-least-once: whoever runs it again finds what is already
 * there (checkpoints, the archive by fingerprint, the staging by sha256) and goes on from it.
 * Rejects only when the build has to be run again: shutdown, lost lock, store away.
 */
export async function runBuild(
  ports: BuildPorts,
  buildId: string,
  signal: AbortSignal,
): Promise<void> {
  const run = await begin(ports, buildId, signal);
  if (run === null) return;
  try {
    const solved = await run.step('solve', (progress) =>
      run.checkpoint('solve', SOLVED, () => solveBuild(run, progress)),
    );
    await run.update((build) => ({ ...build, ...pick(solved) }));

    const subject = { request: run.build.request, fingerprint: solved.fingerprint };
    await untilNothingLeaves(ports, subject.request.environment, run.build.request.edges, {
      signal: run.signal,
      log: (line) => run.log(line),
    });
    const known = await findStaged(ports, subject, run.signal);
    if (known) await reuse(run, known);
    else {
      const packed = await makeArchive(run, solved);
      const number = await revisionNumber(run, solved);
      const stagings = await run.step('stage', async (progress) => {
        const { request } = run.build;
        // Frozen or blocked perhaps since it was asked for and solved.
        requireThawed(await ports.store.readFreezes(), request.edges, request);
        requireUnblocked(await ports.store.readBlocks(), solved.lock, request, true);
        return stage(run, solved, packed, number, progress);
      });
      await run.update((build) => ({
        ...build,
        revision: number,
        archive: packed.archive,
        imports: packed.imports,
        stagings,
      }));
      await prove(run);
      await keepRevision(run, solved, packed);
    }
    await point(run);
    await settle(run, { state: 'ready' });
  } catch (error) {
    if (error instanceof Cancelled && error.reason !== 'cancelled') throw error;
    if (isStoreError(error)) throw error;
    const failure = error instanceof Cancelled ? null : redacted(run, toFailure(error));
    if (failure?.details) run.log(failure.details);
    await settle(run, failure ? { state: 'failed', failure } : { state: 'cancelled' });
  } finally {
    await run.flushLog();
  }
}

/** Settles a build the queue has given up: every worker that took it ended without an answer. */
export async function abandonBuild(
  ports: BuildPorts,
  buildId: string,
  reason: Error,
): Promise<void> {
  const build = await ports.store.readBuild(buildId);
  if (build === null) return;
  const run = new BuildRun(ports, build, new AbortController().signal);
  if (build.verifying) await run.update((current) => ({ ...current, verifying: false }));
  if (isSettled(build)) return;
  run.log(`given up: ${reason.message}`);
  const failure = toFailure(
    outsideError({
      code: 'abandoned',
      message: 'Every build host that took this build ended without an answer.',
      suggestion: 'Tell the operator; Retry starts it again.',
      details: reason.stack ?? reason.message,
      retryable: true,
    }),
  );
  await settle(run, { state: 'failed', failure });
}

/** Takes the build, or returns null when it is settled and only its announcement may be missing. */
async function begin(
  ports: BuildPorts,
  buildId: string,
  signal: AbortSignal,
): Promise<BuildRun | null> {
  const build = await ports.store.readBuild(buildId);
  if (build === null) return null;
  const run = new BuildRun(ports, build, signal);
  if (isSettled(build)) {
    await announce(run);
    return null;
  }
  const startedAt = build.startedAt ?? ports.clock.now();
  await run.update((current) => ({
    ...current,
    state: 'running',
    startedAt,
    steps: pendingSteps(),
  }));
  if (run.build.cancelRequested) {
    await settle(run, { state: 'cancelled' });
    return null;
  }
  return run;
}

function pick(solved: Solved) {
  return {
    lock: solved.lock,
    fingerprint: solved.fingerprint,
    projects: solved.projects,
    notes: solved.notes,
  };
}

async function reuse(run: BuildRun, revision: Revision): Promise<void> {
  const names = run.build.request.edges;
  const stagings = await launched(run, revision);
  run.log(`fingerprint known: ${run.build.request.environment}@${revision.number} is staged`);
  await run.update((build) => ({
    ...build,
    reused: true,
    revision: revision.number,
    archive: revision.archive,
    imports: revision.imports,
    stagings,
    verifications: revision.verifications.filter((known) => names.includes(known.edge)),
  }));
  for (const name of ['create', 'install', 'pack', 'stage'] as const) {
    await run.skip(name, `as in @${revision.number}`);
  }
  const isProven = stagings.every((staging) =>
    run.build.verifications.some(
      (known) => known.edge === staging.edge && known.outcome === 'proven',
    ),
  );
  if (isProven) await run.skip('verify', `proven as @${revision.number}`);
  else await prove(run);
  // Let go perhaps, and its bytes not yet gone: now it stays.
  await keepAsDefault(run, (environment) =>
    withRevision(withAsked(environment, revision.number, run.build.request), revision.number, {
      letGo: null,
      ...(revision.letGo && { buildId: run.build.id }),
    }),
  );
}

/**
 * The stagings that were asked for, each started by its name: also what an older version staged, or
 * somebody removed.
 */
async function launched(run: BuildRun, { number, archive, ...revision }: Revision) {
  const names = run.build.request.edges;
  const stagings = await Promise.all(
    revision.stagings.map(async (staging) => {
      const edge = run.ports.edges.get(staging.edge);
      if (!edge || !names.includes(staging.edge)) return staging;
      return edge.launch(staging, archive, run.signal);
    }),
  );
  if (stagings.some((staging, at) => !isSameLaunch(staging, revision.stagings[at]))) {
    await run.ports.store.updateEnvironment(run.build.request.environment, (environment) =>
      withStagings(environment, number, stagings),
    );
  }
  return stagings.filter((staging) => names.includes(staging.edge));
}

function isSameLaunch(one: Staging, other: Staging | undefined): boolean {
  return one.archiveLink === other?.archiveLink && one.globalFolder === other.globalFolder;
}

/** The same packages may have been asked for in other words; the next edit begins with these. */
function withAsked(environment: Environment, number: number, asked: BuildRequest): Environment {
  return {
    ...environment,
    revisions: environment.revisions.map((known) =>
      known.number === number
        ? { ...known, request: { ...asked, edges: known.request.edges } }
        : known,
    ),
  };
}

/** The number this fingerprint has, or the next one; the environment is held, so nobody races. */
async function revisionNumber(run: BuildRun, solved: Solved): Promise<number> {
  const environment = await run.ports.store.readEnvironment(run.build.request.environment);
  const known = environment?.revisions.find(
    (revision) => revision.fingerprint === solved.fingerprint,
  );
  return known?.number ?? (environment ? nextNumber(environment) : 1);
}

async function keepRevision(run: BuildRun, solved: Solved, packed: Packed): Promise<void> {
  const { build } = run;
  const now = run.ports.clock.now();
  await keepAsDefault(run, (environment) => {
    const known = environment.revisions.find((revision) => revision.number === build.revision);
    const names = build.stagings.map((staging) => staging.edge);
    const revision: Revision = {
      number: build.revision ?? 1,
      fingerprint: solved.fingerprint,
      buildId: build.id,
      request: build.request,
      lock: solved.lock,
      projects: solved.projects,
      notes: solved.notes,
      archive: packed.archive,
      imports: packed.imports,
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
  await run.ports.store.updateEnvironment(request.environment, (environment) => {
    if (comesBack(environment, run.build)) return change(environment);
    const moved = moveTo(change(environment), { tag: null, to, by: requester.user, at });
    replaces = moved.move.from === to ? null : moved.move.from;
    return moved.environment;
  });
  if (replaces !== null) await run.update((build) => ({ ...build, replaces }));
}

/** Also when the job runs again, and the revision is there by then: it is older than its build. */
function comesBack({ revisions }: Environment, { id, revision, createdAt }: Build): boolean {
  const known = revisions.find(({ number }) => number === revision);
  if (known === undefined) return false;
  return !isThere(known) || (known.buildId === id && known.createdAt < createdAt);
}

/** A proven revision is what the environment's bare name means from now on. */
async function point(run: BuildRun): Promise<void> {
  const environment = await run.ports.store.readEnvironment(run.build.request.environment);
  const { signal } = run;
  if (environment) {
    await pointEdges(run.ports, environment, { signal, log: (line) => run.log(line) });
  }
}

/** What a failure says is shown in Slack; what it quotes may hold a secret. */
function redacted({ ports }: BuildRun, failure: Failure): Failure {
  const { message, suggestion, details } = failure;
  return {
    ...failure,
    message: ports.redact(message),
    suggestion: suggestion && ports.redact(suggestion),
    details: details && ports.redact(details),
  };
}

/** The one place a build reaches a terminal state; a second call changes nothing. */
async function settle(
  run: BuildRun,
  outcome: { state: 'ready' | 'cancelled' } | { state: 'failed'; failure: Failure },
): Promise<void> {
  const now = run.ports.clock.now();
  await run.flushLog();
  await run.update((build: Build) =>
    isSettled(build) ? build : { ...build, ...outcome, finishedAt: now },
  );
  await keepTiming(run);
  await announce(run);
}
