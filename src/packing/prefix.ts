import { lstatSync, readdirSync, readlinkSync, realpathSync } from 'node:fs';
import { posix } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { userError } from '../domain/errors.ts';
import { finalName } from './output.ts';

/** One thing found in a prefix. Paths are relative to it, with `/`, without a leading `./`. */
export interface PrefixFile {
  path: string;
  kind: 'file' | 'directory' | 'link';
  /** Whether the owner may execute it: the only mode bit that travels. */
  executable: boolean;
  bytes: number;
  modified: number;
  /** Where a link points, as written; empty for the rest. */
  target: string;
}

/**
 * What conda-pack leaves out of an archive, by its own list: package cache, other environments,
 * build folders and locks of a base environment, and conda's trash (`*~`).
 */
const LEFT_OUT = new Set([
  'pkgs',
  'envs',
  'conda-bld',
  '.conda_lock',
  'users',
  'conda-recipes',
  '.index',
  '.unionfs',
  '.nonadmin',
  'python.app',
  'Launcher.app',
]);

/** Whether a path in a prefix stays behind whatever is there. */
export function isLeftOut(path: string): boolean {
  const [top = ''] = path.split('/', 1);
  return LEFT_OUT.has(top) || top.endsWith('~');
}

/** Walking is synchronous because it is 5 times faster; this many entries pass between turns. */
const ENTRIES_PER_TURN = 1000;

export interface PrefixListing {
  files: PrefixFile[];
  /** Sockets, pipes and devices: no archive can carry them. */
  special: string[];
  /** Whether something that was to be left out would lie in it. */
  isOutputInside: boolean;
}

/**
 * Lists a prefix in a fixed order (by path, UTF-16 code units), links not followed.
 * Errors: `not-a-prefix`, `unsupported-name`.
 */
export async function listPrefix(
  prefix: string,
  { leaveOut = [], signal }: ListRequest = {},
): Promise<PrefixListing> {
  const out = new Set(leaveOut.flatMap((path) => (path ? insidePath(prefix, path) : [])));
  const files: PrefixFile[] = [];
  const special: string[] = [];
  const pending = [''];
  let untilTurn = ENTRIES_PER_TURN;
  for (let folder = pending.pop(); folder !== undefined; folder = pending.pop()) {
    for (const name of namesIn(prefix, folder)) {
      if (folder === '' && isLeftOut(name)) continue;
      const path = folder === '' ? name : `${folder}/${name}`;
      if (out.has(finalName(path))) continue;
      if (name.includes('\ufffd')) throw unsupportedName(path);
      const file = describe(prefix, path);
      if (!file) {
        special.push(path);
        continue;
      }
      files.push(file);
      if (file.kind === 'directory') pending.push(path);
      untilTurn -= 1;
    }
    if (untilTurn <= 0) {
      untilTurn = ENTRIES_PER_TURN;
      await nextTurn();
      signal?.throwIfAborted();
    }
  }
  files.sort(byPath);
  return { files, special, isOutputInside: out.size > 0 };
}

export interface ListRequest {
  /** Absolute paths that are passed over. */
  leaveOut?: readonly (string | null)[];
  signal?: AbortSignal | undefined;
}

/** The path within the prefix, whichever links lead to the folder it is in; none outside. */
function insidePath(prefix: string, path: string): string[] {
  const real = (place: string) => {
    try {
      return realpathSync(place);
    } catch {
      return place;
    }
  };
  const within = posix.relative(
    real(prefix),
    posix.join(real(posix.dirname(path)), posix.basename(path)),
  );
  return within === '' || within === '..' || within.startsWith('../') ? [] : [within];
}

export function byPath(left: { path: string }, right: { path: string }): number {
  if (left.path === right.path) return 0;
  return left.path < right.path ? -1 : 1;
}

function namesIn(prefix: string, folder: string): string[] {
  try {
    return readdirSync(`${prefix}/${folder}`);
  } catch (error) {
    if (folder !== '') throw error;
    throw userError({
      code: 'not-a-prefix',
      message: `\`${prefix}\` is not a folder that can be read.`,
      suggestion: 'Name the folder conda created, e.g. `/opt/envs/churn`.',
    });
  }
}

function describe(prefix: string, path: string): PrefixFile | null {
  const absolute = `${prefix}/${path}`;
  const stat = lstatSync(absolute);
  const file = {
    path,
    executable: (stat.mode & 0o100) !== 0,
    bytes: stat.size,
    modified: stat.mtimeMs,
    target: '',
  };
  if (stat.isFile()) return { ...file, kind: 'file' };
  if (stat.isDirectory()) return { ...file, kind: 'directory' };
  if (stat.isSymbolicLink()) return { ...file, kind: 'link', target: readlinkSync(absolute) };
  return null;
}

function unsupportedName(path: string) {
  return userError({
    code: 'unsupported-name',
    message: `\`${path}\` has a name that is not UTF-8.`,
    suggestion: 'Rename the file: Spark and YARN unpack names as UTF-8.',
  });
}
