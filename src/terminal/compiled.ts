import { readdir, rm, rmdir, stat } from 'node:fs/promises';
import module from 'node:module';
import { dirname, join } from 'node:path';

/** How much is kept of what Node compiled: by days since it was written, then the newest so many bytes. */
const BOUNDS = { days: 30, bytes: 64 * 1024 ** 2 };

const DAY_MS = 86_400_000;

/**
 * Removes what Node compiled of versions and places that are gone, which Node itself never does. What is
 * in use and goes with it is compiled once more at the next start. `folder`: the one that main.js names, with
 * a folder for each version of Node.
 */
export async function pruneCompiled(folder: string, { days, bytes } = BOUNDS): Promise<void> {
  const versions = (await readdir(folder)).map((name) => join(folder, name));
  const files = (await Promise.all(versions.map(filesIn))).flat();
  const oldest = Date.now() - days * DAY_MS;
  let kept = 0;
  for (const { path, size, writtenAt } of files.sort((a, b) => b.writtenAt - a.writtenAt)) {
    if (writtenAt >= oldest && kept + size <= bytes) kept += size;
    else await rm(path, { force: true });
  }
  // One with something in it stays.
  for (const version of versions) await rmdir(version).catch(() => {});
}

/** The folder that `pruneCompiled` is for; null where an operator named another one, or Node keeps nothing. */
export function compiledFolder(): string | null {
  const ours = process.env.NODE_COMPILE_CACHE ? undefined : module.getCompileCacheDir?.();
  return ours === undefined ? null : dirname(ours);
}

async function filesIn(folder: string) {
  const paths = (await readdir(folder)).map((name) => join(folder, name));
  const files = [];
  // One after the other: a service that starts has better to do.
  for (const path of paths) {
    // Another process may have removed it by now.
    const known = await stat(path).catch(() => null);
    if (known) files.push({ path, size: known.size, writtenAt: known.mtimeMs });
  }
  return files;
}
