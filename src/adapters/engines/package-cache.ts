import { existsSync } from 'node:fs';
import { lstat, readdir, rename, rm, utimes } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { LockedPackage } from '../../domain/lock.ts';

/** No prefix takes so long to be created: what was marked since may be linked at this moment. */
const IN_USE_MS = 6 * 3600_000;
/** A cache has hundreds of thousands of files; they are counted so often. */
const EVERY_MS = 3600_000;
const REMOVED = '.removed-';

/** Packages as an engine has unpacked them, in folders named as their archives, which may lie beside them. */
export class PackageCache {
  readonly #folder: string;
  readonly #mostBytes: number;
  readonly #now: () => number;
  #countedAt = Number.NEGATIVE_INFINITY;

  /** `now` in milliseconds since the epoch. */
  constructor(folder: string, mostBytes: number, now: () => number = Date.now) {
    this.#folder = folder;
    this.#mostBytes = mostBytes;
    this.#now = now;
  }

  /** Says that packages are about to be linked. */
  async markUsed(packages: readonly LockedPackage[]): Promise<void> {
    const now = new Date(this.#now());
    for (const { url } of packages) {
      const file = fileOf(url);
      for (const name of [file, nameOf(file)]) {
        // What is not there yet is unpacked now.
        await utimes(join(this.#folder, name), now, now).catch(() => undefined);
      }
    }
  }

  /**
   * Removes packages that were not linked for longest until all have no more bytes than they may, but for those
   * that may be in use in some process. Never rejects: what stays is looked at again an hour later.
   */
  async prune(): Promise<void> {
    if (this.#now() - this.#countedAt < EVERY_MS) return;
    this.#countedAt = this.#now();
    try {
      await this.#prune();
    } catch {
      // Another worker of this host may be at the same.
    }
  }

  async #prune(): Promise<void> {
    const entries = await readdir(this.#folder, { withFileTypes: true });
    const packages = new Map<string, { paths: string[]; usedAt: number; bytes: number }>();
    for (const entry of entries) {
      const path = join(this.#folder, entry.name);
      if (entry.name.startsWith(REMOVED)) await rm(path, { recursive: true, force: true });
      else if (isPackage(entry.name)) {
        const known = packages.get(nameOf(entry.name)) ?? { paths: [], usedAt: 0, bytes: 0 };
        const { mtimeMs } = await lstat(path);
        known.paths.push(path);
        known.usedAt = Math.max(known.usedAt, mtimeMs);
        known.bytes += await bytesIn(path);
        packages.set(nameOf(entry.name), known);
      }
    }
    let bytes = [...packages.values()].reduce((sum, each) => sum + each.bytes, 0);
    const oldest = [...packages.values()].sort((one, other) => one.usedAt - other.usedAt);
    for (const { paths, usedAt, bytes: its } of oldest) {
      if (bytes <= this.#mostBytes || this.#now() - usedAt < IN_USE_MS) return;
      for (const path of paths) await this.#remove(path);
      bytes -= its;
    }
  }

  /** Away at once: half a package would be taken for one. */
  async #remove(path: string): Promise<void> {
    const away = join(this.#folder, `${REMOVED}${process.pid}-${basename(path)}`);
    await rename(path, away);
    await rm(away, { recursive: true, force: true });
  }
}

/** Where a package of an address is unpacked in a cache. */
export function unpackedIn(cache: string, url: string): string {
  return join(cache, nameOf(fileOf(url)));
}

/** Folders of this host that packages are taken from: those of `file://` channels. */
export function localFolders(packages: readonly LockedPackage[]): string[] {
  const folders = packages.flatMap(({ url }) => localFolder(url) ?? []);
  return [...new Set(folders)].filter((folder) => existsSync(folder));
}

function localFolder(url: string): string | null {
  try {
    return dirname(fileURLToPath(url));
  } catch {
    // Of another host, or no path: the engine says so.
    return null;
  }
}

/** Whatever an address says, it is one name in the folder. */
function fileOf(url: string): string {
  try {
    return basename(decodeURIComponent(url));
  } catch {
    return basename(url);
  }
}

const nameOf = (file: string): string => file.replace(/(?:\.conda|\.tar\.bz2)$/, '');

/** `numpy-2.2.6-py311_0`, and its archive; locks, indexes and lists of the engine's own are none. */
function isPackage(name: string): boolean {
  return /^[^.][^/]*-[^-]+-[^-]+$/.test(nameOf(name)) && !/\.(?:lock|json|txt|part)$/.test(name);
}

async function bytesIn(path: string): Promise<number> {
  const found = await lstat(path).catch(() => null);
  if (found === null) return 0;
  if (!found.isDirectory()) return found.blocks * 512;
  let bytes = 0;
  for (const name of await readdir(path)) bytes += await bytesIn(join(path, name));
  return bytes;
}
