import { createHash } from 'node:crypto';
import { closeSync, createReadStream, openSync, readSync } from 'node:fs';
import { Turns } from './turns.ts';

/** sha256 (hex) of a file, read in pieces; null when there is none to read. */
export async function fileDigest(path: string): Promise<string | null> {
  const digest = createHash('sha256');
  try {
    for await (const block of createReadStream(path)) digest.update(block);
  } catch {
    return null;
  }
  return digest.digest('hex');
}

/** A piece that the processor still has at hand when it hashes it. */
const PIECE_BYTES = 256 * 1024;

/**
 * sha256 (hex) of a file that the system has in memory, in half the time that a stream takes. Throws
 * what the file system throws. Rejects with the signal's reason.
 */
export async function digestInTurns(path: string, signal?: AbortSignal): Promise<string> {
  const turns = new Turns(signal);
  const digest = createHash('sha256');
  const piece = Buffer.allocUnsafeSlow(PIECE_BYTES);
  const descriptor = openSync(path, 'r');
  try {
    for (;;) {
      const read = readSync(descriptor, piece, 0, piece.length, null);
      if (read === 0) return digest.digest('hex');
      digest.update(piece.subarray(0, read));
      await turns.take(read);
    }
  } finally {
    closeSync(descriptor);
  }
}
