import { createHash, hash } from 'node:crypto';
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { outsideError } from '../domain/errors.ts';
import { uncheckBytecode } from './bytecode.ts';
import { BLOCK_BYTES } from './deflate.ts';
import type { FileEntry } from './members.ts';
import type { PrefixFile } from './prefix.ts';
import { type PrefixRecord, type Relocation, relocate } from './relocate.ts';

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
}

/** Above this a file is read in pieces, unless the prefix turns up in it. */
const WHOLE_BYTES = 16 * 1024 * 1024;

/** Reads files of one prefix, one after the other: they share a buffer. */
export class ContentReader {
  readonly #prefix: string;
  readonly #relocation: Relocation;
  readonly #needle: Buffer;
  readonly #scratch = Buffer.allocUnsafeSlow(WHOLE_BYTES);

  constructor(relocation: Relocation) {
    this.#prefix = relocation.prefix;
    this.#relocation = relocation;
    this.#needle = Buffer.from(relocation.prefix);
  }

  /** Reads a file once: digests and whether it must be rewritten. Errors: `prefix-changed`. */
  async scan(entry: FileEntry): Promise<ScannedFile> {
    const { source } = entry;
    if (source.kind === 'memory') {
      const { bytes } = source;
      return { ...unchanged(entry, bytes.length, hash('sha256', bytes)), clobbered: false };
    }
    const { bytes, sha256, hasPrefix } =
      source.file.bytes <= WHOLE_BYTES
        ? this.#scanWhole(source.file)
        : await this.#scanLarge(source.file);
    const clobbered = source.record?.sha256 != null && source.record.sha256 !== sha256;
    if (!hasPrefix && !source.uncheck) return { ...unchanged(entry, bytes, sha256), clobbered };
    const original = this.#readWhole(source.file);
    const { content, record } = this.#rewrite(entry, original);
    const rewritten = content !== original;
    return {
      entry,
      bytes: content.length,
      sha256: rewritten ? hash('sha256', content) : sha256,
      rewritten,
      clobbered,
      record,
    };
  }

  /** The archived bytes, in blocks of at most 1 MiB that stay valid after the next call. */
  *blocks(file: ScannedFile): Generator<Buffer> {
    const { source } = file.entry;
    if (source.kind === 'disk' && !file.rewritten) {
      yield* this.#readBlocks(source.file, () => Buffer.allocUnsafeSlow(BLOCK_BYTES));
      return;
    }
    const content =
      source.kind === 'memory'
        ? source.bytes
        : this.#rewrite(file.entry, this.#readWhole(source.file)).content;
    for (let from = 0; from < content.length; from += BLOCK_BYTES) {
      yield content.subarray(from, from + BLOCK_BYTES);
    }
  }

  #rewrite(entry: FileEntry, original: Buffer) {
    if (entry.source.kind === 'memory') return { content: original, record: null };
    if (entry.source.uncheck) return { content: uncheckBytecode(original), record: null };
    return relocate(original, entry.path, entry.source.record, this.#relocation);
  }

  #scanWhole(file: PrefixFile) {
    const content = this.#readInto(file, this.#scratch);
    return {
      bytes: content.length,
      sha256: hash('sha256', content),
      hasPrefix: content.includes(this.#needle),
    };
  }

  async #scanLarge(file: PrefixFile) {
    const digest = createHash('sha256');
    const overlap = this.#needle.length - 1;
    let tail = Buffer.alloc(0);
    let hasPrefix = false;
    for (const block of this.#readBlocks(file, () => this.#scratch)) {
      digest.update(block);
      const seam = Buffer.concat([tail, block.subarray(0, overlap)]);
      hasPrefix ||= seam.includes(this.#needle) || block.includes(this.#needle);
      tail = Buffer.from(block.subarray(-overlap));
      // A library of a gigabyte must not hold up whatever else this process does.
      await nextTurn();
    }
    return { bytes: file.bytes, sha256: digest.digest('hex'), hasPrefix };
  }

  #readWhole(file: PrefixFile): Buffer {
    return this.#readInto(file, Buffer.allocUnsafeSlow(file.bytes));
  }

  #readInto(file: PrefixFile, buffer: Buffer): Buffer {
    const descriptor = openSync(`${this.#prefix}/${file.path}`, 'r');
    try {
      const content = readFully(descriptor, buffer.subarray(0, file.bytes));
      refuseChanged(file, descriptor, content.length);
      return content;
    } finally {
      closeSync(descriptor);
    }
  }

  *#readBlocks(file: PrefixFile, nextBuffer: () => Buffer): Generator<Buffer> {
    const descriptor = openSync(`${this.#prefix}/${file.path}`, 'r');
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

function unchanged(entry: FileEntry, bytes: number, sha256: string) {
  return { entry, bytes, sha256, rewritten: false, record: null };
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
