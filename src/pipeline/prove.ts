import type { Build } from '../domain/build.ts';
import { isSameSite, withSite } from '../domain/cluster.ts';
import type { Staging } from '../domain/environment.ts';
import { Cancelled, isStoreError, toFailure } from '../domain/errors.ts';
import { counted } from '../domain/figures.ts';
import { worksWithPandas } from '../domain/fit.ts';
import type { Edge, Progress } from '../domain/ports.ts';
import {
  type Proof,
  recordVerification,
  type VerificationSubject,
  verifiedForm,
  withStaging,
  withVerification,
} from '../domain/verification.ts';
import { type BuildPorts, BuildRun } from './context.ts';
import { tryOnEdge, unproven, verifyStaging } from './steps/verify.ts';
import { tellUnproven } from './telling.ts';

/**
 * Proves every staging of a build. Its line is there for people as soon as the edges themselves have
 * tried the environment; the executors' word on it follows.
 */
export async function prove(run: BuildRun): Promise<void> {
  if (!run.ports.verification.enabled) {
    await run.skip('verify', 'switched off in the configuration');
    return;
  }
  await run.step('verify', async (progress) => {
    const tried = await tryOnEdges(run, progress);
    for (const staging of run.build.stagings) {
      const { verification } = await proveOne(run, staging, tried.get(staging.edge), progress);
      if (verification.outcome === 'failed') throw unproven(verification);
      const { executors, npv } = verification;
      const numpy = npv.length > 0 ? `, one numpy: ${npv}` : '';
      progress.detail(
        verification.outcome === 'proven'
          ? `${counted(executors.length, 'executor')}${numpy}`
          : `smoke-tested on the edge: ${verification.reason}`,
      );
    }
  });
}

/** What the edges say of a staging without their cluster; recorded, it stands until there is a proof. */
async function tryOnEdges(run: BuildRun, progress: Progress): Promise<Map<string, Proof>> {
  const { stagings } = run.build;
  const { now } = run.ports.clock;
  const began = now();
  const tried = await Promise.all(
    stagings.map(async (staging) => {
      const proof = await tryOnEdge(edgeOf(run, staging), subjectOf(run, staging), progress);
      const verification = {
        ...{ edge: staging.edge, form: verifiedForm(staging) },
        ...{ at: now(), seconds: (now() - began) / 1000, ...proof },
      };
      return { proof, verification };
    }),
  );
  await run.update((build) => ({
    ...build,
    verifications: tried.reduce(
      (known, { verification }) => withVerification(known, verification),
      build.verifications,
    ),
  }));
  return new Map(tried.map(({ proof, verification }) => [verification.edge, proof]));
}

/** Proves one staging by the line that it has with what the site's files say now. */
async function proveOne(
  run: BuildRun,
  known: Staging,
  tried: Proof | undefined,
  progress: Progress,
) {
  const edge = edgeOf(run, known);
  const { archive } = run.build;
  let staging = { ...known, cluster: withSite(known.cluster, await edge.profile(progress)) };
  if (archive !== null && !isSameSite(known.cluster, staging.cluster)) {
    staging = await edge.launch(staging, archive, run.signal);
  }
  const subject = subjectOf(run, staging);
  const verification = await verifyStaging(run.ports, edge, subject, progress, tried);
  await run.update((current) => ({
    ...current,
    stagings: withStaging(current.stagings, staging),
    verifications: withVerification(current.verifications, verification),
  }));
  return { verification, staging };
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
export async function runVerification(
  ports: BuildPorts,
  buildId: string,
  signal: AbortSignal,
): Promise<void> {
  const build = await ports.store.readBuild(buildId);
  if (build === null || build.state !== 'ready') return;
  const run = new BuildRun(ports, build, signal);
  const progress = { signal, log: (line: string) => run.log(line), detail: () => undefined };
  let isUnproven = false;
  try {
    for (const staging of build.stagings) {
      const proof = await proveOne(run, staging, undefined, progress);
      if (proof.verification.outcome === 'failed') isUnproven = true;
      await ports.store.updateEnvironment(build.request.environment, (environment) =>
        recordVerification(environment, build.revision ?? 0, proof.verification, proof.staging),
      );
    }
  } catch (error) {
    if (error instanceof Cancelled && error.reason !== 'cancelled') throw error;
    if (isStoreError(error)) throw error;
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
