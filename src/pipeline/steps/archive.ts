import type { Archive, ArchiveSegment } from '../../domain/archive.ts';
import { counted, size } from '../../domain/figures.ts';
import type { Progress } from '../../domain/ports.ts';
import { listOf, mapOf, number, object, string } from '../../domain/shape.ts';
import { ARCHIVE } from '../../domain/stored.ts';
import type { BuildRun } from '../context.ts';
import type { Solved } from './solve.ts';

/** What the build host made: the archive, where it lies, and what can be imported from it. */
export interface Packed {
  archive: Archive;
  path: string;
  segments: ArchiveSegment[];
  unpackedBytes: number;
  imports: Record<string, string[]>;
}

const PACKED = object<Packed>({
  archive: ARCHIVE,
  path: string,
  segments: listOf(
    object<ArchiveSegment>({ name: string, bytes: number, sha256: string, offset: number }),
  ),
  unpackedBytes: number,
  imports: mapOf(listOf(string)),
});

/**
 * Create, install and pack: one prefix, used and given back. An archive of this fingerprint that
 * is already on this build host is taken as it is.
 */
export async function makeArchive(run: BuildRun, solved: Solved): Promise<Packed> {
  const { ports, build } = run;
  const name = `${build.request.environment}.${solved.format}`;
  const path = await ports.workspace.archivePath(solved.fingerprint, name);
  const known = await ports.store.readCheckpoint(build.id, 'pack', PACKED);
  if (known && (await ports.workspace.holdsArchive(path, known.archive))) {
    await run.skip('create', 'done before');
    await run.skip('install', 'done before');
    await run.skip('pack', `${summary(known.archive)}, done before`);
    return { ...known, path };
  }

  const held = await ports.workspace.acquirePrefix(build.id, run.signal);
  try {
    await run.step('create', async (progress) => {
      progress.detail(counted(solved.lock.packages.length, 'package'));
      await ports.engine.create({ lock: solved.lock, prefix: held.path }, progress);
      // What is learnt helps answers later; no build fails for it.
      const modules = await ports.workspace.modules(held.path).catch(() => ({}));
      await ports.store.learnModules(modules).catch(() => undefined);
    });
    const { wheels = [] } = solved.lock;
    if (wheels.length + solved.projects.length === 0) {
      await run.skip('install', 'nothing on top of conda’s packages');
    } else {
      await run.step('install', (progress) => install(run, solved, held.path, progress));
    }
    const packed = await run.step('pack', async (progress) => {
      const { archive, segments, unpackedBytes, cache, warnings } = await ports.packer.pack(
        {
          prefix: held.path,
          output: path,
          format: solved.format,
          root: build.request.environment,
          packer: build.request.packer,
        },
        progress,
      );
      for (const warning of warnings) progress.log(`${warning.id}: ${warning.text}`);
      const reused =
        cache.hits > 0 ? `, ${cache.hits} of ${cache.hits + cache.misses} segments reused` : '';
      progress.detail(`${summary(archive)}${reused}`);
      const wanted = [
        ...build.request.specs.map((spec) => spec.name),
        ...build.request.pip.map((requirement) => requirement.name),
        ...solved.projects.map((project) => project.name),
      ];
      const imports = await ports.workspace.importNames(held.path, wanted);
      return { archive, path, segments, unpackedBytes, imports };
    });
    await ports.store.writeCheckpoint(build.id, 'pack', packed);
    return packed;
  } finally {
    await held.release();
  }
}

/** Wheels first: projects may need them. What both bring, they bring without network. */
async function install(
  { ports, build }: BuildRun,
  { lock: { wheels = [] }, projects }: Solved,
  prefix: string,
  progress: Progress,
): Promise<void> {
  const directory = await ports.workspace.projectDirectory(build.id);
  const pins = wheels.length > 0 ? await ports.pip.fetch(wheels, directory, progress) : [];
  await ports.projects.install([...pins, ...projects], directory, prefix, progress);
  progress.detail(
    [
      wheels.length > 0 && `${counted(wheels.length, 'package')} of pip`,
      projects.length > 0 && counted(projects.length, 'project'),
    ]
      .filter(Boolean)
      .join(', '),
  );
}

function summary(archive: Archive): string {
  return `${archive.format}, ${size(archive.bytes)}, ${counted(archive.files, 'file')}`;
}
