import { hash } from 'node:crypto';
import { type ArchiveWriter, type CompressedFile, memberMode } from './archive-writer.ts';
import type { SegmentCache } from './cache.ts';
import { combineCrc } from './deflate.ts';
import type { Output } from './output.ts';
import type { PackRequest } from './pack-request.ts';
import { bytesOnDisk } from './plan.ts';
import { Recording } from './recording.ts';
import type { ScannedFile } from './scanned-file.ts';
import type { SegmentAtWork, Step } from './segment-reading.ts';
import { Spool } from './spool.ts';

/** The writing side of one packing: takes what was compressed or cached, in order, and writes. */
export class SegmentWriting {
  readonly #writer: ArchiveWriter;
  readonly #output: Output;
  readonly #request: PackRequest;
  readonly #totalBytes: number;
  readonly recording: Recording;
  reusedBytes = 0;
  #files = 0;
  #bytes = 0;

  constructor(parts: {
    writer: ArchiveWriter;
    output: Output;
    cache: SegmentCache | null;
    request: PackRequest;
    /** Bytes of the prefix, for the progress. */
    totalBytes: number;
  }) {
    this.#writer = parts.writer;
    this.#output = parts.output;
    this.#request = parts.request;
    this.#totalBytes = parts.totalBytes;
    this.recording = new Recording(parts.cache);
  }

  /** Writes a segment, whose blocks are the next steps. */
  async write(segment: SegmentAtWork, steps: AsyncGenerator<Step>): Promise<void> {
    this.recording.start(segment);
    await this.#output.append(this.#writer.beginSegment());
    for (const entry of segment.entries) {
      const scanned = segment.scanned.get(entry);
      const file = scanned ? await this.#compressed(scanned, segment, steps) : null;
      await this.#output.append(this.#writer.add(entry, file));
      this.#progress(bytesOnDisk(entry));
    }
    await this.#output.append(this.#writer.endSegment());
    await this.#output.endSegment(segment.name, contentDigest(segment));
    this.recording.finish();
  }

  /** What stands behind the last segment. */
  async end(): Promise<void> {
    await this.#output.append(this.#writer.end());
    await this.#output.endSegment('end');
  }

  async #compressed(
    scanned: ScannedFile,
    { cached }: SegmentAtWork,
    steps: AsyncGenerator<Step>,
  ): Promise<CompressedFile> {
    if (!cached) return this.recording.add(scanned.sha256, await this.#collect(steps, scanned));
    const file = cached.file(scanned.sha256);
    this.reusedBytes += file.compressedBytes;
    return file;
  }

  /** Gathers the blocks of one file. */
  async #collect(steps: AsyncGenerator<Step>, scanned: ScannedFile): Promise<CompressedFile> {
    const spool = new Spool(`${this.#request.output}.spool`);
    const { bytes } = scanned;
    let crc = 0;
    try {
      for (;;) {
        const { value: step } = await steps.next();
        if (step?.kind !== 'block') throw new TypeError('a file without its last block');
        this.#request.signal?.throwIfAborted();
        const { data, crc: itsCrc, method } = await step.compressed;
        crc = combineCrc(crc, itsCrc, step.bytes);
        spool.append(data);
        if (step.last)
          return { bytes, crc, method, compressedBytes: spool.bytes, read: () => spool.read() };
      }
    } catch (error) {
      spool.close();
      throw error;
    }
  }

  #progress(bytes: number): void {
    this.#files += 1;
    this.#bytes += bytes;
    this.#request.onProgress?.({
      files: this.#files,
      bytes: this.#bytes,
      totalBytes: this.#totalBytes,
    });
  }
}

/** Digest of what a segment unpacks to, whatever the archive's top-level folder and its format are. */
function contentDigest({ entries, scanned }: SegmentAtWork): string {
  const members = entries.map((entry) => {
    const target = entry.kind === 'link' || entry.kind === 'hard-link' ? entry.target : '';
    const sha256 = scanned.get(entry)?.sha256 ?? '';
    return [entry.kind, entry.path, memberMode(entry), target, sha256];
  });
  return hash('sha256', JSON.stringify(members));
}
