import type { Archive, ArchiveSegment } from '../../domain/archive.ts';
import { throwIfStopped } from '../../domain/errors.ts';
import { counted, size } from '../../domain/figures.ts';
import type { Linked } from '../../domain/lock.ts';
import { modulesIn, packagesByModule } from '../../domain/modules.ts';
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
 * is already on this build host is taken as it is; one whose packages are all known needs no prefix.
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

  const linked = await linkedBy(run, solved);
  const assembled = linked && (await assemble(run, solved, linked, path));
  if (assembled) {
    const detail = `${counted(solved.lock.packages.length, 'package')} known`;
    await run.skip('create', detail);
    await run.skip('install', NOTHING_ON_TOP);
    await run.skip('pack', `${summary(assembled.archive)}, assembled`);
    await ports.store.writeCheckpoint(build.id, 'pack', assembled);
    return assembled;
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
    if (isPlain(solved)) {
      await run.skip('install', NOTHING_ON_TOP);
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
          linked,
        },
        progress,
      );
      for (const warning of warnings) progress.log(`${warning.id}: ${warning.text}`);
      const reused =
        cache.hits > 0 ? `, ${cache.hits} of ${cache.hits + cache.misses} segments reused` : '';
      progress.detail(`${summary(archive)}${reused}`);
      const imports = await ports.workspace.importNames(held.path, askedFor(run, solved));
      return { archive, path, segments, unpackedBytes, imports };
    });
    await ports.store.writeCheckpoint(build.id, 'pack', packed);
    return packed;
  } finally {
    await held.release();
  }
}

const NOTHING_ON_TOP = 'nothing on top of conda’s packages';

const isPlain = ({ lock: { wheels = [] }, projects }: Solved): boolean =>
  wheels.length + projects.length === 0;

/** How the engine links what was solved; null where more comes into the prefix, or that cannot be said. */
async function linkedBy({ ports }: BuildRun, solved: Solved): Promise<Linked | null> {
  if (!isPlain(solved)) return null;
  const engine = await ports.engine.describe().catch(() => null);
  return engine && { lock: solved.lock, engine: `${engine.name} ${engine.version}` };
}

/** The archive of packages that were all linked and packed before, without linking them again. */
async function assemble(
  run: BuildRun,
  solved: Solved,
  linked: Linked,
  path: string,
): Promise<Packed | null> {
  const { ports, build } = run;
  const { environment: root, packer } = build.request;
  for (const prefix of ports.workspace.prefixes()) {
    throwIfStopped(run.signal);
    const request = { prefix, output: path, format: solved.format, root, packer, linked };
    const assembled = await ports.packer.assemble(request, run.aside);
    if (assembled === null) continue;
    const { archive, segments, unpackedBytes, packages, warnings } = assembled;
    for (const warning of warnings) run.log(`${warning.id}: ${warning.text}`);
    await ports.store.learnModules(packagesByModule(packages)).catch(() => undefined);
    const filesOf = (name: string) => packages.find((each) => each.name === name)?.files ?? [];
    const imports = Object.fromEntries(
      askedFor(run, solved).map((name) => [name, modulesIn(filesOf(name))]),
    );
    return { archive, path, segments, unpackedBytes, imports };
  }
  return null;
}

/** Names of what a person wants to import. */
function askedFor({ build: { request } }: BuildRun, { projects }: Solved): string[] {
  return [...request.specs, ...request.pip, ...projects].map(({ name }) => name);
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
