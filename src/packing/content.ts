import { hash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { cachedBytecode, uncheckBytecode } from './bytecode.ts';
import { BLOCK_BYTES } from './deflate.ts';
import { FirstLook, type SeenFile } from './first-look.ts';
import { LargeFiles } from './large-files.ts';
import type { Entry, FileEntry, KeptFile } from './members.ts';
import type { KnownFiles } from './memory/known-files.ts';
import { PrefixFiles } from './prefix-files.ts';
import { namesOf, type Relocation, relocate } from './relocate.ts';
import type { ScannedFile } from './scanned-file.ts';

/** Where a packing gets what is in the files of its members. */
export interface Contents {
  /** Whether compiled Python would outlive its source. */
  isOutdated(entry: FileEntry): boolean;
  scan(entry: FileEntry): Promise<ScannedFile>;
  /** The archived bytes, in blocks of at most 1 MiB, each valid until the next is asked for. */
  blocks(file: ScannedFile): Iterable<Buffer>;
}

/** Above this a file is never in memory as a whole: it is rewritten piece by piece. */
const MAX_IN_MEMORY_BYTES = 64 * 1024 * 1024;

/** Entries in the order to scan them in: compiled Python after the sources it depends on. */
export function inScanOrder(entries: readonly Entry[]): Entry[] {
  const isBytecode = (entry: Entry) => cachedBytecode(entry.path) !== null;
  return [...entries.filter((entry) => !isBytecode(entry)), ...entries.filter(isBytecode)];
}

/** Reads files of one prefix, one after the other: they share a buffer. */
export class ContentReader implements Contents {
  readonly #prefix: string;
  readonly #relocation: Relocation;
  readonly #files: PrefixFiles;
  readonly #firstLook: FirstLook;
  readonly #large: LargeFiles;
  readonly #known: KnownFiles | null;
  readonly #block = Buffer.allocUnsafeSlow(BLOCK_BYTES);
  /** Python sources, and whether the archive or `bin/conda-unpack` changes them. */
  readonly #sources = new Map<string, boolean>();

  /** `known` are files that need not be read. */
  constructor(relocation: Relocation, known: KnownFiles | null = null) {
    this.#prefix = relocation.prefix;
    this.#relocation = relocation;
    this.#files = new PrefixFiles(relocation.prefix);
    this.#firstLook = new FirstLook(this.#files, namesOf(relocation));
    this.#large = new LargeFiles(this.#files, relocation);
    this.#known = known;
  }

  /**
   * Whether compiled Python would outlive its source: what was compiled in holds the old prefix,
   * and with an unchecked hash, or a time that all members share, it would win for ever.
   */
  isOutdated(entry: FileEntry): boolean {
    const { source } = entry;
    const bytecode = source.kind === 'disk' ? cachedBytecode(source.file.path) : null;
    return bytecode !== null && this.#changes(bytecode.source);
  }

  #changes(path: string): boolean {
    const known = this.#sources.get(path);
    if (known !== undefined) return known;
    const content = readFileSync(`${this.#prefix}/${path}`);
    const { content: after, record } = relocate(content, path, null, this.#relocation);
    this.#sources.set(path, record !== null || after !== content);
    return this.#changes(path);
  }

  /** Reads a file once, if it is not known: digests and whether it must be rewritten. Errors: `prefix-changed`. */
  async scan(entry: FileEntry): Promise<ScannedFile> {
    const { source } = entry;
    if (source.kind === 'memory') return scanMemory(entry, source.bytes);
    const scanned = this.#known?.recall(entry, source) ?? (await this.#read(entry, source));
    const { path } = source.file;
    if (path.endsWith('.py')) {
      this.#sources.set(path, scanned.rewritten || scanned.record !== null);
    }
    this.#known?.learn(source, scanned);
    return scanned;
  }

  async #read(entry: FileEntry, source: KeptFile): Promise<ScannedFile> {
    const seen = await this.#firstLook.at(source.file, entry.path);
    const scanned = await this.#scanSeen(entry, source, seen);
    const recorded = source.record?.sha256;
    return { ...scanned, clobbered: recorded != null && recorded !== seen.sha256 };
  }

  async #scanSeen(entry: FileEntry, source: KeptFile, seen: SeenFile): Promise<ScannedFile> {
    if (!seen.hasPrefix && !source.uncheck) {
      return { ...unchanged(entry, seen), faults: seen.faults };
    }
    return source.file.bytes > MAX_IN_MEMORY_BYTES
      ? this.#relocateLarge(entry, seen)
      : this.#relocateWhole(entry, source, seen);
  }

  #relocateWhole(entry: FileEntry, source: KeptFile, seen: SeenFile): ScannedFile {
    const original = this.#files.whole(source.file);
    const { content, record, faults } = this.#rewrite(entry, source, original);
    const rewritten = content !== original;
    const sha256 = rewritten ? hash('sha256', content) : seen.sha256;
    return {
      ...unchanged(entry, { bytes: content.length, sha256 }),
      rewritten,
      record,
      faults: faults.map((fault) => ({ fault, path: source.file.path })),
    };
  }

  async #relocateLarge(entry: FileEntry, seen: SeenFile): Promise<ScannedFile> {
    const same = unchanged(entry, seen);
    const outcome = await this.#large.relocate(entry, seen);
    if (outcome.kind === 'same') return same;
    if (outcome.kind === 'recorded') return { ...same, record: outcome.record };
    if (outcome.kind === 'kept-prefix') {
      return { ...same, faults: [{ fault: 'kept-prefix', path: entry.path }] };
    }
    const { bytes, sha256, as: large } = outcome;
    return { ...same, bytes, sha256, rewritten: true, large };
  }

  *blocks({ entry, rewritten, large }: ScannedFile): Generator<Buffer> {
    const { source } = entry;
    if (source.kind === 'memory') {
      yield* inBlocks(source.bytes);
    } else if (!rewritten) {
      yield* this.#files.blocks(source.file, () => this.#block);
    } else if (large !== null) {
      for (const content of this.#large.rewritten(source, large)) yield* inBlocks(content);
    } else {
      yield* inBlocks(this.#rewrite(entry, source, this.#files.whole(source.file)).content);
    }
  }

  #rewrite(entry: FileEntry, source: KeptFile, original: Buffer) {
    if (source.uncheck) return { content: uncheckBytecode(original), record: null, faults: [] };
    return relocate(original, entry.path, source.record, this.#relocation);
  }
}

/** A member that is made by packing itself. */
export function scanMemory(entry: FileEntry, bytes: Buffer): ScannedFile {
  return unchanged(entry, { bytes: bytes.length, sha256: hash('sha256', bytes) });
}

function unchanged(
  entry: FileEntry,
  { bytes, sha256 }: Pick<ScannedFile, 'bytes' | 'sha256'>,
): ScannedFile {
  const untouched = { rewritten: false, clobbered: false, record: null, large: null };
  return { entry, bytes, sha256, ...untouched, faults: [] };
}

export function* inBlocks(content: Buffer): Generator<Buffer> {
  for (let from = 0; from < content.length; from += BLOCK_BYTES) {
    yield content.subarray(from, from + BLOCK_BYTES);
  }
}
