import { resolve } from 'node:path';
import type { ArchiveFormat } from '../domain/request.ts';
import { sizeWarnings } from './archive-warnings.ts';
import { SegmentCache } from './cache.ts';
import { ContentReader, type Contents } from './content.ts';
import { fileErrorInWords, refuseOutput } from './file-errors.ts';
import { lookAhead } from './look-ahead.ts';
import { Output, type WrittenSegment } from './output.ts';
import { DEFAULT_LEVEL, type PackRequest, targetPrefixOf, validate } from './pack-request.ts';
import { type Plan, planArchive } from './plan.ts';
import { prefixNames } from './prefix-names.ts';
import { remember, WatchedContents } from './remembering.ts';
import { SegmentReading, type Step } from './segment-reading.ts';
import { SegmentWriting } from './segment-writing.ts';
import { TarGzWriter } from './tar-gz-writer.ts';
import type { PackWarning } from './warning.ts';
import { ZipWriter } from './zip-writer.ts';

export { DEFAULT_LEVEL, type PackRequest } from './pack-request.ts';

export interface PackReport {
  path: string;
  format: ArchiveFormat;
  root: string;
  /** Members that are files. */
  files: number;
  /** Size of the archive. */
  bytes: number;
  /** What its files take unpacked. */
  sourceBytes: number;
  sha256: string;
  seconds: number;
  /** Segments found in the cache and made anew, and the archive's bytes that came from it. */
  cache: { hits: number; misses: number; reusedBytes: number };
  /** The archive's pieces in order; together they are all of its bytes. */
  segments: WrittenSegment[];
  warnings: PackWarning[];
}

/** Uncompressed bytes that may be on their way through the pool. */
const IN_FLIGHT_BYTES = 32 * 1024 * 1024;

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
  const { format, root, level = DEFAULT_LEVEL, signal } = request;
  const prefix = resolve(request.prefix);
  const targetPrefix = targetPrefixOf(request);
  validate(root, level);
  signal?.throwIfAborted();
  await refuseOutput(request.output);
  const links = format === 'zip' ? 'copy' : 'keep';
  const names = prefixNames(prefix);
  const leaveOut = [request.output, request.cache ?? null];
  const plan = await planArchive({ prefix, names, targetPrefix, links, leaveOut, signal });
  const contents = new ContentReader({ prefix, names, targetPrefix });
  const { cache, linked } = request;
  if (!cache || !linked) return writeArchive(request, plan, contents, started);
  const watched = new WatchedContents(contents);
  const report = await writeArchive(request, plan, watched, started);
  const place = { names, links } as const;
  const warning = remember({ cache, linked, format, place, plan, watched });
  return warning ? { ...report, warnings: [...report.warnings, warning] } : report;
}

/** Writes a planned archive; leaves no file when that fails. */
export async function writeArchive(
  request: PackRequest,
  plan: Plan,
  contents: Contents,
  started: number,
): Promise<PackReport> {
  const { format, root, level = DEFAULT_LEVEL } = request;
  const cache = request.cache ? new SegmentCache(request.cache) : null;
  const writer = format === 'zip' ? new ZipWriter(root) : new TarGzWriter(root);
  const output = await Output.create(request.output);
  const reading = new SegmentReading({ plan, contents, cache, level, request });
  const totalBytes = plan.bytes;
  const writing = new SegmentWriting({ writer, output, cache, request, totalBytes });
  try {
    await writeAll(reading, writing);
    const sha256 = await output.finish();
    const { files, sourceBytes, hits, misses, warnings } = reading;
    const { reusedBytes, recording } = writing;
    return {
      path: request.output,
      format,
      root,
      files,
      bytes: output.bytes,
      sourceBytes,
      sha256,
      seconds: (performance.now() - started) / 1000,
      cache: { hits, misses, reusedBytes },
      segments: output.segments,
      warnings: [
        ...warnings,
        ...sizeWarnings({ files, bytes: output.bytes, sourceBytes }),
        ...(recording.warning ? [recording.warning] : []),
      ],
    };
  } catch (error) {
    await output.discard();
    throw error;
  }
}

/** Both sides run at the same time: one reads ahead of what the other writes. */
async function writeAll(reading: SegmentReading, writing: SegmentWriting): Promise<void> {
  const steps = lookAhead(reading.steps(), weigh, IN_FLIGHT_BYTES);
  try {
    for (;;) {
      const { value: step } = await steps.next();
      if (!step) break;
      if (step.kind === 'block') throw new TypeError('a block outside a segment');
      await writing.write(step.segment, steps);
      reading.done(step.segment);
    }
    await writing.end();
  } finally {
    await steps.return();
    reading.close();
    writing.recording.discard();
  }
}

/** A segment counts too, so that not all cache entries are opened at once. */
function weigh(step: Step): number {
  return step.kind === 'block' ? step.block.length : 1024 * 1024;
}
