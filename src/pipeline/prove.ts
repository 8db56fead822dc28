import type { Build } from '../domain/build.ts';
import { isSameSite, withSite } from '../domain/cluster.ts';
import {
  keptStagings,
  type ProofTimes,
  type Staging,
  type Verification,
} from '../domain/environment.ts';
import { Cancelled, isDoneAgain, toFailure } from '../domain/errors.ts';
import { eventOf } from '../domain/events.ts';
import { counted, duration } from '../domain/figures.ts';
import { worksWithPandas } from '../domain/fit.ts';
import type { Edge, Progress } from '../domain/ports.ts';
import type { Proof } from '../domain/verification/evidence.ts';
import {
  recordVerification,
  withStaging,
  withVerification,
} from '../domain/verification/record.ts';
import type { VerificationSubject } from '../domain/verification.ts';
import { type BuildPorts, BuildRun } from './context.ts';
import type { Tried } from './steps/stage.ts';
import { tryStaging, unproven, verifyStaging } from './steps/verify.ts';
import { tellUnproven } from './telling.ts';

/**
 * Has every edge try the environment without its cluster: with that the line is there for people. What
 * they say is recorded, and stands until there is a proof; the step goes on with it. `begun` is what they
 * were asked while they were staged.
 */
export async function tryOnEdges(run: BuildRun, begun: Tried): Promise<void> {
  await run.beginStep('verify', async (progress) => {
    const outcomes = await Promise.allSettled(
      run.build.stagings.map(
        (staging) =>
          begun.get(staging.edge) ??
          tryStaging(run.ports, edgeOf(run, staging), subjectOf(run, staging), progress),
      ),
    );
    const tried = outcomes.map((outcome) => {
      if (outcome.status === 'rejected') throw outcome.reason;
      return outcome.value;
    });
    await run.update((build) => ({
      ...build,
      verifications: tried.reduce(withVerification, build.verifications),
    }));
    for (const verification of tried) {
      if (!begun.has(verification.edge)) run.lineShown(verification);
    }
  });
}

/** Proves every staging of a build that each edge has tried; edges do not wait for each other. */
export async function prove(run: BuildRun): Promise<void> {
  await run.step('verify', async (progress) => {
    const details = new Map<string, string>();
    const outcomes = await Promise.allSettled(
      run.build.stagings.map(async (staging) => {
        const { edge } = staging;
        const { verification, damage } = await proveOne(run, staging, triedOn(run, edge), progress);
        if (verification.outcome === 'failed') throw unproven(verification);
        const words = provenInWords(verification);
        details.set(edge, damage === null ? words : `${words}. ${damage}`);
      }),
    );
    const failed = outcomes.find((outcome) => outcome.status === 'rejected');
    if (failed) throw failed.reason;
    const all = [...details];
    const named = all.length > 1;
    progress.detail(all.map(([edge, words]) => (named ? `${edge}: ${words}` : words)).join('; '));
  });
}

function provenInWords({ outcome, executors, npv, reason, times }: Verification): string {
  if (outcome !== 'proven') return `smoke-tested on the edge: ${reason}`;
  const numpy = npv.length > 0 ? `, one numpy: ${npv}` : '';
  return `${counted(executors.length, 'executor')}${numpy}${times ? partsOf(times) : ''}`;
}

/** Whose the seconds were, by the driver's clock. */
function partsOf({ application, executors, asking }: ProofTimes): string {
  const [spark, ours] = [application + executors, asking].map((each) => duration(each * 1000));
  return `, asked in ${ours} after Spark's start of ${spark}`;
}

/** What the edge itself has said before, where that is all that was said. */
function triedOn({ build }: BuildRun, edge: string): Proof | undefined {
  const known = build.verifications.find((each) => each.edge === edge);
  return known?.outcome === 'smoke-tested' ? known : undefined;
}

/** Proves one staging by the line that it has with what the site's files say now. */
async function proveOne(
  run: BuildRun,
  known: Staging,
  tried: Proof | undefined,
  progress: Progress,
) {
  const edge = edgeOf(run, known);
  let staging = { ...known, cluster: withSite(known.cluster, await edge.profile(progress)) };
  if (!isSameSite(known.cluster, staging.cluster)) {
    staging = await edge.launch(staging, run.signal);
  }
  const subject = subjectOf(run, staging);
  let verification = await verifyStaging(run.ports, edge, subject, progress, tried);
  const damage = verification.outcome === 'failed' ? await restored(edge, staging, progress) : null;
  if (damage !== null) {
    progress.log(`edge ${edge.name}: ${damage}`);
    verification = withDamage(await verifyStaging(run.ports, edge, subject, progress), damage);
  }
  await run.update((current) => ({
    ...current,
    stagings: withStaging(current.stagings, staging),
    verifications: withVerification(current.verifications, verification),
  }));
  const { outcome, executors, seconds, reason } = verification;
  run.ports.events.emit('staging-verified', {
    ...eventOf(run.build),
    ...{ edge: edge.name, revision: run.build.revision, outcome, seconds, reason },
    executors: executors.length,
  });
  return { verification, staging, damage };
}

/** What of a prefix that failed was damaged, and is not any more; null where that cannot be asked either. */
async function restored(edge: Edge, staging: Staging, progress: Progress): Promise<string | null> {
  try {
    progress.detail(`${edge.name}: comparing the prefix with its archive`);
    return await edge.restore(staging, progress);
  } catch (error) {
    if (error instanceof Cancelled || isDoneAgain(error)) throw error;
    progress.log(`the prefix could not be compared: ${toFailure(error).message}`);
    return null;
  }
}

/** Why it still fails is said first. */
function withDamage(verification: Verification, damage: string): Verification {
  const { outcome, reason } = verification;
  return outcome === 'failed' ? { ...verification, reason: `${reason} ${damage}` } : verification;
}

function subjectOf(run: BuildRun, staging: Staging): VerificationSubject {
  const { request, lock, imports } = run.build;
  const tables = lock !== null && worksWithPandas(request, lock, staging.cluster);
  return { staging, imports, tables };
}

function edgeOf(run: BuildRun, staging: Staging): Edge {
  const edge = run.ports.edges.get(staging.edge);
  if (!edge) throw new Error(`no edge ${staging.edge}`);
  return edge;
}

/** Runs only the proof again, for a build that is ready; its state does not change. */
export async function proveAgain(
  ports: BuildPorts,
  build: Build,
  signal: AbortSignal,
): Promise<void> {
  const run = new BuildRun(ports, build, signal);
  let isUnproven = false;
  try {
    const environment = await ports.store.readEnvironment(build.request.environment);
    await run.update((current) => ({
      ...current,
      stagings: keptStagings(current.stagings, environment),
    }));
    for (const staging of run.build.stagings) {
      const proof = await proveOne(run, staging, undefined, run.aside);
      if (proof.verification.outcome === 'failed') isUnproven = true;
      await ports.store.updateEnvironment(build.request.environment, (environment) =>
        recordVerification(environment, build.revision ?? 0, proof.verification, proof.staging),
      );
    }
  } catch (error) {
    if (isDoneAgain(error)) throw error;
    run.log(`the verification could not be run: ${toFailure(error).message}`);
  }
  await run.flushLog();
  await tellVerified(run, newestOf(build));
  if (isUnproven) await tellUnproven(ports, run.build);
  await run.update((current) => ({ ...current, verifying: false }));
}

/** With nothing said since, there is nothing to tell. */
async function tellVerified({ build, ports }: BuildRun, since: number): Promise<void> {
  const newest = newestOf(build);
  if (newest === since) return;
  const notice = { kind: 'verified', buildId: build.id, dueAt: ports.clock.now() } as const;
  await ports.store.addNotice({ id: `${build.id}.verified.${newest}`, ...notice });
}

/** When executors were heard last, in milliseconds; 0 for never. */
function newestOf({ verifications }: Build): number {
  return Math.max(0, ...verifications.map(({ at }) => at));
}
