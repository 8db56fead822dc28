import { requireUnblocked } from '../../domain/block.ts';
import type { Staging } from '../../domain/environment.ts';
import { requireThawed } from '../../domain/freeze.ts';
import type { Edge, Progress, SentAhead } from '../../domain/ports.ts';
import type { Proof } from '../../domain/verification/evidence.ts';
import type { BuildRun } from '../context.ts';
import type { Packed } from './archive.ts';
import { edgesOf, type Solved } from './solve.ts';
import { tryOnEdge } from './verify.ts';

export interface Staged {
  stagings: Staging[];
  /** What each edge says of it without its cluster, by name; none where nothing is to be verified. */
  tried: ReadonlyMap<string, Promise<Proof>>;
}

/** What each edge was sent of an archive before it was whole, by name. */
export type Ahead = ReadonlyMap<string, SentAhead>;

/** Throws where an edge was frozen or a package blocked since the build was asked for and solved. */
export async function requireOpen({ ports, build }: BuildRun, { lock }: Solved): Promise<void> {
  const { request } = build;
  requireThawed(await ports.store.readFreezes(), request.edges, request);
  requireUnblocked(await ports.store.readBlocks(), lock, request, true);
}

/** What is said of each edge, beside the others. */
export function detailOf(progress: Progress): (edge: Edge) => Progress['detail'] {
  const details = new Map<string, string>();
  return (edge) => (text) => {
    details.set(edge.name, text);
    progress.detail([...details].map(([name, detail]) => `${name}: ${detail}`).join('; '));
  };
}

/**
 * Ships to every edge at once; one that fails fails the step, the others stay staged. An edge tries the
 * environment as soon as it is unpacked there, while the archive goes into HDFS.
 */
export async function stage(
  run: BuildRun,
  solved: Solved,
  packed: Packed,
  ahead: Ahead,
  revision: number,
  progress: Progress,
): Promise<Staged> {
  const { build } = run;
  const edges = edgesOf(run.ports, run.build.request);
  const detail = detailOf(progress);
  const tried = new Map<string, Promise<Proof>>();
  const tryOn = (edge: Edge, staging: Staging) => {
    if (!run.ports.verification.enabled) return;
    const proof = tryOnEdge(edge, { staging, imports: packed.imports, tables: false }, progress);
    // Whoever waits for it hears of it; the staging may fail first.
    proof.catch(() => undefined);
    tried.set(edge.name, proof);
  };
  const outcomes = await Promise.allSettled(
    edges.map((edge) =>
      edge.stage(
        {
          environment: build.request.environment,
          revision,
          fingerprint: solved.fingerprint,
          ahead: ahead.get(edge.name) ?? null,
          archivePath: packed.path,
          archive: packed.archive,
          segments: packed.segments,
          unpackedBytes: packed.unpackedBytes,
          layout: build.request.layout,
          manifest: {
            environment: build.request.environment,
            revision,
            fingerprint: solved.fingerprint,
            archive: packed.archive,
            lock: solved.lock,
            projects: solved.projects,
            request: build.request,
            builtBy: build.requester.user,
            builtAt: build.createdAt,
          },
        },
        { ...progress, detail: detail(edge) },
        (staging) => tryOn(edge, staging),
      ),
    ),
  );
  const failed = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failed) {
    await Promise.allSettled(tried.values());
    throw failed.reason;
  }
  const stagings = outcomes.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
  return { stagings, tried };
}
