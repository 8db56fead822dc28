import { createHash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { readCondaRecord } from '../../domain/conda-record.ts';
import { throwIfStopped } from '../../domain/errors.ts';
import type { LockedPackage } from '../../domain/lock.ts';
import { listOf, object, or, parseJson, string } from '../../domain/shape.ts';
import { packageChanged } from './errors.ts';
import { readInstalled } from './lock.ts';
import { unpackedIn } from './package-cache.ts';

/** A package of a lock that is not in the cache as the lock says; `found` is the sha256 of what is, if anything. */
interface Lacking extends LockedPackage {
  found: string | null;
}

/**
 * The packages that are not unpacked in the cache, or not those of the lock by the fetched bytes themselves: conda
 * compares no checksum for a `file://` channel and writes into conda-meta whatever the explicit file claims
 * (seen with conda 26.7).
 */
export async function lackingPackages(
  cache: string,
  packages: readonly LockedPackage[],
  signal: AbortSignal,
): Promise<Lacking[]> {
  const lacking: Lacking[] = [];
  for (const entry of packages) {
    throwIfStopped(signal);
    const { file, folder } = placesOf(cache, entry);
    // Written last, when a package is unpacked.
    const recorded = await recordOf(folder);
    const found = existsSync(file) ? await sha256Of(file) : (recorded?.sha256 ?? null);
    const isUnpacked =
      recorded !== null &&
      (recorded.sha256 ?? entry.sha256) === entry.sha256 &&
      (recorded.md5 === null || entry.md5 === null || recorded.md5 === entry.md5);
    if (found !== entry.sha256 || !isUnpacked) lacking.push({ ...entry, found });
  }
  return lacking;
}

/**
 * Throws `package-changed` for what was fetched and is something else; it is taken out of the cache, or it would
 * come back in the next build.
 */
export async function refuseChanged(cache: string, lacking: readonly Lacking[]): Promise<void> {
  const entry = lacking.find(({ found, sha256 }) => found !== null && found !== sha256);
  if (!entry) return;
  const { file, folder } = placesOf(cache, entry);
  await rm(file, { force: true });
  await rm(folder, { recursive: true, force: true });
  const { name, version, sha256, found } = entry;
  throw packageChanged(`${name} ${version}: expected sha256 ${sha256}, got ${found}`);
}

/**
 * Writes the sha256 of packages that are in the cache as the lock says into what conda notes of them, where it has
 * not: it then leaves it out of conda-meta, too (seen with conda 26.7, while many are unpacked at a time).
 */
export async function noteChecksums(
  cache: string,
  packages: readonly LockedPackage[],
): Promise<void> {
  for (const entry of packages) {
    const { folder } = placesOf(cache, entry);
    if ((await recordOf(folder))?.sha256 !== null) continue;
    const path = join(folder, RECORD);
    const { url, sha256 } = entry;
    const record = { ...JSON.parse(await readFile(path, 'utf8')), url, sha256 };
    await writeFile(`${path}.part`, JSON.stringify(record));
    await rename(`${path}.part`, path);
  }
}

/** Where the archive of a package lies in a cache, and where it is unpacked. */
function placesOf(cache: string, { url }: LockedPackage): { file: string; folder: string } {
  const file = join(cache, basename(url));
  return { file, folder: unpackedIn(cache, url) };
}

async function sha256Of(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}

/** mamba checks what it fetches, notes the checksum and may then drop the archive. */
async function recordOf(folder: string): Promise<Recorded | null> {
  const record = await readFile(join(folder, RECORD), 'utf8').catch(() => '');
  return parseJson(record, RECORDED);
}

const RECORD = 'info/repodata_record.json';

interface Recorded {
  sha256: string | null;
  md5: string | null;
}

const RECORDED = object<Recorded>({ sha256: or(string, null), md5: or(string, null) });

/** The parts of a record in `conda-meta` that name files. */
interface FileNames {
  files: readonly string[];
  paths_data?: { paths?: { _path: string }[] };
}

const FILE_NAMES = object<FileNames>({
  files: or(listOf(string), []),
  paths_data: or(
    object<NonNullable<FileNames['paths_data']>>({
      paths: or(listOf(object<{ _path: string }>({ _path: string })), undefined),
    }),
    undefined,
  ),
});

/**
 * Takes out what would differ between two prefixes of one lock, and what rattler does not make:
 * compiled files of noarch packages, which carry the time of their source, and conda's diary.
 */
export async function dropUnrepeatable(prefix: string): Promise<void> {
  await rm(join(prefix, 'conda-meta', 'created_at'), { force: true });
  // Whatever a script made of it: what is written is a file here.
  await rm(join(prefix, 'conda-meta', 'history'), { recursive: true, force: true });
  await writeFile(join(prefix, 'conda-meta', 'history'), '', { flag: 'wx' });
  for (const { noarch, files, path } of await readInstalled(prefix)) {
    const compiled = new Set(noarch === 'python' ? files.filter((file) => isCompiled(file)) : []);
    if (compiled.size === 0) continue;
    for (const file of compiled) await rm(join(prefix, file), { force: true });
    const record = readCondaRecord(await readFile(path, 'utf8'), path, FILE_NAMES);
    record.files = files.filter((file) => !compiled.has(file));
    const data = record.paths_data;
    if (data?.paths) data.paths = data.paths.filter((entry) => !compiled.has(entry._path));
    await writeFile(path, JSON.stringify(record, null, 2));
  }
}

function isCompiled(file: string): boolean {
  return file.includes('__pycache__/') && file.endsWith('.pyc');
}
