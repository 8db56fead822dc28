import type { Staging } from '../../domain/environment.ts';
import type { Progress } from '../../domain/ports.ts';
import type { BuildRun } from '../context.ts';
import type { Packed } from './archive.ts';
import { edgesOf, type Solved } from './solve.ts';

/** Ships to every edge at once; one that fails fails the step, the others stay staged. */
export async function stage(
  run: BuildRun,
  solved: Solved,
  packed: Packed,
  revision: number,
  progress: Progress,
): Promise<Staging[]> {
  const { build } = run;
  const edges = edgesOf(run.ports, run.build.request);
  const details = new Map<string, string>();
  const outcomes = await Promise.allSettled(
    edges.map((edge) =>
      edge.stage(
        {
          environment: build.request.environment,
          revision,
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
        {
          ...progress,
          detail: (text) => {
            details.set(edge.name, text);
            progress.detail([...details].map(([name, detail]) => `${name}: ${detail}`).join('; '));
          },
        },
      ),
    ),
  );
  const failed = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failed) throw failed.reason;
  return outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
}
