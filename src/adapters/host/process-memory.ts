import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

interface Seen {
  pid: number;
  parent: number;
  bytes: number;
}

/**
 * True when the processes that a command of ours became, told by a word of its arguments, have more than
 * `limit` bytes of memory together. What they share counts once where it is above the limit otherwise.
 */
export function isAbove(limit: number, word: string): boolean {
  // Of one that ends between two of its relatives they have what it shared, which was counted before.
  return isSeenAbove(limit, word) && isSeenAbove(limit, word);
}

function isSeenAbove(limit: number, word: string): boolean {
  const all = processes();
  const isStart = ({ pid, parent }: Seen) =>
    parent === process.pid && read(pid, 'cmdline').split('\0').includes(word);
  const found = all.filter(isStart);
  for (const { pid } of found) found.push(...all.filter(({ parent }) => parent === pid));
  const sum = (bytesOf: (seen: Seen) => number) =>
    found.reduce((total, seen) => total + bytesOf(seen), 0);
  return sum(({ bytes }) => bytes) > limit && sum(({ pid }) => proportional(pid)) > limit;
}

/** Every process with memory of its own: threads of the kernel have none. */
function processes(): Seen[] {
  return readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    const pid = Number(name);
    const status = read(pid, 'status');
    const bytes = residentOf(status);
    const parent = Number(/^PPid:\s+(\d+)$/m.exec(status)?.[1]);
    return bytes === null ? [] : [{ pid, parent, bytes }];
  });
}

/** Its part of what several have; all it has where that is not told, and nothing once it has ended. */
function proportional(pid: number): number {
  return bytesIn(read(pid, 'smaps_rollup'), 'Pss') ?? residentOf(read(pid, 'status')) ?? 0;
}

const residentOf = (status: string): number | null => bytesIn(status, 'VmRSS');

/** Bytes of a field that proc(5) gives in kB. */
function bytesIn(text: string, field: string): number | null {
  const [, count] = new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(text) ?? [];
  return count === undefined ? null : Number(count) * 1024;
}

/** Processes end while they are looked at. */
function read(pid: number, file: string): string {
  try {
    return readFileSync(join('/proc', `${pid}`, file), 'utf8');
  } catch {
    return '';
  }
}
