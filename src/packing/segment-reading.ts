import { resolve } from 'node:path';
import { type CachedSegment, type SegmentCache, segmentKey } from './cache.ts';
import { clobberWarnings } from './clobbered.ts';
import { Compressor } from './compressing.ts';
import { type Contents, inScanOrder } from './content.ts';
import { type CompressedBlock, WINDOW_BYTES } from './deflate.ts';
import { type FoundFault, faultWarnings } from './faults.ts';
import { repeatedWarning } from './link-warnings.ts';
import type { ArchivedEntry, Entry } from './members.ts';
import type { PackRequest } from './pack-request.ts';
import { bytesOnDisk, type Plan, type Segment } from './plan.ts';
import type { PrefixRecord } from './relocate.ts';
import { linkSameContent, SameContent } from './same-content.ts';
import type { ScannedFile } from './scanned-file.ts';
import { Turns } from './turns.ts';
import type { PackWarning } from './warning.ts';

/** What the reading side sends to the writing side, in archive order. */
export type Step = { kind: 'segment'; segment: SegmentAtWork } | BlockStep;

/** A piece of the file whose turn it is, and what becomes of it. */
interface BlockStep {
  kind: 'block';
  bytes: number;
  compressed: CompressedBlock | Promise<CompressedBlock>;
  last: boolean;
}

export interface SegmentAtWork {
  name: string;
  entries: readonly ArchivedEntry[];
  /** Files with content, and what their bytes will be. */
  scanned: ReadonlyMap<ArchivedEntry, ScannedFile>;
  key: string | null;
  cached: CachedSegment | null;
}

/** The reading side of one packing: reads, hashes, has blocks compressed and asks the cache. */
export class SegmentReading {
  readonly #plan: Plan;
  readonly #contents: Contents;
  readonly #cache: SegmentCache | null;
  readonly #level: number;
  readonly #compressor: Compressor;
  readonly #request: PackRequest;
  readonly #turns: Turns;
  readonly #clobbered: ScannedFile[] = [];
  readonly #faults: FoundFault[] = [];
  readonly #records: PrefixRecord[] = [];
  readonly #sameContent = new SameContent();
  readonly #open = new Set<CachedSegment>();
  hits = 0;
  misses = 0;
  files = 0;
  sourceBytes = 0;

  constructor(parts: {
    plan: Plan;
    contents: Contents;
    cache: SegmentCache | null;
    level: number;
    request: PackRequest;
  }) {
    this.#plan = parts.plan;
    this.#contents = parts.contents;
    this.#cache = parts.cache;
    this.#level = parts.level;
    this.#compressor = new Compressor(parts.level);
    this.#request = parts.request;
    this.#turns = new Turns(parts.request.signal);
  }

  /** What is to be said about the environment, once all of it has been read. */
  get warnings(): PackWarning[] {
    const { warnings, owners } = this.#plan;
    return [
      ...warnings,
      ...clobberWarnings(resolve(this.#request.prefix), owners, this.#clobbered),
      ...faultWarnings(this.#faults),
      ...repeatedWarning(this.#sameContent, this.sourceBytes),
    ];
  }

  async *steps(): AsyncGenerator<Step, void, void> {
    for (const { name, entries } of this.#segments()) {
      if (entries.length === 0) continue;
      const segment = await this.#openSegment(name, entries);
      yield { kind: 'segment', segment };
      if (segment.cached) continue;
      for (const file of segment.scanned.values()) {
        for (const step of this.#blocks(file)) {
          await this.#turns.take(step.bytes);
          yield step;
        }
      }
    }
  }

  /** The closing ones say what reading the others has shown, so they are made after those. */
  *#segments(): Generator<Segment> {
    yield* this.#plan.segments;
    yield* this.#plan.closing(this.#records, this.warnings);
  }

  /** A segment is in the archive. */
  done({ cached }: SegmentAtWork): void {
    if (!cached) return;
    cached.close();
    this.#open.delete(cached);
  }

  async close(): Promise<void> {
    for (const cached of this.#open) cached.close();
    await this.#compressor.close();
  }

  *#blocks(file: ScannedFile): Generator<BlockStep, void, void> {
    let window: Buffer | null = null;
    let done = 0;
    for (const bytes of this.#contents.blocks(file)) {
      done += bytes.length;
      const last = done === file.bytes;
      const isWhole = bytes.length === file.bytes;
      const compressed = this.#compressor.compress({ bytes, window, isWhole });
      window = last ? null : Buffer.from(bytes.subarray(-WINDOW_BYTES));
      yield { kind: 'block', bytes: bytes.length, compressed, last };
    }
  }

  /** Reads a segment's files once and looks whether the cache has them compressed. */
  async #openSegment(name: string, all: readonly Entry[]): Promise<SegmentAtWork> {
    const files = await this.#scan(all);
    const kept = all.filter((entry) => entry.kind !== 'file' || files.has(entry));
    const isZip = this.#request.format === 'zip';
    const entries = isZip ? kept : linkSameContent(kept, files);
    const scanned = new Map<ArchivedEntry, ScannedFile>();
    for (const [index, entry] of entries.entries()) {
      const original = kept[index];
      const file = original && files.get(original);
      if (!file) continue;
      this.#notice(file);
      if (entry.kind === 'hard-link') continue;
      this.sourceBytes += file.bytes;
      if (isZip) this.#sameContent.add(name, file);
      if (file.bytes > 0) scanned.set(entry, file);
    }
    return { name, entries, scanned, ...(await this.#askCache([...scanned.values()])) };
  }

  #notice(file: ScannedFile): void {
    if (file.record) this.#records.push(file.record);
    if (file.clobbered) this.#clobbered.push(file);
    this.#faults.push(...file.faults);
    this.files += 1;
  }

  async #askCache(files: readonly ScannedFile[]): Promise<Pick<SegmentAtWork, 'key' | 'cached'>> {
    if (!this.#cache || files.length === 0) return { key: null, cached: null };
    const digests = files.map((file) => file.sha256);
    const key = segmentKey(digests, this.#level);
    const cached = await this.#cache.find(key);
    if (cached) {
      this.#open.add(cached);
      this.hits += 1;
    } else {
      this.misses += 1;
    }
    return { key, cached };
  }

  /** What is read of a segment's files; compiled Python that is outdated is left out. */
  async #scan(entries: readonly Entry[]): Promise<Map<Entry, ScannedFile>> {
    const files = new Map<Entry, ScannedFile>();
    for (const entry of inScanOrder(entries)) {
      if (entry.kind !== 'file') continue;
      await this.#turns.take(bytesOnDisk(entry));
      if (!this.#contents.isOutdated(entry)) files.set(entry, await this.#contents.scan(entry));
    }
    return files;
  }
}
