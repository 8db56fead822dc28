import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { Cancelled } from '../../domain/errors.ts';
import { part } from '../../domain/figures.ts';
import type { Assembled, Packer, PackRequest, PackResult, Progress } from '../../domain/ports.ts';
import { assemble } from '../../packing/assembling.ts';
import { pruneCache } from '../../packing/cache.ts';
import { complete, lackingPackages } from '../../packing/completing.ts';
import { type PackReport, pack } from '../../packing/pack.ts';
import type { PackProgress } from '../../packing/pack-request.ts';
import { packWithArchiver } from './archiver.ts';

/**
 * The packers a request may name, behind one port; segments, and what is known of packages, are cached
 * under the data folder.
 */
export function createPacker(options: { dataDirectory: string; cacheBytes: number }): Packer {
  const cache = join(options.dataDirectory, 'segments');
  return {
    async pack(request, progress) {
      const write = request.packer === 'archiver' ? packWithArchiver : pack;
      const report = await stoppable(write(packing(request, cache, progress)), progress);
      return finish(request, report);
    },
    assemble: (request, progress) => putTogether(assemble, request, progress),
    lacking({ linked, packer, prefix, format }) {
      if (linked === null || packer !== 'segments') return null;
      return lackingPackages({ cache, prefix, linked, format });
    },
    complete: (request, progress) => putTogether(complete, request, progress),
  };

  /** Null where nothing is known of packages, too. */
  async function putTogether(
    write: typeof assemble,
    request: PackRequest,
    progress: Progress,
  ): Promise<Assembled | null> {
    const { linked } = request;
    if (linked === null || request.packer !== 'segments') return null;
    const work = write({ ...packing(request, cache, progress), linked });
    const report = await stoppable(work, progress);
    if (report === null) return null;
    const packages = report.packages.map(({ name, files }) => ({
      ...{ name, files: files.map(({ path }) => path) },
    }));
    return { ...(await finish(request, report)), packages };
  }

  async function finish(request: PackRequest, report: PackReport): Promise<PackResult> {
    await chmod(report.path, 0o644);
    // Between builds nobody reads the cache, and what was just used is the youngest.
    if (request.packer === 'segments') pruneCache(cache, options.cacheBytes);
    const { format, sha256, bytes, files, segments, warnings } = report;
    return {
      archive: { name: `${request.root}.${request.format}`, format, sha256, bytes, files },
      segments,
      unpackedBytes: report.sourceBytes,
      cache: { hits: report.cache.hits, misses: report.cache.misses },
      warnings,
    };
  }
}

function packing(request: PackRequest, cache: string, progress: Progress) {
  const { prefix, output, format, root, linked, onSegment } = request;
  return {
    ...{ prefix, output, format, root, linked, cache, signal: progress.signal, onSegment },
    onProgress: ({ bytes, totalBytes }: PackProgress) => progress.detail(part(bytes, totalBytes)),
  };
}

async function stoppable<T>(work: Promise<T>, { signal }: Progress): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw signal.aborted ? stopReason(signal) : error;
  }
}

/** Whatever a stopped packing threw, the reason it was stopped for is the truth. */
function stopReason(signal: AbortSignal): Error {
  return signal.reason instanceof Error ? signal.reason : new Cancelled('cancelled');
}
