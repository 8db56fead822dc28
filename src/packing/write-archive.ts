import { sizeWarnings } from './archive-warnings.ts';
import { SegmentCache } from './cache.ts';
import type { Contents } from './content.ts';
import { lookAhead } from './look-ahead.ts';
import { Output } from './output.ts';
import type { PackReport } from './pack-report.ts';
import { DEFAULT_LEVEL, type PackRequest } from './pack-request.ts';
import type { Plan } from './plan.ts';
import { SegmentReading, type Step } from './segment-reading.ts';
import { SegmentWriting } from './segment-writing.ts';
import { TarGzWriter } from './tar-gz-writer.ts';
import { ZipWriter } from './zip-writer.ts';

/** Uncompressed bytes that may be on their way through the threads. */
const IN_FLIGHT_BYTES = 32 * 1024 * 1024;

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
  const output = await Output.create(request.output, request.onSegment);
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
    await reading.close();
    writing.recording.discard();
  }
}

/** A segment counts too, so that not all cache entries are opened at once. */
function weigh(step: Step): number {
  return step.kind === 'block' ? step.bytes : 1024 * 1024;
}
