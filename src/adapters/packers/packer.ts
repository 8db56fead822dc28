import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { Cancelled } from '../../domain/errors.ts';
import { size } from '../../domain/figures.ts';
import type { Packer } from '../../domain/ports.ts';
import { pruneCache } from '../../packing/cache.ts';
import { pack } from '../../packing/pack.ts';
import { packWithArchiver } from './archiver.ts';

/** The packers a request may name, behind one port; segments are cached under the data folder. */
export function createPacker(options: { dataDirectory: string; cacheBytes: number }): Packer {
  const cache = join(options.dataDirectory, 'segments');
  return {
    async pack(request, progress) {
      const write = request.packer === 'archiver' ? packWithArchiver : pack;
      const report = await write({
        prefix: request.prefix,
        output: request.output,
        format: request.format,
        root: request.root,
        signal: progress.signal,
        cache,
        onProgress: ({ bytes, totalBytes }) =>
          progress.detail(`${size(bytes)} of ${size(totalBytes)}`),
      }).catch((error: unknown) => {
        throw progress.signal.aborted ? stopReason(progress.signal) : error;
      });
      await chmod(report.path, 0o644);
      // Between builds nobody reads the cache, and what was just used is the youngest.
      if (request.packer === 'segments') pruneCache(cache, options.cacheBytes);
      return {
        archive: {
          name: `${request.root}.${request.format}`,
          format: report.format,
          sha256: report.sha256,
          bytes: report.bytes,
          files: report.files,
        },
        segments: report.segments,
        unpackedBytes: report.sourceBytes,
        cache: { hits: report.cache.hits, misses: report.cache.misses },
        warnings: report.warnings,
      };
    },
  };
}

/** Whatever a stopped packing threw, the reason it was stopped for is the truth. */
function stopReason(signal: AbortSignal): Error {
  return signal.reason instanceof Error ? signal.reason : new Cancelled('cancelled');
}
