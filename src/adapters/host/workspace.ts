import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { CONDA_RECORD, readCondaRecord } from '../../domain/conda-record.ts';
import type { Workspace } from '../../domain/ports.ts';
import { tryHold } from './prefix-slot.ts';

/** How often a waiting build looks for a free prefix; builds take minutes, so a second is soon. */
const POLL_MS = 1000;
/** A build that failed may be retried for so long without packing again; one may still be planned. */
const UNTOUCHED_MS = 24 * 3600_000;
const FINGERPRINT = /^[0-9a-f]{64}$/;

/**
 * Folders of a build host under the data folder:
 * `prefix/<slot>/env` (held through `prefix/<slot>.lock`), `archives/<fingerprint>/`, `builds/<id>/`.
 * Slots are few and their paths constant, so that embedded prefixes do not differ between builds.
 */
export function createWorkspace(options: { directory: string; slots: number }): Workspace {
  const prefixes = join(options.directory, 'prefix');
  const buildDirectory = (id: string) => join(options.directory, 'builds', id);

  return {
    async acquirePrefix(_buildId, signal) {
      await mkdir(prefixes, { recursive: true });
      for (;;) {
        signal.throwIfAborted();
        for (let slot = 0; slot < options.slots; slot += 1) {
          const held = await tryHold(join(prefixes, String(slot)));
          if (held) return held;
        }
        await wait(POLL_MS, undefined, { signal });
      }
    },

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

    sweepArchives: (kept) =>
      sweep(
        join(options.directory, 'archives'),
        (name) => FINGERPRINT.test(name) && !kept.has(name),
      ),

    sweepBuilds: (kept) => sweep(join(options.directory, 'builds'), (name) => !kept.has(name)),

    async projectDirectory(buildId) {
      const directory = join(buildDirectory(buildId), 'projects');
      await mkdir(directory, { recursive: true });
      return directory;
    },

    importNames,
    modules: modulesOfPrefix,

    async clear(buildId) {
      await rm(buildDirectory(buildId), { recursive: true, force: true });
    },
  };
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

const MODULE = /site-packages\/([A-Za-z_][A-Za-z0-9_]*)(?:\/__init__\.py|\.py|(?:\.[^/]+)?\.so)$/;

/**
 * conda-meta lists every file of a package; what lies directly in site-packages is importable.
 * A project installed on top is not in conda-meta but has a RECORD of its own (PEP 376).
 */
async function importNames(
  prefix: string,
  packages: readonly string[],
): Promise<Record<string, string[]>> {
  const names: Record<string, string[]> = {};
  const records = await readdir(join(prefix, 'conda-meta'));
  for (const record of records.filter((file) => file.endsWith('.json'))) {
    const path = join(prefix, 'conda-meta', record);
    const { name, files } = readCondaRecord(await readFile(path, 'utf8'), path, CONDA_RECORD);
    if (packages.includes(name)) names[name] = modulesIn(files);
  }
  for (const name of packages.filter((wanted) => !(wanted in names))) {
    names[name] = modulesIn(await projectFiles(prefix, name));
  }
  return names;
}

/** Module → the packages that have it, of everything that conda put into a prefix. */
async function modulesOfPrefix(prefix: string): Promise<Record<string, string[]>> {
  const modules = new Map<string, string[]>();
  const folder = join(prefix, 'conda-meta');
  for (const record of (await readdir(folder)).filter((file) => file.endsWith('.json'))) {
    const path = join(folder, record);
    const { name, files } = readCondaRecord(await readFile(path, 'utf8'), path, CONDA_RECORD);
    const found = files.flatMap((file) => MODULE.exec(file)?.[1] ?? []);
    for (const module of new Set(found.filter((each) => !each.startsWith('_')))) {
      modules.set(module, [...(modules.get(module) ?? []), name]);
    }
  }
  return Object.fromEntries(modules);
}

/** A package with no `__init__` of its own to import, such as python itself, has none. */
function modulesIn(files: readonly string[]): string[] {
  const found = files.flatMap((file) => MODULE.exec(file)?.[1] ?? []);
  return [...new Set(found)].filter((name) => !name.startsWith('__')).slice(0, 5);
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
