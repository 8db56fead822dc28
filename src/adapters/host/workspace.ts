import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { CONDA_RECORD, readCondaRecord } from '../../domain/conda-record.ts';
import { throwIfStopped } from '../../domain/errors.ts';
import { modulesIn, type PackageFiles, packagesByModule } from '../../domain/modules.ts';
import type { Workspace } from '../../domain/ports.ts';
import { holdersOf, prefixIn, sweepSlots, tryHold } from './prefix-slot.ts';
import { sweepScratch } from './scratch.ts';

/** How often a waiting build looks for a free prefix; builds take minutes, so a second is soon. */
const POLL_MS = 1000;
/** A build that failed may be retried for so long without packing again; one may still be planned. */
const UNTOUCHED_MS = 24 * 3600_000;
const prefixesIn = (directory: string): string => join(directory, 'prefix');
/** What an archive is called while it is written. */
const PART = /\.part-[0-9a-f]+$/;
const FINGERPRINT = /^[0-9a-f]{64}$/;

/**
 * Folders of a build host under the data folder:
 * `prefix/<slot>/env` (held by a lock on `prefix/<slot>.lock`), `archives/<fingerprint>/`, `builds/<id>/`.
 * Slots are few and their paths constant, so that embedded prefixes do not differ between builds.
 */
export function createWorkspace(options: { directory: string; slots: number }): Workspace {
  const prefixes = prefixesIn(options.directory);
  const slots = Array.from({ length: options.slots }, (_, slot) => join(prefixes, String(slot)));
  const buildDirectory = (id: string) => join(options.directory, 'builds', id);

  return {
    async acquirePrefix(buildId, signal, waiting) {
      let said = '';
      for (;;) {
        signal.throwIfAborted();
        for (const slot of slots) {
          const held = await tryHold(slot, `build ${buildId}`);
          if (held) return held;
        }
        const holders = (await holdersOf(slots)).join('; ');
        // Between two holders nobody is named.
        if (holders !== '' && holders !== said) {
          await waiting(`waiting for a free prefix, held by ${holders}`);
          said = holders;
        }
        // Node's own error would say only that it was stopped.
        await wait(POLL_MS, undefined, { signal }).catch(() => throwIfStopped(signal));
      }
    },

    prefixes: () => slots.map(prefixIn),

    async archivePath(fingerprint, name) {
      const directory = join(options.directory, 'archives', fingerprint);
      await mkdir(directory, { recursive: true });
      return join(directory, name);
    },

    async holdsArchive(path, archive) {
      const found = await stat(path).catch(() => null);
      return (
        found !== null && found.size === archive.bytes && (await sha256(path)) === archive.sha256
      );
    },

    async removeArchive(fingerprint) {
      if (!FINGERPRINT.test(fingerprint)) throw new Error(`no fingerprint: ${fingerprint}`);
      const directory = join(options.directory, 'archives', fingerprint);
      await rm(directory, { recursive: true, force: true });
    },

    async sweepArchives(kept) {
      const archives = join(options.directory, 'archives');
      await sweepParts(archives);
      return sweep(archives, (name) => FINGERPRINT.test(name) && !kept.has(name));
    },

    sweepBuilds: (kept) => sweep(join(options.directory, 'builds'), (name) => !kept.has(name)),

    async projectDirectory(buildId) {
      const directory = join(buildDirectory(buildId), 'projects');
      await mkdir(directory, { recursive: true });
      return directory;
    },

    importNames,
    modules: async (prefix) => packagesByModule(await packageFiles(prefix)),

    async clear(buildId) {
      await rm(buildDirectory(buildId), { recursive: true, force: true });
    },
  };
}

/** Removes what processes of this build host that are gone have left half made under its data folder. */
export async function sweepLeft(directory: string): Promise<void> {
  await sweepSlots(prefixesIn(directory));
  await sweepScratch(directory);
}

/** Removes folders that may go and have not been touched for a day; answers their names. */
async function sweep(directory: string, mayGo: (name: string) => boolean): Promise<string[]> {
  const entries = await readdir(directory, { withFileTypes: true }).catch(() => []);
  const removed: string[] = [];
  for (const { name } of entries.filter((each) => each.isDirectory() && mayGo(each.name))) {
    const folder = join(directory, name);
    if (Date.now() - (await lastTouched(folder)) < UNTOUCHED_MS) continue;
    await rm(folder, { recursive: true, force: true });
    removed.push(name);
  }
  return removed;
}

/** Removes what was written of archives by who was killed then: nobody has written on for a day. */
async function sweepParts(archives: string): Promise<void> {
  const entries = await readdir(archives, { recursive: true, withFileTypes: true }).catch(() => []);
  for (const { name, parentPath } of entries.filter((each) => PART.test(each.name))) {
    const part = join(parentPath, name);
    const found = await stat(part).catch(() => null);
    if (found && Date.now() - found.mtimeMs >= UNTOUCHED_MS) await rm(part, { force: true });
  }
}

/** When something was put into a folder or one of its own folders last, in milliseconds. */
async function lastTouched(folder: string): Promise<number> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const inside = entries.filter((each) => each.isDirectory()).map(({ name }) => join(folder, name));
  // One that goes meanwhile is somebody's at work: the folder stays this time.
  const times = await Promise.all(
    [folder, ...inside].map((path) => stat(path).then((found) => found.mtimeMs, Date.now)),
  );
  return Math.max(...times);
}

async function sha256(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk);
  return hash.digest('hex');
}

/**
 * conda-meta lists every file of a package. A project installed on top is not in conda-meta but has a
 * RECORD of its own (PEP 376).
 */
async function importNames(
  prefix: string,
  packages: readonly string[],
): Promise<Record<string, string[]>> {
  const names: Record<string, string[]> = {};
  for (const { name, files } of await packageFiles(prefix)) {
    if (packages.includes(name)) names[name] = modulesIn(files);
  }
  for (const name of packages.filter((wanted) => !(wanted in names))) {
    names[name] = modulesIn(await projectFiles(prefix, name));
  }
  return names;
}

/** Everything that conda put into a prefix. */
async function packageFiles(prefix: string): Promise<PackageFiles[]> {
  const folder = join(prefix, 'conda-meta');
  const records = (await readdir(folder)).filter((file) => file.endsWith('.json'));
  const packages: PackageFiles[] = [];
  for (const path of records.map((record) => join(folder, record))) {
    packages.push(readCondaRecord(await readFile(path, 'utf8'), path, CONDA_RECORD));
  }
  return packages;
}

async function projectFiles(prefix: string, name: string): Promise<string[]> {
  const library = join(prefix, 'lib');
  const pythons = (await readdir(library)).filter((entry) => /^python3\.\d+$/.test(entry));
  const wanted = name.toLowerCase().replace(/[-_.]+/g, '_');
  for (const python of pythons) {
    const sitePackages = join(library, python, 'site-packages');
    for (const entry of await readdir(sitePackages).catch(() => [])) {
      const match = /^(.+?)-[^-]+\.dist-info$/.exec(entry);
      if (match?.[1]?.toLowerCase().replace(/[-_.]+/g, '_') !== wanted) continue;
      const record = await readFile(join(sitePackages, entry, 'RECORD'), 'utf8').catch(() => '');
      return record.split('\n').map((line) => `site-packages/${line.split(',')[0]}`);
    }
  }
  return [];
}
