import { posix, resolve } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { crc32 } from 'node:zlib';
import { userError } from '../domain/errors.ts';
import type { ArchiveFormat } from '../domain/request.ts';
import { sizeWarnings } from './archive-warnings.ts';
import type { ArchiveWriter, CompressedFile } from './archive-writer.ts';
import { type CachedSegment, SegmentCache, type SegmentRecorder, segmentKey } from './cache.ts';
import { clobberWarnings } from './clobbered.ts';
import { ContentReader, inScanOrder, type ScannedFile } from './content.ts';
import { deflateBlock } from './deflate.ts';
import { type FoundFault, faultWarnings } from './faults.ts';
import { fileErrorInWords, refuseOutput } from './file-errors.ts';
import { repeatedWarning } from './link-warnings.ts';
import { lookAhead } from './look-ahead.ts';
import type { ArchivedEntry, Entry } from './members.ts';
import { Output, type WrittenSegment } from './output.ts';
import { bytesOnDisk, type Plan, planArchive, type Segment } from './plan.ts';
import { prefixNames } from './prefix-names.ts';
import type { PrefixRecord } from './relocate.ts';
import { linkSameContent, SameContent } from './same-content.ts';
import { Spool } from './spool.ts';
import { TarGzWriter } from './tar-gz-writer.ts';
import type { PackWarning } from './warning.ts';
import { ZipWriter } from './zip-writer.ts';

export interface PackRequest {
  /** The environment to pack, as conda created it. */
  prefix: string;
  /** The archive to write; while it grows it is called `<output>.part-…`. */
  output: string;
  format: ArchiveFormat;
  /** The single top-level folder inside: `churn` gives `churn/bin/python`. */
  root: string;
  /** Directory of compressed segments, shared by all packings; null for none. */
  cache?: string | null;
  /** Deflate level, 1 to 9. */
  level?: number;
  /** Where the archive will be unpacked, when that is known: paths in files are made to fit. */
  targetPrefix?: string | null;
  signal?: AbortSignal;
  onProgress?: (progress: PackProgress) => void;
}

export interface PackProgress {
  files: number;
  /** Bytes of the prefix done, and all of them. */
  bytes: number;
  totalBytes: number;
}

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

/**
 * Level 4 is where zlib's curve bends: on numpy, scipy and pandas, level 6 takes 1.5 times the
 * processor time for 3 % fewer bytes, and level 1 still 0.8 times for 7 % more.
 */
export const DEFAULT_LEVEL = 4;

/** Uncompressed bytes that may be on their way through the pool. */
const IN_FLIGHT_BYTES = 32 * 1024 * 1024;

/** Reading and hashing hold the thread; after this much others get their turn. */
const BYTES_PER_TURN = 4 * 1024 * 1024;

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
  const reader = new ContentReader({ prefix, names, targetPrefix });
  const cache = request.cache ? new SegmentCache(request.cache) : null;
  const writer = format === 'zip' ? new ZipWriter(root) : new TarGzWriter(root);
  const output = await Output.create(request.output);
  const packing = new Packing({ plan, reader, cache, level, writer, output, request });
  try {
    await packing.run();
    const sha256 = await output.finish();
    const { files, sourceBytes } = packing;
    return {
      path: request.output,
      format,
      root,
      files,
      bytes: output.bytes,
      sourceBytes,
      sha256,
      seconds: (performance.now() - started) / 1000,
      cache: packing.cacheCounts,
      segments: output.segments,
      warnings: [
        ...packing.warnings,
        ...sizeWarnings({ files, bytes: output.bytes, sourceBytes }),
        ...(packing.cacheWarning ? [packing.cacheWarning] : []),
      ],
    };
  } catch (error) {
    await output.discard();
    throw error;
  }
}

/** A root is one path component that needs no quoting anywhere: it ends up in command lines. */
function validate(root: string, level: number): void {
  if (!/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}$/.test(root)) {
    throw userError({
      code: 'bad-root',
      message: `\`${root}\` cannot be the top-level folder of an archive.`,
      suggestion: 'Use letters, digits, `_`, `-` and `.`, at most 64, e.g. `--root churn`.',
    });
  }
  if (!Number.isInteger(level) || level < 1 || level > 9) {
    throw userError({
      code: 'bad-level',
      message: `\`${level}\` is not a compression level.`,
      suggestion: `Use 1 (fast) to 9 (small); ${DEFAULT_LEVEL} is the default.`,
    });
  }
}

/**
 * The path the archive will be unpacked at, without a slash at its end; null for none.
 * Errors: `bad-target-prefix` for one that is not absolute, or that no file can name in one line.
 */
export function targetPrefixOf({ targetPrefix }: Pick<PackRequest, 'targetPrefix'>): string | null {
  if (targetPrefix == null) return null;
  const place = posix.normalize(targetPrefix).replace(/\/+$/, '');
  if (place.startsWith('/') && !/[\x00-\x1f\x7f]/.test(place)) return place;
  throw userError({
    code: 'bad-target-prefix',
    message: `\`${targetPrefix}\` is not an absolute path below \`/\`.`,
    suggestion: 'Name the folder `bin` will lie in, e.g. `--target-prefix /opt/envs/churn`.',
  });
}

/** What the reading side sends to the writing side, in archive order. */
type Step =
  | { kind: 'segment'; segment: SegmentAtWork }
  | { kind: 'block'; block: Buffer; data: Buffer | Promise<Buffer>; crc: number; last: boolean };

interface SegmentAtWork {
  name: string;
  entries: readonly ArchivedEntry[];
  /** Files with content, and what their bytes will be. */
  scanned: ReadonlyMap<ArchivedEntry, ScannedFile>;
  key: string | null;
  cached: CachedSegment | null;
}

interface PackingParts {
  plan: Plan;
  reader: ContentReader;
  cache: SegmentCache | null;
  level: number;
  writer: ArchiveWriter;
  output: Output;
  request: PackRequest;
}

/**
 * One packing. Two sides run at the same time: `#steps` reads, hashes and hands blocks to the
 * pool; `run` takes the results in order and writes.
 */
class Packing {
  readonly #parts: PackingParts;
  readonly #clobbered: ScannedFile[] = [];
  readonly #faults: FoundFault[] = [];
  cacheWarning: PackWarning | null = null;
  readonly cacheCounts = { hits: 0, misses: 0, reusedBytes: 0 };
  readonly #records: PrefixRecord[] = [];
  readonly #sameContent = new SameContent();
  readonly #open = new Set<CachedSegment>();
  #recorder: SegmentRecorder | null = null;
  #bytesThisTurn = 0;
  #progressBytes = 0;
  #filesDone = 0;
  files = 0;
  sourceBytes = 0;

  constructor(parts: PackingParts) {
    this.#parts = parts;
  }

  /** What is to be said about the environment, once all of it has been read. */
  get warnings(): PackWarning[] {
    const { plan, request } = this.#parts;
    return [
      ...plan.warnings,
      ...clobberWarnings(resolve(request.prefix), plan.owners, this.#clobbered),
      ...faultWarnings(this.#faults),
      ...repeatedWarning(this.#sameContent, this.sourceBytes),
    ];
  }

  async run(): Promise<void> {
    const { writer, output } = this.#parts;
    const steps = lookAhead(this.#steps(), weigh, IN_FLIGHT_BYTES);
    try {
      for (;;) {
        const { value: step } = await steps.next();
        if (!step) break;
        if (step.kind === 'block') throw new TypeError('a block outside a segment');
        await this.#writeSegment(step.segment, steps);
      }
      await output.append(writer.end());
      await output.endSegment('end');
    } finally {
      await steps.return();
      for (const cached of this.#open) cached.close();
      this.#recorder?.discard();
    }
  }

  async *#steps(): AsyncGenerator<Step, void, void> {
    const { plan, reader, level } = this.#parts;
    const segments: Iterable<Segment>[] = [
      plan.segments,
      deferred(() => plan.closing(this.#records, this.warnings)),
    ];
    for (const group of segments) {
      for (const { name, entries } of group) {
        if (entries.length === 0) continue;
        const segment = await this.#openSegment(name, entries);
        yield { kind: 'segment', segment };
        if (segment.cached) continue;
        for (const file of segment.scanned.values()) {
          let previous: Buffer | null = null;
          let crc = 0;
          let done = 0;
          for (const block of reader.blocks(file)) {
            await this.#takeTurns(block.length);
            crc = crc32(block, crc);
            done += block.length;
            const data = deflateBlock(block, previous, level);
            // Whoever stops early must not leave a rejection that nobody handles.
            if (data instanceof Promise) data.catch(() => {});
            yield { kind: 'block', block, data, crc, last: done === file.bytes };
            previous = block;
          }
        }
      }
    }
  }

  /** Reads a segment's files once and looks whether the cache has them compressed. */
  async #openSegment(name: string, all: readonly Entry[]): Promise<SegmentAtWork> {
    const { cache, level, request } = this.#parts;
    const files = await this.#scan(all);
    const kept = all.filter((entry) => entry.kind !== 'file' || files.has(entry));
    const entries = request.format === 'zip' ? kept : linkSameContent(kept, files);
    const scanned = new Map<ArchivedEntry, ScannedFile>();
    for (const [index, original] of kept.entries()) {
      const file = files.get(original);
      const entry = entries[index] as ArchivedEntry;
      if (!file) continue;
      if (file.record) this.#records.push(file.record);
      if (file.clobbered) this.#clobbered.push(file);
      this.#faults.push(...file.faults);
      this.files += 1;
      if (entry.kind === 'hard-link') continue;
      this.sourceBytes += file.bytes;
      if (request.format === 'zip') this.#sameContent.add(name, file);
      if (file.bytes > 0) scanned.set(entry, file);
    }
    if (!cache || scanned.size === 0) return { name, entries, scanned, key: null, cached: null };
    const key = segmentKey(
      [...scanned.values()].map((file) => file.sha256),
      level,
    );
    const cached = await cache.find(key);
    if (cached) this.#open.add(cached);
    this.cacheCounts[cached ? 'hits' : 'misses'] += 1;
    return { name, entries, scanned, key, cached };
  }

  /** What is read of a segment's files; compiled Python that is outdated is left out. */
  async #scan(entries: readonly Entry[]): Promise<Map<Entry, ScannedFile>> {
    const { reader } = this.#parts;
    const files = new Map<Entry, ScannedFile>();
    for (const entry of inScanOrder(entries)) {
      if (entry.kind !== 'file') continue;
      await this.#takeTurns(bytesOnDisk(entry));
      if (!reader.isOutdated(entry)) files.set(entry, await reader.scan(entry));
    }
    return files;
  }

  async #writeSegment(segment: SegmentAtWork, steps: AsyncGenerator<Step>): Promise<void> {
    const { writer, output } = this.#parts;
    const { cached } = segment;
    this.#startRecording(segment);
    await output.append(writer.beginSegment());
    for (const entry of segment.entries) {
      const scanned = segment.scanned.get(entry);
      let file: CompressedFile | null = null;
      if (scanned && cached) {
        file = cached.file(scanned.sha256);
        this.cacheCounts.reusedBytes += file.compressedBytes;
      } else if (scanned) {
        file = await this.#collect(steps, scanned);
        if (this.#recorder) file = this.#recorder.add(scanned.sha256, file);
      }
      await output.append(writer.add(entry, file));
      this.#progress(bytesOnDisk(entry));
    }
    await output.append(writer.endSegment());
    await output.endSegment(segment.name);
    this.#finishRecording();
    if (cached) {
      cached.close();
      this.#open.delete(cached);
    }
  }

  /** The archive is what matters: a cache that cannot be written is left alone from then on. */
  #startRecording({ key, cached }: SegmentAtWork): void {
    const { cache } = this.#parts;
    if (!cache || key === null || cached || this.cacheWarning) return;
    try {
      this.#recorder = cache.record(key);
    } catch (error) {
      this.#blameCache(error);
    }
  }

  #finishRecording(): void {
    try {
      this.#recorder?.commit();
    } catch (error) {
      this.#recorder?.discard();
      this.#blameCache(error);
    }
    this.#recorder = null;
  }

  #blameCache(error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error);
    this.cacheWarning = {
      id: 'cache-not-written',
      text: `Compressed files could not be kept for the next packing: ${reason}.`,
    };
  }

  /** Gathers the blocks of one file. */
  async #collect(steps: AsyncGenerator<Step>, scanned: ScannedFile): Promise<CompressedFile> {
    const spool = new Spool(`${this.#parts.request.output}.spool`);
    try {
      for (;;) {
        const { value: step } = await steps.next();
        if (step?.kind !== 'block') throw new TypeError('a file without its last block');
        this.#parts.request.signal?.throwIfAborted();
        const data = await step.data;
        const { crc } = step;
        if (step.last && spool.bytes === 0 && data.length >= step.block.length) {
          const stored = { method: 'stored', read: () => [step.block] } as const;
          return { ...stored, bytes: scanned.bytes, crc, compressedBytes: scanned.bytes };
        }
        spool.append(data);
        if (!step.last) continue;
        const deflated = { method: 'deflate', read: () => spool.read() } as const;
        return { ...deflated, bytes: scanned.bytes, crc, compressedBytes: spool.bytes };
      }
    } catch (error) {
      spool.close();
      throw error;
    }
  }

  async #takeTurns(bytes: number): Promise<void> {
    this.#parts.request.signal?.throwIfAborted();
    this.#bytesThisTurn += bytes;
    if (this.#bytesThisTurn < BYTES_PER_TURN) return;
    this.#bytesThisTurn = 0;
    await nextTurn();
  }

  #progress(bytes: number): void {
    this.#filesDone += 1;
    this.#progressBytes += bytes;
    this.#parts.request.onProgress?.({
      files: this.#filesDone,
      bytes: this.#progressBytes,
      totalBytes: this.#parts.plan.bytes,
    });
  }
}

/** A segment counts too, so that not all cache entries are opened at once. */
function weigh(step: Step): number {
  return step.kind === 'block' ? step.block.length : 1024 * 1024;
}

function* deferred<Item>(make: () => Iterable<Item>): Generator<Item> {
  yield* make();
}
