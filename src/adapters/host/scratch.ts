import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type FileLock, tryLock } from './file-lock.ts';

/** A folder of this process's own, and the lock that says so for as long as it lives. */
interface Scratch {
  path: string;
  lock: FileLock;
}

const LOCK = '.lock';
/** By data folder: one for all that this process does. */
const opened = new Map<string, Promise<Scratch>>();

/**
 * Does `work` in an empty folder of its own under the data folder, which is removed afterwards, or by the
 * next process that begins here where this one is killed.
 */
export async function inScratch<T>(
  dataDirectory: string,
  work: (folder: string) => Promise<T>,
): Promise<T> {
  const { path } = await openScratch(dataDirectory);
  const folder = await mkdtemp(join(path, 'work-'));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Removes what processes that are gone have left half made. */
export async function sweepScratch(dataDirectory: string): Promise<void> {
  await openScratch(dataDirectory);
}

function openScratch(dataDirectory: string): Promise<Scratch> {
  const known = opened.get(dataDirectory);
  if (known) return known;
  const opening = open(join(dataDirectory, 'scratch'));
  opened.set(dataDirectory, opening);
  // Whoever asks next tries again.
  opening.catch(() => opened.delete(dataDirectory));
  return opening;
}

async function open(home: string): Promise<Scratch> {
  await mkdir(home, { recursive: true });
  for (const name of await readdir(home)) {
    if (name.endsWith(LOCK)) await removeLeft(join(home, name));
  }
  for (;;) {
    const path = join(home, randomUUID());
    const lock = await tryLock(path + LOCK, 'work');
    // Before it was ours somebody may have taken it for left behind. No name comes again.
    if (lock !== null && existsSync(path + LOCK)) {
      await mkdir(path);
      return { path, lock };
    }
    await lock?.release();
  }
}

async function removeLeft(file: string): Promise<void> {
  const lock = await tryLock(file, 'removal');
  if (lock === null) return;
  try {
    await rm(file.slice(0, -LOCK.length), { recursive: true, force: true });
    await rm(file, { force: true });
  } finally {
    await lock.release();
  }
}
