import { constants, lstatSync, readdirSync, readlinkSync, type Stats, statSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { mayLeave } from '../links.ts';
import { isLeftOut, type PrefixFile } from '../prefix.ts';

/**
 * What the file system says of a prefix without opening a file: git's index, for a prefix. Nobody can
 * set a ctime, so content that changes changes a row.
 */
export interface PrefixState {
  /** When looking began: milliseconds since 1970 by this host's clock. */
  takenAt: number;
  /** `''` for the prefix, then everything below it but what every archive leaves out. */
  paths: string[];
  /** `FIELDS` numbers for each path. */
  marks: Float64Array;
}

/** Device, inode, mode, size, mtime and ctime (milliseconds, with a fraction). */
export const FIELDS = 6;
const MODE = 2;
const SIZE = 3;
const MTIME = 4;
const CTIME = 5;

/**
 * A file that changed this shortly before it was looked at may change once more within the same tick
 * of the file system's clock, and look the same. git compares with its index's own time; two seconds
 * are the coarsest clock there is (FAT's).
 */
const RACY_MS = 2000;

const ENTRIES_PER_TURN = 1000;

/** Throws what the file system throws. Rejects with the signal's reason. */
export async function observe(
  prefix: string,
  signal?: AbortSignal | undefined,
): Promise<PrefixState> {
  const takenAt = Date.now();
  const paths = [''];
  const marks = [...marksOf(statSync(prefix))];
  const pending = [''];
  let untilTurn = ENTRIES_PER_TURN;
  for (let folder = pending.pop(); folder !== undefined; folder = pending.pop()) {
    for (const name of readdirSync(`${prefix}/${folder}`).sort()) {
      if (folder === '' && isLeftOut(name)) continue;
      const path = folder === '' ? name : `${folder}/${name}`;
      const stat = lstatSync(`${prefix}/${path}`);
      paths.push(path);
      marks.push(...marksOf(stat));
      if (stat.isDirectory()) pending.push(path);
      untilTurn -= 1;
    }
    if (untilTurn > 0) continue;
    untilTurn = ENTRIES_PER_TURN;
    await nextTurn();
    signal?.throwIfAborted();
  }
  return { takenAt, paths, marks: Float64Array.from(marks) };
}

function marksOf(stat: Stats): number[] {
  return [stat.dev, stat.ino, stat.mode, stat.size, stat.mtimeMs, stat.ctimeMs];
}

/** Whether nothing at all differs, and nothing can have changed without a trace. */
export function isUnchanged(before: PrefixState, now: PrefixState): boolean {
  return (
    before.paths.length === now.paths.length &&
    before.paths.every((path, row) => path === now.paths[row]) &&
    bytesOf(before.marks).equals(bytesOf(now.marks)) &&
    before.paths.every((_path, row) => isSettled(before, row))
  );
}

/** What a listing tells of a file, too; `modified` is in milliseconds. */
export type Look = Pick<PrefixFile, 'bytes' | 'modified'>;

/** Ordinary files that are now as they were before, by path. */
export function unchangedFiles(before: PrefixState, now: PrefixState): Map<string, Look> {
  const rows = new Map(before.paths.map((path, row) => [path, row]));
  const files = new Map<string, Look>();
  for (const [row, path] of now.paths.entries()) {
    const old = rows.get(path);
    if (old === undefined || !isSettled(before, old) || !isFile(now, row)) continue;
    const same = markOf(before, old).every(
      (mark, field) => mark === now.marks[row * FIELDS + field],
    );
    const mark = markOf(now, row);
    if (same) files.set(path, { bytes: mark[SIZE] as number, modified: mark[MTIME] as number });
  }
  return files;
}

/**
 * Whether all that an archive of this prefix is made of is in the state: no link leads to files
 * outside, and nothing lies in the prefix that archives leave out.
 */
export function isSelfContained(prefix: string, state: PrefixState): boolean {
  if (readdirSync(prefix).some(isLeftOut)) return false;
  return state.paths.every((path, row) => {
    if (!isOfType(state, row, constants.S_IFLNK)) return true;
    const target = readlinkSync(`${prefix}/${path}`);
    return !mayLeave({ path, target });
  });
}

function isSettled(state: PrefixState, row: number): boolean {
  const mark = markOf(state, row);
  return Math.max(mark[MTIME] as number, mark[CTIME] as number) < state.takenAt - RACY_MS;
}

function isFile(state: PrefixState, row: number): boolean {
  return isOfType(state, row, constants.S_IFREG);
}

function isOfType(state: PrefixState, row: number, type: number): boolean {
  return ((markOf(state, row)[MODE] as number) & constants.S_IFMT) === type;
}

function markOf({ marks }: PrefixState, row: number): Float64Array {
  return marks.subarray(row * FIELDS, (row + 1) * FIELDS);
}

function bytesOf({ buffer, byteOffset, byteLength }: Float64Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}
