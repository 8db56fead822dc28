import { randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, rmSync, utimesSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Makes a file appear whole or not at all: `write` gets a private name beside it. Throws what the file
 * system throws.
 */
export function putWhole(path: string, write: (temporary: string) => void): void {
  const folder = dirname(path);
  mkdirSync(folder, { recursive: true });
  const temporary = `${folder}/${randomUUID()}.tmp`;
  try {
    write(temporary);
    renameSync(temporary, path);
  } finally {
    // Two names of one file stay two when one is renamed to the other.
    rmSync(temporary, { force: true });
  }
}

/** Null where there is nothing that can be read. */
export function readOrNull(path: string): Buffer | null {
  try {
    return readFileSync(path);
  } catch {
    return null;
  }
}

/** What was used last is pruned last. */
export function markUsed(path: string): void {
  const now = new Date();
  try {
    utimesSync(path, now, now);
  } catch {
    // Pruned by another packer this moment, or not ours to touch.
  }
}
