import { resolve } from 'node:path';
import { fileErrorInWords, refuseOutput } from './file-errors.ts';
import { PrefixMemory } from './memory/prefix-memory.ts';
import type { PackReport } from './pack-report.ts';
import { DEFAULT_LEVEL, type PackRequest, targetPrefixOf, validate } from './pack-request.ts';

export type { PackReport } from './pack-report.ts';
export { DEFAULT_LEVEL, type PackRequest } from './pack-request.ts';

/**
 * Packs a prefix into an archive. The same content gives the same bytes, whatever the mtimes, the
 * umask and the host's names are (with one zlib version on one kind of processor).
 *
 * Errors: `bad-root`, `bad-level`, `bad-target-prefix`, those of `planArchive`, `prefix-changed`, `prefix-too-long`,
 * `unreadable-file`, `output-not-writable`.
 * A packing that fails or is cancelled (it rejects with the signal's reason) leaves no file.
 */
export async function pack(request: PackRequest): Promise<PackReport> {
  try {
    return await packPrefix(request);
  } catch (error) {
    throw fileErrorInWords(error, { prefix: resolve(request.prefix), output: request.output });
  }
}

async function packPrefix(request: PackRequest): Promise<PackReport> {
  const started = performance.now();
  const { format, root, level = DEFAULT_LEVEL, signal, output: path } = request;
  validate(root, level);
  targetPrefixOf(request);
  signal?.throwIfAborted();
  await refuseOutput(path);
  const memory = await PrefixMemory.open(request);
  const recalled = await memory?.recallArchive();
  if (recalled) {
    const seconds = (performance.now() - started) / 1000;
    return { path, format, root, seconds, ...recalled };
  }
  // Loaded when there is something to do.
  const { makeArchive } = await import('./make-archive.ts');
  return makeArchive(request, memory, started);
}
