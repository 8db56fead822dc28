import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';

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
