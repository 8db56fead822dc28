import type { Archive, ArchiveSegment } from '../../domain/archive.ts';
import { throwIfStopped } from '../../domain/errors.ts';
import { eventOf } from '../../domain/events.ts';
import { counted, size } from '../../domain/figures.ts';
import { bytesOf, type Linked, type LockedPackage } from '../../domain/lock.ts';
import { modulesIn, packagesByModule } from '../../domain/modules.ts';
import type {
  Assembled,
  HeldPrefix,
  PackRequest,
  PackResult,
  Progress,
} from '../../domain/ports.ts';
import { listOf, mapOf, number, object, or, string } from '../../domain/shape.ts';
import { ARCHIVE } from '../../domain/stored.ts';
import type { BuildRun } from '../context.ts';
import type { Growth } from '../growth.ts';
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
    object<ArchiveSegment>({
      ...{ name: string, bytes: number, sha256: string, offset: number },
      content: or(string, undefined),
    }),
  ),
  unpackedBytes: number,
  imports: mapOf(listOf(string)),
});

/**
 * Create, install and pack: one prefix, used and given back. An archive of this fingerprint that
 * is already on this build host is taken as it is; one whose packages are all known needs no prefix, and
 * one of which some are, a prefix of the others alone. What is packed of a whole prefix grows as it is written.
 */
export async function makeArchive(run: BuildRun, solved: Solved, growth: Growth): Promise<Packed> {
  const { ports, build } = run;
  const name = `${build.request.environment}.${solved.format}`;
  const path = await ports.workspace.archivePath(solved.fingerprint, name);
  const known = await ports.store.readCheckpoint(build.id, 'pack', PACKED);
  if (known && (await ports.workspace.holdsArchive(path, known.archive))) {
    await run.skip('create', 'done before');
    await run.skip('install', 'done before');
    await run.skip('pack', `${summary(known.archive)}, done before`);
    tellMade(run, 'known', { archive: known.archive, cache: null });
    return { ...known, path };
  }

  const linked = await linkedBy(run, solved);
  const packed =
    (linked &&
      ((await assemble(run, solved, linked, path)) ??
        (await complete(run, solved, linked, path)))) ??
    (await packPrefix(run, solved, linked, path, growth));
  await ports.store.writeCheckpoint(build.id, 'pack', packed);
  return packed;
}

/** The archive of a prefix into which everything is linked and installed. */
async function packPrefix(
  run: BuildRun,
  solved: Solved,
  linked: Linked | null,
  path: string,
  growth: Growth,
): Promise<Packed> {
  const { ports } = run;
  const held = await acquirePrefix(run);
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
    return await run.step('pack', async (progress) => {
      const { archive, segments, unpackedBytes, cache, warnings } = await ports.packer.pack(
        {
          ...packRequest(run, solved, { prefix: held.path, path, linked }),
          onSegment: (segment, path) => growth.add(segment, path),
        },
        progress,
      );
      for (const warning of warnings) progress.log(`${warning.id}: ${warning.text}`);
      const reused =
        cache.hits > 0 ? `, ${cache.hits} of ${cache.hits + cache.misses} segments reused` : '';
      progress.detail(`${summary(archive)}${reused}`);
      const imports = await ports.workspace.importNames(held.path, askedFor(run, solved));
      tellMade(run, 'packed', { archive, cache });
      return { archive, path, segments, unpackedBytes, imports };
    });
  } finally {
    await held.release();
  }
}

/** Builds that wait for one say so in the step that needs it. */
const acquirePrefix = (run: BuildRun): Promise<HeldPrefix> =>
  run.ports.workspace.acquirePrefix(run.build.id, run.signal, (why) => run.wait('create', why));

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
  const { ports } = run;
  for (const prefix of ports.workspace.prefixes()) {
    throwIfStopped(run.signal);
    const request = packRequest(run, solved, { prefix, path, linked });
    const assembled = await ports.packer.assemble(request, run.aside);
    if (assembled === null) continue;
    await run.skip('create', `${counted(solved.lock.packages.length, 'package')} known`);
    await run.skip('install', NOTHING_ON_TOP);
    await run.skip('pack', `${summary(assembled.archive)}, assembled`);
    tellMade(run, 'assembled', assembled);
    return packedOf(run, solved, assembled, path);
  }
  return null;
}

/** The same after the packages that are not known were linked and packed by themselves. */
async function complete(
  run: BuildRun,
  solved: Solved,
  linked: Linked,
  path: string,
): Promise<Packed | null> {
  const { engine, packer } = run.ports;
  if (!engine.createSome) return null;
  const { lock } = solved;
  const held = await acquirePrefix(run);
  try {
    const request = packRequest(run, solved, { prefix: held.path, path, linked });
    const names = packer.lacking(request) ?? [];
    if (!isWorthLinkingApart(lock.packages, names)) return null;
    await run.step('create', async (progress) => {
      await engine.createSome?.({ lock, prefix: held.path, names }, progress);
      const known = lock.packages.length - names.length;
      progress.detail(`${counted(names.length, 'package')}, ${known} known`);
    });
    await run.skip('install', NOTHING_ON_TOP);
    const assembled = await run.step('pack', async (progress) => {
      const assembled = await packer.complete(request, progress);
      if (assembled) progress.detail(`${summary(assembled.archive)}, assembled`);
      return assembled;
    });
    if (assembled === null) {
      run.log('these packages do not go together as they are known, and are all linked');
      return null;
    }
    tellMade(run, 'completed', assembled);
    return packedOf(run, solved, assembled, path);
  } finally {
    await held.release();
  }
}

/** Where most is linked anew, linking everything is less work than putting it together afterwards. */
function isWorthLinkingApart(
  packages: readonly LockedPackage[],
  lacking: readonly string[],
): boolean {
  const apart = packages.filter(({ name }) => lacking.includes(name));
  return apart.length > 0 && bytesOf(apart) * 2 <= bytesOf(packages);
}

function packRequest(
  { build }: BuildRun,
  { format }: Solved,
  { prefix, path, linked }: { prefix: string; path: string; linked: Linked | null },
): PackRequest {
  const { environment: root, packer } = build.request;
  return { prefix, output: path, format, root, packer, linked };
}

async function packedOf(
  run: BuildRun,
  solved: Solved,
  { archive, segments, unpackedBytes, packages, warnings }: Assembled,
  path: string,
): Promise<Packed> {
  for (const warning of warnings) run.log(`${warning.id}: ${warning.text}`);
  await run.ports.store.learnModules(packagesByModule(packages)).catch(() => undefined);
  const filesOf = (name: string) => packages.find((each) => each.name === name)?.files ?? [];
  const imports = Object.fromEntries(
    askedFor(run, solved).map((name) => [name, modulesIn(filesOf(name))]),
  );
  return { archive, path, segments, unpackedBytes, imports };
}

/** Names of what a person wants to import. */
function askedFor({ build: { request } }: BuildRun, { projects }: Solved): string[] {
  return [...request.specs, ...request.pip, ...projects].map(({ name }) => name);
}

/** Wheels first: projects may need them. What both bring, they bring without network. */
async function install(
  { ports, build }: BuildRun,
  { lock: { wheels = [] }, projects, glibc }: Solved,
  prefix: string,
  progress: Progress,
): Promise<void> {
  const directory = await ports.workspace.projectDirectory(build.id);
  const pins = wheels.length > 0 ? await ports.pip.fetch(wheels, directory, progress) : [];
  await ports.projects.install([...pins, ...projects], directory, { prefix, glibc }, progress);
  progress.detail(
    [
      wheels.length > 0 && `${counted(wheels.length, 'package')} of pip`,
      projects.length > 0 && counted(projects.length, 'project'),
    ]
      .filter(Boolean)
      .join(', '),
  );
}

/** `cache`: null where no segment was looked at. */
function tellMade(
  { build, ports }: BuildRun,
  kind: 'packed' | 'completed' | 'assembled' | 'known',
  { archive, cache }: Pick<PackResult, 'archive'> & { cache: PackResult['cache'] | null },
): void {
  const { bytes, files } = archive;
  ports.events.emit('archive-made', {
    ...eventOf(build),
    ...{ kind, bytes, files, known: cache?.hits ?? null, made: cache?.misses ?? null },
  });
}

function summary(archive: Archive): string {
  return `${archive.format}, ${size(archive.bytes)}, ${counted(archive.files, 'file')}`;
}
