import { requireUnblocked } from '../../domain/block.ts';
import { withBegun } from '../../domain/build.ts';
import type { Staging, StagingPlace, Verification } from '../../domain/environment.ts';
import { eventOf, secondsBetween } from '../../domain/events.ts';
import { requireThawed } from '../../domain/freeze.ts';
import type { Edge, Progress, SentAhead } from '../../domain/ports.ts';
import { withVerification } from '../../domain/verification/record.ts';
import type { BuildRun } from '../context.ts';
import type { Packed } from './archive.ts';
import { detailOf } from './detail.ts';
import { papersOf } from './papers.ts';
import { edgesOf, type Solved } from './solve.ts';
import { tryStaging } from './verify.ts';

/** What each edge says of it without its cluster, by name; none where nothing is to be verified. */
export type Tried = ReadonlyMap<string, Promise<Verification>>;

/** What each edge was sent of an archive before it was whole, by name. */
export type Ahead = ReadonlyMap<string, SentAhead>;

/** Throws where an edge was frozen or a package blocked since the build was asked for and solved. */
export async function requireOpen({ ports, build }: BuildRun, { lock }: Solved): Promise<void> {
  const { request } = build;
  requireThawed(await ports.store.readFreezes(), request.edges, request);
  requireUnblocked(await ports.store.readBlocks(), lock, request, true);
}

/**
 * Ships to every edge at once; one that fails fails the step, the others stay staged. An edge tries the
 * environment as soon as it is unpacked there, while the archive goes into HDFS. With both it is in the
 * record, and its line is there: it waits for no other edge.
 */
export async function stage(
  run: BuildRun,
  solved: Solved,
  packed: Packed,
  ahead: Ahead,
  revision: number,
  progress: Progress,
): Promise<Tried> {
  const { build } = run;
  const edges = edgesOf(run.ports, run.build.request);
  const detail = detailOf(progress);
  const asked = new Map<string, Promise<Verification>>();
  const tryOn = (edge: Edge, staging: Staging) => {
    if (!run.ports.verification.enabled) return;
    const subject = { staging, imports: packed.imports, tables: false };
    const verification = tryStaging(run.ports, edge, subject, progress);
    // Whoever waits for it hears of it; the staging may fail first.
    verification.catch(() => undefined);
    asked.set(edge.name, verification);
  };
  const begin = (place: StagingPlace) => run.update((current) => withBegun(current, place));
  const keep = (staging: Staging) =>
    run.update((current) => {
      const known = new Map([...current.stagings, staging].map((each) => [each.edge, each]));
      const { archive, imports } = packed;
      const stagings = edges.flatMap(({ name }) => known.get(name) ?? []);
      return { ...current, revision, archive, imports, stagings };
    });
  const hear = async (asking: Promise<Verification>) => {
    const verification = await asking;
    await run.update((current) => ({
      ...current,
      verifications: withVerification(current.verifications, verification),
    }));
    run.lineShown(verification);
    return verification;
  };
  const tried = new Map<string, Promise<Verification>>();
  const papers = await papersOf(run, solved, packed, revision);
  const outcomes = await Promise.allSettled(
    edges.map(async (edge) => {
      const begunAt = run.ports.clock.now();
      const staging = await edge.stage(
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
          papers,
        },
        { ...progress, detail: detail(edge) },
        { begins: begin, unpacked: (staging) => tryOn(edge, staging) },
      );
      await keep(staging);
      run.ports.events.emit('archive-staged', {
        ...eventOf(build),
        ...{ edge: edge.name, revision, bytes: packed.archive.bytes },
        seconds: secondsBetween(begunAt, run.ports.clock.now()),
      });
      const asking = asked.get(edge.name);
      if (!asking) return;
      const heard = hear(asking);
      heard.catch(() => undefined);
      tried.set(edge.name, heard);
    }),
  );
  const failed = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failed) {
    await Promise.allSettled([...asked.values(), ...tried.values()]);
    throw failed.reason;
  }
  return tried;
}
