import { randomUUID } from 'node:crypto';
import { link, mkdir, open, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { HeldPrefix } from '../../domain/ports.ts';

/** Where the prefix of a slot lies. */
export const prefixIn = (slot: string): string => join(slot, 'env');

/**
 * Holds a slot, a folder for one prefix at a time, or answers null when another build has it. The lock
 * beside the folder has the holder's process id: workers of one host may share their slots, and one that
 * a dead process has left is taken over.
 */
export async function tryHold(directory: string): Promise<HeldPrefix | null> {
  const lock = `${directory}.lock`;
  if (!(await take(lock))) return null;
  const path = prefixIn(directory);
  await rm(path, { recursive: true, force: true });
  await mkdir(directory, { recursive: true });
  return {
    path,
    release: async () => {
      await rm(path, { recursive: true, force: true });
      await rm(lock, { force: true });
    },
  };
}

/**
 * Several may find the same lock dead, and one of them may by now have a lock of its own there. So a dead
 * one is removed by whoever holds a lock that is named after it, and only if it is still that one.
 */
async function take(lock: string): Promise<boolean> {
  if (await createLock(lock)) return true;
  const dead = await deadHolder(lock);
  if (dead === null) return false;
  const guard = `${lock}.${dead}`;
  if (!(await take(guard))) return false;
  try {
    if ((await deadHolder(lock)) !== dead) return false;
    await rm(lock);
    return await createLock(lock);
  } finally {
    await rm(guard, { force: true });
  }
}

/** Appears with our id in it: one that is still empty would pass for a dead process's. */
async function createLock(path: string): Promise<boolean> {
  const own = `${path}.${randomUUID()}`;
  await writeFile(own, String(process.pid));
  try {
    await link(own, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    await rm(own, { force: true });
  }
}

/** What tells a dead process's lock from any other one; null when it is held, or gone. */
async function deadHolder(lock: string): Promise<string | null> {
  const file = await open(lock).catch(() => null);
  if (file === null) return null;
  try {
    const holder = Number(await file.readFile('utf8'));
    if (holder === process.pid || (holder > 0 && isAlive(holder))) return null;
    const { ino, mtimeMs } = await file.stat();
    return [holder, ino, Math.trunc(mtimeMs)].join('-');
  } finally {
    await file.close();
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
