import { type Build, begunBesides, isSettled, isTried, pendingSteps } from '../domain/build.ts';
import { type Revision, type Staging, withStagings } from '../domain/environment.ts';
import {
  Cancelled,
  type Failure,
  FerryError,
  isDoneAgain,
  outsideError,
  throwIfStopped,
  toFailure,
} from '../domain/errors.ts';
import { eventOf, secondsBetween, settledEvent } from '../domain/events.ts';
import { announce } from './announce.ts';
import { type BuildPorts, BuildRun } from './context.ts';
import { discardSent } from './discarding.ts';
import { isToCancel, keepRevision, keptOf } from './keeping.ts';
import { untilNothingLeaves } from './leaving.ts';
import { pointEdges } from './pointing.ts';
import { prove, proveAgain, tryOnEdges } from './prove.ts';
import { sendingAhead } from './steps/ahead.ts';
import { makeArchive } from './steps/archive.ts';
import { numbersOn, requireUnclaimed, revisionNumber } from './steps/numbering.ts';
import { SOLVED, type Solved, solveBuild } from './steps/solve.ts';
import { requireOpen, stage, type Tried } from './steps/stage.ts';
import { expectOnEdges, findStaged } from './steps/staged.ts';
import { keepTiming } from './timing.ts';

/** Which attempt of a build is to be gone on with: a job says nothing of a later one. */
interface Job {
  buildId: string;
  attempt: number;
}

/**
 * The way of a build, on one page. At-least-once: whoever runs it again finds what is already
 * there (checkpoints, the archive by fingerprint, the staging by sha256) and goes on from it.
 * Rejects only when the build has to be run again: shutdown, lost lock, store away.
 */
export async function runBuild(ports: BuildPorts, job: Job, signal: AbortSignal): Promise<void> {
  const run = await begin(ports, job, signal);
  if (run === null) return;
  expectOnEdges(ports, run.build.request, run.signal);
  await toAnEnd(run, async () => {
    const solved = await run.step('solve', async (progress) => {
      const { request, requester } = run.build;
      const unclaimed = requireUnclaimed(ports, request, requester.user, progress);
      const solving = run.checkpoint('solve', SOLVED, () => solveBuild(run, progress));
      return (await Promise.all([solving, unclaimed]))[0];
    });
    await run.update((build) => ({ ...build, ...pick(solved) }));

    const subject = { request: run.build.request, fingerprint: solved.fingerprint };
    const { environment, edges } = subject.request;
    await untilNothingLeaves(ports, environment, edges, run.aside);
    let tried: Tried = new Map();
    const known = await findStaged(ports, subject, run.signal);
    if (known) await reuse(run, known);
    else {
      const found = numbersOn(ports, subject.request, run.aside);
      // Whoever stages it hears of it.
      found.catch(() => undefined);
      const { made: packed, ahead } = await sendingAhead(run, solved, (growth) =>
        makeArchive(run, solved, growth),
      );
      tried = await run.step('stage', async (progress) => {
        await requireOpen(run, solved);
        const number = await revisionNumber(run, solved, await found);
        return stage(run, solved, packed, ahead, number, progress);
      });
    }
    if (!(await isProofLeft(run))) await conclude(run);
    else {
      await tryOnEdges(run, tried);
      await handOver(run);
    }
  });
}

/**
 * The other half, in a lane of its own: the executors are asked while others' builds go on. A build
 * that is ready already is only proven again.
 */
export async function runProof(ports: BuildPorts, job: Job, signal: AbortSignal): Promise<void> {
  const build = await attemptOf(ports, job);
  if (build === null) return;
  const isProvenAgain = build.state === 'ready' && build.verifying;
  if (!isProvenAgain) await proveFirst(new BuildRun(ports, build, signal));
  // Asked for since it is ready: the queue takes no other job for it while this one is at work.
  for (;;) {
    const ready = await attemptOf(ports, job);
    if (ready?.state !== 'ready' || !ready.verifying) return;
    await proveAgain(ports, ready, signal);
  }
}

/** Proves what every edge has tried, which ends the build. */
async function proveFirst(run: BuildRun): Promise<void> {
  const { build } = run;
  if (isSettled(build)) return announce(run);
  if (!isTried(build)) return;
  if (await isToCancel(run.ports, build)) return settle(run, { state: 'cancelled' });
  await toAnEnd(run, async () => {
    // To cancel it came too late, and nobody waits for its proof.
    if (build.cancelRequested === null) await prove(run);
    await conclude(run);
  });
}

/** Has somebody ask the executors; it is in the record that nothing else is left. */
async function handOver({ ports, build }: BuildRun): Promise<void> {
  await ports.queue.enqueue(build, ports.platform, 'verify');
}

/** What is left once everything is staged and proven. */
async function conclude(run: BuildRun): Promise<void> {
  throwIfStopped(run.signal);
  await keepRevision(run);
  await point(run);
  await settle(run, { state: 'ready' });
}

/** Does a part of a build; one that fails is its end. */
async function toAnEnd(run: BuildRun, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (isDoneAgain(error)) throw error;
    const failure = error instanceof Cancelled ? null : redacted(run, toFailure(error));
    if (failure?.details) run.log(failure.details);
    await settle(run, failure ? { state: 'failed', failure } : { state: 'cancelled' });
  } finally {
    await run.flushLog();
  }
}

/**
 * Settles a build the queue has given up: every worker that took it ended without an answer. One of which a
 * revision is kept is ready, whatever those had still to do; edges hear of it by the duty `tell-edges`.
 */
export async function abandonBuild(ports: BuildPorts, job: Job, reason: Error): Promise<void> {
  const build = await attemptOf(ports, job);
  if (build === null) return;
  const run = new BuildRun(ports, build, new AbortController().signal);
  if (build.verifying) await run.update((current) => ({ ...current, verifying: false }));
  if (isSettled(build)) return;
  run.log(`given up: ${reason.message}`);
  const kept = await keptOf(ports, build);
  if (kept !== null) return settle(run, { state: 'ready' }, asKept(kept, ports.clock.now()));
  const failure = toFailure(
    outsideError({
      code: 'abandoned',
      // Where every try ended in the same way, such as at a full store, no host has gone away.
      message:
        reason instanceof FerryError && reason.kind === 'outside'
          ? `This build was given up after some tries: ${reason.message}`
          : 'Every build host that took this build ended without an answer.',
      suggestion: 'Tell the operator; Retry starts it again.',
      details: reason.stack ?? reason.message,
      retryable: true,
    }),
  );
  await settle(run, { state: 'failed', failure });
}

/** The build while the job's attempt is its newest; null once somebody has tried it again since. */
async function attemptOf({ store }: BuildPorts, { buildId, attempt }: Job): Promise<Build | null> {
  const build = await store.readBuild(buildId);
  return build?.attempt === attempt ? build : null;
}

/** Takes the build, or returns null when it is settled and only its announcement may be missing. */
async function begin(ports: BuildPorts, job: Job, signal: AbortSignal): Promise<BuildRun | null> {
  const build = await attemptOf(ports, job);
  if (build === null) return null;
  const run = new BuildRun(ports, build, signal);
  if (isSettled(build)) {
    await announce(run);
    return null;
  }
  const startedAt = build.startedAt ?? ports.clock.now();
  await run.update((current) => {
    // By whoever ran it before, or still does where this worker was given its job, too.
    if (isTried(current)) return current;
    return {
      ...current,
      state: 'running',
      startedAt,
      steps: pendingSteps(),
      // What an earlier run staged and heard is found and heard again: what it is now, that is seen then.
      stagings: [],
      verifications: [],
    };
  });
  if (isTried(run.build)) {
    await handOver(run);
    return null;
  }
  const waited = secondsBetween(build.queuedAt, ports.clock.now());
  ports.events.emit('build-started', { ...eventOf(run.build), waited });
  if (await isToCancel(ports, run.build)) {
    await settle(run, { state: 'cancelled' });
    return null;
  }
  return run;
}

function pick(solved: Pick<Solved, 'lock' | 'fingerprint' | 'projects' | 'notes'>) {
  return {
    lock: solved.lock,
    fingerprint: solved.fingerprint,
    projects: solved.projects,
    notes: solved.notes,
  };
}

async function reuse(run: BuildRun, revision: Revision): Promise<void> {
  const stagings = await launched(run, revision);
  run.log(`fingerprint known: ${run.build.request.environment}@${revision.number} is staged`);
  await run.update((build) => ({
    ...build,
    reused: true,
    ...ofRevision(build, revision),
    stagings,
  }));
  for (const name of ['create', 'install', 'pack', 'stage'] as const) {
    await run.skip(name, `as in @${revision.number}`);
  }
}

/** The record as its revision has it: somebody may have begun the build anew since that was kept. */
const asKept =
  (revision: Revision, now: number) =>
  (build: Build): Build => {
    const done = { status: 'complete', detail: `as in @${revision.number}` } as const;
    return {
      ...build,
      ...pick(revision),
      ...ofRevision(build, revision),
      steps: build.steps.map((step) =>
        step.status === 'complete'
          ? step
          : { ...step, ...done, startedAt: step.startedAt ?? now, finishedAt: now },
      ),
    };
  };

/** What a build has once its revision is there: of its edges, and no others. */
function ofRevision({ request }: Build, revision: Revision) {
  const isAsked = ({ edge }: { edge: string }) => request.edges.includes(edge);
  const stagings = revision.stagings.filter(isAsked);
  return {
    revision: revision.number,
    archive: stagings[0]?.archive ?? revision.archive,
    imports: revision.imports,
    stagings,
    verifications: revision.verifications.filter(isAsked),
  };
}

/** Whether the executors are still to be asked; where not, the step says why. */
async function isProofLeft(run: BuildRun): Promise<boolean> {
  const { reused, revision, stagings, verifications } = run.build;
  if (!run.ports.verification.enabled) {
    await run.skip('verify', 'switched off in the configuration');
    return false;
  }
  const isProven = stagings.every((staging) =>
    verifications.some((known) => known.edge === staging.edge && known.outcome === 'proven'),
  );
  if (reused && isProven) await run.skip('verify', `proven as @${revision}`);
  return !(reused && isProven);
}

/**
 * The stagings that were asked for, each started by its name: also what an older version staged, or
 * somebody removed.
 */
async function launched(run: BuildRun, { number, ...revision }: Revision) {
  const names = run.build.request.edges;
  const stagings = await Promise.all(
    revision.stagings.map(async (staging) => {
      const edge = run.ports.edges.get(staging.edge);
      if (!edge || !names.includes(staging.edge)) return staging;
      return edge.launch(staging, run.signal);
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

/** A proven revision is what the environment's bare name means from now on. */
async function point(run: BuildRun): Promise<void> {
  const environment = await run.ports.store.readEnvironment(run.build.request.environment);
  const signal = unlessCancelled(run.signal);
  if (environment) {
    await pointEdges(run.ports, environment, { ...run.aside, signal });
  }
}

/** There is a revision by now: no person stops that any more, only what ends the worker's part. */
function unlessCancelled(signal: AbortSignal): AbortSignal {
  const stop = new AbortController();
  const pass = () => isDoneAgain(signal.reason) && stop.abort(signal.reason);
  if (signal.aborted) pass();
  else signal.addEventListener('abort', pass, { once: true });
  return stop.signal;
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

/** The one place a build reaches a terminal state, in one write with `change`; a second call changes nothing. */
async function settle(
  run: BuildRun,
  outcome: { state: 'ready' | 'cancelled' } | { state: 'failed'; failure: Failure },
  change: (build: Build) => Build = (build) => build,
): Promise<void> {
  if (outcome.state !== 'ready') await discardSent(run.ports, run.build, (line) => run.log(line));
  const now = run.ports.clock.now();
  await run.flushLog();
  const isOurs = await run.end((current) => {
    const build = change(current);
    // Its stagings are the revision's from now on.
    const begun = outcome.state === 'ready' ? begunBesides(build) : build.begun;
    return { ...build, ...outcome, begun, finishedAt: now };
  });
  if (isOurs) run.ports.events.emit('build-settled', settledEvent(run.build));
  await announce(run);
  await keepTiming(run);
}
