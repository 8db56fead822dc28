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
  const all = processes();
  const isStart = ({ pid, parent }: Seen) =>
    parent === process.pid && read(pid, 'cmdline').split('\0').includes(word);
  const found = all.filter(isStart);
  for (const { pid } of found) found.push(...all.filter(({ parent }) => parent === pid));
  const sum = (bytesOf: (seen: Seen) => number) =>
    found.reduce((total, seen) => total + bytesOf(seen), 0);
  return sum(({ bytes }) => bytes) > limit && sum(proportional) > limit;
}

/** Every process with memory of its own: threads of the kernel have none. */
function processes(): Seen[] {
  return readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    const status = read(Number(name), 'status');
    const [parent, kilobytes] = [/^PPid:\s+(\d+)$/m, /^VmRSS:\s+(\d+) kB$/m].map((field) =>
      Number(field.exec(status)?.[1] ?? Number.NaN),
    ) as [number, number];
    return Number.isNaN(kilobytes) ? [] : [{ pid: Number(name), parent, bytes: kilobytes * 1024 }];
  });
}

/** Its part of what several have; all it has where that is not told. */
function proportional({ pid, bytes }: Seen): number {
  const [, kilobytes] = /^Pss:\s+(\d+) kB$/m.exec(read(pid, 'smaps_rollup')) ?? [];
  return kilobytes === undefined ? bytes : Number(kilobytes) * 1024;
}

/** Processes end while they are looked at. */
function read(pid: number, file: string): string {
  try {
    return readFileSync(join('/proc', `${pid}`, file), 'utf8');
  } catch {
    return '';
  }
}
