/** What an archive is, by its bytes and by its name. */
import { open } from 'node:fs/promises';
import type { LintReport } from './report.ts';

/**
 * How the name decides: YARN's and Spark's list, in any case, the longest ending first. Null for
 * names that are copied instead of unpacked.
 */
export function formatOfName(
  file: string,
): { format: 'zip' | 'tar.gz' | 'tar'; isJar: boolean } | null {
  const name = file.toLowerCase();
  if (name.endsWith('.jar')) return { format: 'zip', isJar: true };
  if (name.endsWith('.zip')) return { format: 'zip', isJar: false };
  if (name.endsWith('.tar.gz') || name.endsWith('.tgz')) return { format: 'tar.gz', isJar: false };
  if (name.endsWith('.tar')) return { format: 'tar', isJar: false };
  return null;
}

/** By its bytes. */
export async function sniff(file: string): Promise<LintReport['format']> {
  const handle = await open(file, 'r');
  try {
    const head = Buffer.alloc(512);
    const { bytesRead } = await handle.read(head, 0, head.length, 0);
    if (head[0] === 0x1f && head[1] === 0x8b) return 'tar.gz';
    if (head.toString('latin1', 257, 262) === 'ustar') return 'tar';
    if (head.readUInt32BE(0) === 0x504b0304) return 'zip';
    // A zip is known by its end: anything may stand before it.
    const { size } = await handle.stat();
    const tail = Buffer.alloc(Math.min(size, 65557));
    await handle.read(tail, 0, tail.length, size - tail.length);
    return bytesRead > 0 && tail.includes('PK\x05\x06', 0, 'latin1') ? 'zip' : 'unknown';
  } finally {
    await handle.close();
  }
}
