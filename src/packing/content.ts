import { createHash, hash } from 'node:crypto';
import { closeSync, constants, fstatSync, openSync, readFileSync, readSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { outsideError } from '../domain/errors.ts';
import { cachedBytecode, uncheckBytecode } from './bytecode.ts';
import { BLOCK_BYTES } from './deflate.ts';
import type { FoundFault } from './faults.ts';
import type { Entry, FileEntry } from './members.ts';
import { findMentions, needlesOf, replaceMentions } from './mentions.ts';
import { cutPieces } from './pieces.ts';
import type { PrefixFile } from './prefix.ts';
import {
  capacityOf,
  faultsOf,
  isInterpreter,
  namesOf,
  type PrefixRecord,
  type Relocation,
  relocate,
  rewriteBinary,
  textKindOf,
} from './relocate.ts';

/** What reading a file once tells about the bytes it will have in the archive. */
export interface ScannedFile {
  entry: FileEntry;
  bytes: number;
  /** Digest of the archived bytes. */
  sha256: string;
  /** True when the archived bytes differ from those on disk. */
  rewritten: boolean;
  /** Digest on disk is not what conda recorded when it linked the file. */
  clobbered: boolean;
  record: PrefixRecord | null;
  faults: FoundFault[];
  /** How a file is rewritten that is too large for memory; null for the rest. */
  large: LargeKind | null;
}

/** Above this a file is read in blocks, unless the prefix turns up in it. */
const WHOLE_BYTES = 16 * 1024 * 1024;

/** Above this a file is never in memory as a whole: it is rewritten piece by piece. */
const MAX_IN_MEMORY_BYTES = 64 * 1024 * 1024;

const NUL = 0;

/** Entries in the order to scan them in: compiled Python after the sources it depends on. */
export function inScanOrder(entries: readonly Entry[]): Entry[] {
  const isBytecode = (entry: Entry) => cachedBytecode(entry.path) !== null;
  return [...entries.filter((entry) => !isBytecode(entry)), ...entries.filter(isBytecode)];
}

/** Reads files of one prefix, one after the other: they share a buffer. */
export class ContentReader {
  readonly #prefix: string;
  readonly #relocation: Relocation;
  readonly #needles: ReturnType<typeof needlesOf>;
  readonly #scratch = Buffer.allocUnsafeSlow(WHOLE_BYTES);
  /** Python sources, and whether the archive or `bin/conda-unpack` changes them. */
  readonly #sources = new Map<string, boolean>();

  constructor(relocation: Relocation) {
    this.#prefix = relocation.prefix;
    this.#relocation = relocation;
    this.#needles = needlesOf(namesOf(relocation));
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

  /** Reads a file once: digests and whether it must be rewritten. Errors: `prefix-changed`. */
  async scan(entry: FileEntry): Promise<ScannedFile> {
    const { source } = entry;
    if (source.kind === 'memory') {
      const { bytes } = source;
      return { ...unchanged(entry, bytes.length, hash('sha256', bytes)), clobbered: false };
    }
    const { file } = source;
    const seen =
      file.bytes <= WHOLE_BYTES ? this.#scanWhole(entry, file) : await this.#scanLarge(file);
    const { bytes, sha256, hasPrefix, faults } = seen;
    const clobbered = source.record?.sha256 != null && source.record.sha256 !== sha256;
    const scanned =
      !hasPrefix && !source.uncheck
        ? { ...unchanged(entry, bytes, sha256), faults, clobbered }
        : file.bytes > MAX_IN_MEMORY_BYTES
          ? { ...(await this.#relocateLarge(entry, seen)), clobbered }
          : { ...this.#relocateWhole(entry, file, sha256), clobbered };
    if (file.path.endsWith('.py')) {
      this.#sources.set(file.path, scanned.rewritten || scanned.record !== null);
    }
    return scanned;
  }

  #relocateWhole(entry: FileEntry, file: PrefixFile, sha256: string) {
    const original = this.#readWhole(file);
    const { content, record, faults } = this.#rewrite(entry, original);
    const rewritten = content !== original;
    return {
      entry,
      bytes: content.length,
      sha256: rewritten ? hash('sha256', content) : sha256,
      rewritten,
      record,
      faults: faults.map((fault) => ({ fault, path: file.path })),
      large: null,
    };
  }

  /** What `relocate` does, for a file that does not fit into memory; it is no script or `.pth`. */
  async #relocateLarge(entry: FileEntry, seen: SeenFile) {
    const same = unchanged(entry, seen.bytes, seen.sha256);
    const { source } = entry;
    if (source.kind !== 'disk' || isInterpreter(entry.path)) return same;
    const { path } = entry;
    const kind = kindOf(entry, seen);
    let mentioned = false;
    let bytes = 0;
    const digest = createHash('sha256');
    for (const piece of this.#rewrittenPieces(entry, kind)) {
      mentioned ||= piece.mentioned;
      bytes += piece.content.length;
      digest.update(piece.content);
      await nextTurn();
    }
    if (!mentioned) return same;
    if (kind === 'foreign') return { ...same, faults: [{ fault: 'kept-prefix' as const, path }] };
    if (this.#relocation.targetPrefix === null) {
      const capacity =
        kind === 'text' || !source.record
          ? 0
          : capacityOf(source.record, namesOf(this.#relocation));
      const mode = kind === 'text' ? textKindOf(source.record) : kind;
      return { ...same, record: { path, mode, capacity } };
    }
    return { ...same, bytes, sha256: digest.digest('hex'), rewritten: true, large: kind };
  }

  *#rewrittenPieces(entry: FileEntry, kind: LargeKind) {
    const { targetPrefix } = this.#relocation;
    const { source } = entry;
    if (source.kind !== 'disk') return;
    const { file, record } = source;
    const shape = kind === 'text' ? 'text' : 'binary';
    const blocks = this.#readBlocks(file, () => Buffer.allocUnsafeSlow(BLOCK_BYTES));
    for (const piece of cutPieces(blocks, shape)) {
      const mentions = findMentions(
        piece,
        this.#needles[shape],
        shape === 'text' ? textKindOf(record) : shape,
      );
      const mentioned = mentions.length > 0;
      let content = piece;
      if (mentioned && targetPrefix !== null && kind !== 'foreign') {
        const capacity = record ? capacityOf(record, namesOf(this.#relocation)) : 0;
        content =
          kind === 'text'
            ? replaceMentions(piece, mentions, targetPrefix)
            : rewriteBinary(piece, file.path, mentions, { target: targetPrefix, capacity });
      }
      yield { content, mentioned };
    }
  }

  /** The archived bytes, in blocks of at most 1 MiB that stay valid after the next call. */
  *blocks(file: ScannedFile): Generator<Buffer> {
    const { source } = file.entry;
    if (source.kind === 'disk' && !file.rewritten) {
      yield* this.#readBlocks(source.file, () => Buffer.allocUnsafeSlow(BLOCK_BYTES));
      return;
    }
    if (file.large !== null) {
      for (const { content } of this.#rewrittenPieces(file.entry, file.large)) {
        yield* inBlocks(content);
      }
      return;
    }
    yield* inBlocks(
      source.kind === 'memory'
        ? source.bytes
        : this.#rewrite(file.entry, this.#readWhole(source.file)).content,
    );
  }

  #rewrite(entry: FileEntry, original: Buffer) {
    const { source } = entry;
    if (source.kind === 'memory') return { content: original, record: null, faults: [] };
    if (source.uncheck) return { content: uncheckBytecode(original), record: null, faults: [] };
    return relocate(original, entry.path, source.record, this.#relocation);
  }

  #scanWhole(entry: FileEntry, file: PrefixFile): SeenFile {
    const content = this.#readInto(file, this.#scratch);
    const hasNul = content.includes(NUL);
    const hasPrefix = this.#mayMention(content, hasNul);
    const faults = hasPrefix ? [] : faultsOf(content, entry.path);
    if (this.#isForeignText(content)) faults.push('kept-prefix');
    return {
      bytes: content.length,
      sha256: hash('sha256', content),
      hasPrefix,
      hasNul,
      faults: faults.map((fault) => ({ fault, path: file.path })),
    };
  }

  /** Whether one of the prefix's names is in it at all; where, `relocate` looks closely at. */
  #mayMention(content: Buffer, hasNul: boolean): boolean {
    const needles = hasNul ? this.#needles.binary : this.#needles.text;
    return needles.some(({ bytes }) => content.includes(bytes));
  }

  /** UTF-16, known by its byte order mark: nothing on Linux keeps paths that way, but files travel. */
  #isForeignText(content: Buffer): boolean {
    const mark = content.length > 2 ? content.readUInt16BE(0) : 0;
    if (mark !== 0xfffe && mark !== 0xfeff) return false;
    const order = (text: Buffer) => (mark === 0xfffe ? text : text.swap16());
    return namesOf(this.#relocation).some((name) =>
      content.includes(order(Buffer.from(name, 'utf16le'))),
    );
  }

  async #scanLarge(file: PrefixFile): Promise<SeenFile> {
    const digest = createHash('sha256');
    const overlap = Math.max(...this.#needles.text.map(({ bytes }) => bytes.length)) - 1;
    let tail = Buffer.alloc(0);
    let hasPrefix = false;
    let hasNul = false;
    for (const block of this.#readBlocks(file, () => this.#scratch)) {
      digest.update(block);
      hasNul ||= block.includes(NUL);
      const seam = Buffer.concat([tail, block.subarray(0, overlap)]);
      hasPrefix ||= this.#mayMention(seam, hasNul) || this.#mayMention(block, hasNul);
      tail = Buffer.from(block.subarray(-overlap));
      // A library of a gigabyte must not hold up whatever else this process does.
      await nextTurn();
    }
    return { bytes: file.bytes, sha256: digest.digest('hex'), hasPrefix, hasNul, faults: [] };
  }

  #readWhole(file: PrefixFile): Buffer {
    return this.#readInto(file, Buffer.allocUnsafeSlow(file.bytes));
  }

  #readInto(file: PrefixFile, buffer: Buffer): Buffer {
    const descriptor = openToRead(`${this.#prefix}/${file.path}`);
    try {
      const content = readFully(descriptor, buffer.subarray(0, file.bytes));
      refuseChanged(file, descriptor, content.length);
      return content;
    } finally {
      closeSync(descriptor);
    }
  }

  *#readBlocks(file: PrefixFile, nextBuffer: () => Buffer): Generator<Buffer> {
    const descriptor = openToRead(`${this.#prefix}/${file.path}`);
    try {
      let read = 0;
      while (read < file.bytes) {
        const room = Math.min(BLOCK_BYTES, file.bytes - read);
        const buffer = room < BLOCK_BYTES ? Buffer.allocUnsafeSlow(room) : nextBuffer();
        const block = readFully(descriptor, buffer.subarray(0, room));
        read += block.length;
        if (block.length < room) break;
        yield block;
      }
      refuseChanged(file, descriptor, read);
    } finally {
      closeSync(descriptor);
    }
  }
}

interface SeenFile {
  bytes: number;
  sha256: string;
  hasPrefix: boolean;
  hasNul: boolean;
  faults: FoundFault[];
}

/** `foreign` is a binary that conda did not rewrite either. */
type LargeKind = 'text' | 'binary' | 'foreign';

function kindOf({ source }: FileEntry, { hasNul }: Pick<SeenFile, 'hasNul'>): LargeKind {
  const mode = source.kind === 'disk' ? source.record?.mode : null;
  if (mode === 'text' || !hasNul) return 'text';
  return mode === 'binary' ? 'binary' : 'foreign';
}

function unchanged(entry: FileEntry, bytes: number, sha256: string) {
  return { entry, bytes, sha256, rewritten: false, record: null, faults: [], large: null };
}

function* inBlocks(content: Buffer): Generator<Buffer> {
  for (let from = 0; from < content.length; from += BLOCK_BYTES) {
    yield content.subarray(from, from + BLOCK_BYTES);
  }
}

/** Without waiting: what was a file when the prefix was listed may be a pipe by now. */
function openToRead(path: string): number {
  return openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
}

function readFully(descriptor: number, buffer: Buffer): Buffer {
  let filled = 0;
  while (filled < buffer.length) {
    const read = readSync(descriptor, buffer, filled, buffer.length - filled, null);
    if (read === 0) break;
    filled += read;
  }
  return buffer.subarray(0, filled);
}

/** Sizes and digests are taken before the bytes are archived; a file that moves makes them lies. */
function refuseChanged(file: PrefixFile, descriptor: number, read: number): void {
  const stat = fstatSync(descriptor);
  if (read === file.bytes && stat.size === file.bytes && stat.mtimeMs === file.modified) return;
  throw outsideError({
    code: 'prefix-changed',
    message: `\`${file.path}\` changed while the environment was being packed.`,
    suggestion: 'Pack again when nothing installs into the environment or runs in it.',
    retryable: true,
  });
}
