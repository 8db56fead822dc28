import {
  closeSync,
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  readSync,
  statSync,
} from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';

/** As many links as Linux follows in one path. */
const MOST_LINKS = 40;

/** A script that starts another program is short. */
const LONGEST_START = 4096;

/**
 * Files and folders that a program needs to be there besides the system's own: itself, what it is a link to or, as
 * a script, begins with, and where that is in `bin` of an environment of conda's, of a virtual one or of a
 * Python, that whole, with the Python that a virtual one is made of.
 */
export function installationOf(program: string): string[] {
  const found = new Set<string>();
  const homes = new Set<string>();
  const waiting = [program];
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    for (const path of withTargets(file)) {
      const home = dirname(dirname(path));
      if (basename(dirname(path)) !== 'bin' || !isEnvironment(home)) found.add(path);
      waiting.push(...namedIn(path).filter((name) => !homes.has(dirname(dirname(name)))));
      if (isEnvironment(home) && !homes.has(home)) {
        homes.add(home);
        // A script beside it begins with it.
        waiting.push(join(home, 'bin', 'python'), ...baseOf(home));
      }
    }
  }
  return [...homes, ...found].filter((path) => existsSync(path) && !isOfSystem(path));
}

/** A path and those it leads to, link by link. */
function withTargets(start: string): string[] {
  const paths = [start];
  for (let path = start; paths.length < MOST_LINKS; paths.push(path)) {
    try {
      path = resolve(dirname(path), readlinkSync(path));
    } catch {
      break;
    }
  }
  return paths;
}

/** Programs of environments that a script names with their whole path. */
function namedIn(path: string): string[] {
  const start = startOf(path);
  if (!start.startsWith('#!')) return [];
  const named = start.match(/\/[\w.+/-]+/g) ?? [];
  return named.filter((name) => existsSync(name) && isEnvironment(dirname(dirname(name))));
}

function startOf(path: string): string {
  if (!statSync(path, { throwIfNoEntry: false })?.isFile()) return '';
  const start = Buffer.alloc(LONGEST_START);
  const file = openSync(path, 'r');
  try {
    return start.toString('latin1', 0, readSync(file, start));
  } finally {
    closeSync(file);
  }
}

/** Whether a folder holds an environment and no home of somebody's. */
function isEnvironment(folder: string): boolean {
  if (isOfSystem(folder)) return false;
  if (['conda-meta', 'pyvenv.cfg'].some((name) => existsSync(join(folder, name)))) return true;
  const library = join(folder, 'lib');
  return (
    existsSync(library) &&
    readdirSync(library).some((name) => /^python3\.\d+$/.test(name)) &&
    existsSync(join(folder, 'include'))
  );
}

/** The interpreter that `pyvenv.cfg` of a virtual environment names. */
function baseOf(home: string): string[] {
  const file = join(home, 'pyvenv.cfg');
  if (!existsSync(file)) return [];
  const base = /^home\s*=\s*(.+)$/m.exec(readFileSync(file, 'utf8'))?.[1]?.trim();
  return base === undefined ? [] : [join(base, 'python3')];
}

/** Every sandbox has these. */
function isOfSystem(path: string): boolean {
  return /^\/(?:usr|bin|sbin|lib|lib64)(?:\/|$)/.test(path) || path === '/';
}
