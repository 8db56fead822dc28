import { createHash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { readCondaRecord } from '../../domain/conda-record.ts';
import type { Lock } from '../../domain/lock.ts';
import type { Progress } from '../../domain/ports.ts';
import { listOf, object, or, parseJson, string } from '../../domain/shape.ts';
import { packageChanged } from './errors.ts';
import { readInstalled } from './lock.ts';

/**
 * Checks the fetched bytes themselves. conda compares no checksum for a `file://` channel and
 * writes into conda-meta whatever the explicit file claims (seen with conda 26.7).
 * A wrong package is taken out of the cache, or it would come back in the next build.
 */
export async function verifyFetched(cache: string, lock: Lock, progress: Progress): Promise<void> {
  for (const { name, version, url, sha256 } of lock.packages) {
    progress.signal.throwIfAborted();
    const file = join(cache, basename(url));
    const folder = file.replace(/\.conda$|\.tar\.bz2$/, '');
    const found = existsSync(file) ? await sha256Of(file) : await recordedSha256(folder);
    if (found === sha256) continue;
    await rm(file, { force: true });
    await rm(folder, { recursive: true, force: true });
    throw packageChanged(`${name} ${version}: expected sha256 ${sha256}, got ${found ?? 'none'}`);
  }
}

async function sha256Of(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}

/** mamba checks what it fetches, notes the checksum and may then drop the archive. */
async function recordedSha256(folder: string): Promise<string | null> {
  const record = await readFile(join(folder, 'info/repodata_record.json'), 'utf8').catch(() => '');
  return parseJson(record, RECORDED)?.sha256 ?? null;
}

const RECORDED = object<{ sha256: string }>({ sha256: string });

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
  await writeFile(join(prefix, 'conda-meta', 'history'), '');
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
