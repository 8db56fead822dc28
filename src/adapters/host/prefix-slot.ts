import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { HeldPrefix } from '../../domain/ports.ts';
import { tryLock } from './file-lock.ts';

/** Where the prefix of a slot lies. */
export const prefixIn = (slot: string): string => join(slot, 'env');

/** The lock beside a slot's folder: workers of one host may share their slots. */
const lockOf = (slot: string): string => `${slot}.lock`;

/**
 * Holds a slot, a folder for one prefix at a time, or answers null when another build has it. What a
 * killed worker left in it is removed.
 */
export async function tryHold(slot: string, purpose: string): Promise<HeldPrefix | null> {
  await mkdir(dirname(slot), { recursive: true });
  const lock = await tryLock(lockOf(slot), purpose);
  if (lock === null) return null;
  const path = prefixIn(slot);
  const release = async () => {
    try {
      await rm(path, { recursive: true, force: true });
    } finally {
      await lock.release();
    }
  };
  try {
    await rm(path, { recursive: true, force: true });
    await mkdir(slot, { recursive: true });
  } catch (error) {
    await lock.release();
    throw error;
  }
  return { path, release };
}

/** Removes prefixes that nobody holds: killed workers have left them. `folder` holds the slots. */
export async function sweepSlots(folder: string): Promise<void> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  for (const entry of entries.filter((each) => each.isDirectory())) {
    const held = await tryHold(join(folder, entry.name), 'removal');
    await held?.release();
  }
}

/** What is said of who holds slots; of one that was given back meanwhile, nothing. */
export async function holdersOf(slots: readonly string[]): Promise<string[]> {
  const texts = await Promise.all(
    slots.map((slot) => readFile(lockOf(slot), 'utf8').catch(() => '')),
  );
  return texts.map((text) => text.trim()).filter((text) => text !== '');
}
