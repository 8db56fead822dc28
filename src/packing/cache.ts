import { hash, randomUUID } from 'node:crypto';
import {
  closeSync,
  fstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { crc32 } from 'node:zlib';
import { listOf, number, object, oneOf, parseJson, string } from '../domain/shape.ts';
import type { CompressedFile } from './archive-writer.ts';
import { markUsed } from './cache-file.ts';
import { BLOCK_BYTES, MEM_LEVEL } from './deflate.ts';

/**
 * Compressed files, kept per segment under the digest of what they contain.
 *
 * An entry's name is computed from contents alone, so it cannot be stale: a file that anything
 * changed has another digest, and the segment another name. It does not depend on the format, the
 * environment's name or the paths, so a package is compressed once for all environments that have
 * it. An entry is written under a private name and renamed: packers on one machine may share a
 * directory, and the worst that happens is that two do the same work.
 *
 * Layout of an entry: compressed files, index (JSON), footer (lengths, CRC-32 of all before it).
 */
const GENERATION = 1;
const MAGIC = 0x59525246;
const FOOTER_BYTES = 24;
const READ_BYTES = 4 * 1024 * 1024;
const WRITE_BYTES = 1024 * 1024;
/** A private file this old was left by a packer that was killed. */
const ABANDONED_MS = 6 * 3600 * 1000;
/** Segments, and what `memory/` keeps of a prefix. */
const ENTRY_NAME = /^[0-9a-f]{64}(\.memory|\.archive)?$/;

interface IndexRow {
  sha256: string;
  bytes: number;
  crc: number;
  method: CompressedFile['method'];
  offset: number;
  compressedBytes: number;
}

const INDEX_ROW = object<IndexRow>({
  ...{ sha256: string, bytes: number, crc: number, offset: number, compressedBytes: number },
  method: oneOf(['stored', 'deflate']),
});

/**
 * Name of the entry that holds files with these digests. Compressed bytes depend on the level and
 * on the zlib that makes them, whose fast paths differ between processors.
 */
export function segmentKey(digests: Iterable<string>, level: number): string {
  const { arch, versions } = process;
  const maker = [GENERATION, level, MEM_LEVEL, versions.zlib, arch, BLOCK_BYTES].join(' ');
  return hash('sha256', [maker, ...new Set(digests)].sort().join('\n'));
}

export class SegmentCache {
  readonly directory: string;

  constructor(directory: string) {
    this.directory = directory;
  }

  /** The entry, checked from first to last byte, or null. A damaged entry is removed. */
  async find(key: string): Promise<CachedSegment | null> {
    const path = this.#path(key);
    let descriptor: number;
    try {
      descriptor = openSync(path, 'r');
    } catch {
      return null;
    }
    const index = await readIndex(descriptor);
    if (!index) {
      closeSync(descriptor);
      rmSync(path, { force: true });
      return null;
    }
    markUsed(path);
    return new CachedSegment(descriptor, index);
  }

  /** Throws what the file system throws: a cache is a convenience, and its user decides. */
  record(key: string): SegmentRecorder {
    mkdirSync(this.directory, { recursive: true });
    return new SegmentRecorder(`${this.directory}/${randomUUID()}.tmp`, this.#path(key));
  }

  #path(key: string): string {
    return `${this.directory}/${key}`;
  }
}

export class CachedSegment {
  readonly #descriptor: number;
  readonly #rows: Map<string, IndexRow>;
  #open = true;

  constructor(descriptor: number, rows: IndexRow[]) {
    this.#descriptor = descriptor;
    this.#rows = new Map(rows.map((row) => [row.sha256, row]));
  }

  file(sha256: string): CompressedFile {
    const row = this.#rows.get(sha256);
    if (!row) throw new TypeError(`a cache entry without ${sha256}`);
    const read = () => readRange(this.#descriptor, row.offset, row.compressedBytes);
    return { ...row, read };
  }

  close(): void {
    if (this.#open) closeSync(this.#descriptor);
    this.#open = false;
  }
}

/**
 * Writes one entry while its files pass by on their way into the archive. When that fails, the
 * files pass by all the same, and `commit` says so.
 */
export class SegmentRecorder {
  readonly #temporary: string;
  readonly #path: string;
  readonly #descriptor: number;
  readonly #rows = new Map<string, IndexRow>();
  readonly #waiting = Buffer.allocUnsafeSlow(WRITE_BYTES);
  #waitingBytes = 0;
  #bytes = 0;
  #crc = 0;
  #failure: unknown = null;

  constructor(temporary: string, path: string) {
    this.#temporary = temporary;
    this.#path = path;
    this.#descriptor = openSync(temporary, 'wx', 0o644);
  }

  /** The same file, whose bytes are written down as they are read. */
  add(sha256: string, file: CompressedFile): CompressedFile {
    if (this.#rows.has(sha256)) return file;
    const { bytes, crc, method, compressedBytes } = file;
    const offset = this.#bytes + this.#waitingBytes;
    this.#rows.set(sha256, { sha256, bytes, crc, method, offset, compressedBytes });
    const append = (piece: Buffer) => this.#append(piece);
    return {
      ...file,
      *read() {
        for (const piece of file.read()) {
          append(piece);
          yield piece;
        }
      },
    };
  }

  /** Makes the entry visible. Throws the first thing that went wrong since the beginning. */
  commit(): void {
    const index = Buffer.from(JSON.stringify([...this.#rows.values()]));
    const payloadBytes = this.#bytes + this.#waitingBytes;
    this.#append(index);
    const footer = Buffer.alloc(FOOTER_BYTES);
    footer.writeBigUInt64LE(BigInt(payloadBytes), 0);
    footer.writeBigUInt64LE(BigInt(index.length), 8);
    footer.writeUInt32LE(MAGIC, 20);
    this.#append(footer.subarray(0, 16));
    this.#write();
    if (this.#failure !== null) throw this.#failure;
    footer.writeUInt32LE(this.#crc, 16);
    writeFully(this.#descriptor, footer.subarray(16));
    closeSync(this.#descriptor);
    renameSync(this.#temporary, this.#path);
  }

  discard(): void {
    try {
      closeSync(this.#descriptor);
    } catch {
      // Closed before a rename that failed.
    }
    rmSync(this.#temporary, { force: true });
  }

  #append(piece: Buffer): void {
    for (let from = 0; from < piece.length; ) {
      const copied = piece.copy(this.#waiting, this.#waitingBytes, from);
      from += copied;
      this.#waitingBytes += copied;
      if (this.#waitingBytes === WRITE_BYTES) this.#write();
    }
  }

  #write(): void {
    const bytes = this.#waiting.subarray(0, this.#waitingBytes);
    this.#waitingBytes = 0;
    this.#crc = crc32(bytes, this.#crc);
    this.#bytes += bytes.length;
    try {
      if (this.#failure === null) writeFully(this.#descriptor, bytes);
    } catch (error) {
      this.#failure = error;
    }
  }
}

/**
 * Removes the entries that were not used for longest until the rest is at most `maxBytes`, and
 * what killed packers left. Safe beside packers at work: one that has an entry open keeps it.
 */
export function pruneCache(
  directory: string,
  maxBytes: number,
  now: number = Date.now(),
): { removed: number; bytes: number } {
  const entries: { path: string; bytes: number; used: number }[] = [];
  let removed = 0;
  for (const name of namesIn(directory)) {
    const path = `${directory}/${name}`;
    const stat = statSync(path, { throwIfNoEntry: false });
    if (!stat?.isFile()) continue;
    if (ENTRY_NAME.test(name)) {
      entries.push({ path, bytes: stat.size, used: lastUse(path) ?? stat.mtimeMs });
    } else if (name.endsWith('.tmp') && now - stat.mtimeMs > ABANDONED_MS) {
      rmSync(path, { force: true });
      removed += 1;
    }
  }
  entries.sort((left, right) => right.used - left.used);
  let bytes = 0;
  for (const entry of entries) {
    if (bytes + entry.bytes <= maxBytes) {
      bytes += entry.bytes;
      continue;
    }
    rmSync(entry.path, { force: true });
    removed += 1;
  }
  return { removed, bytes };
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

/** An archive that is kept may be the very file that somebody has: its memory has the time instead. */
function lastUse(path: string): number | null {
  if (!path.endsWith('.archive')) return null;
  const memory = path.replace(/archive$/, 'memory');
  return statSync(memory, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

/** The index when lengths and checksum hold, else null. */
async function readIndex(descriptor: number): Promise<IndexRow[] | null> {
  const { size } = fstatSync(descriptor);
  if (size < FOOTER_BYTES) return null;
  const footer = Buffer.alloc(FOOTER_BYTES);
  readSync(descriptor, footer, 0, FOOTER_BYTES, size - FOOTER_BYTES);
  const payloadBytes = Number(footer.readBigUInt64LE(0));
  const indexBytes = Number(footer.readBigUInt64LE(8));
  if (footer.readUInt32LE(20) !== MAGIC) return null;
  if (payloadBytes + indexBytes + FOOTER_BYTES !== size) return null;
  let crc = 0;
  for (const piece of readRange(descriptor, 0, size - 8)) {
    crc = crc32(piece, crc);
    await nextTurn();
  }
  if (crc !== footer.readUInt32LE(16)) return null;
  const index = [...readRange(descriptor, payloadBytes, indexBytes)];
  return parseJson(Buffer.concat(index).toString(), listOf(INDEX_ROW));
}

function* readRange(descriptor: number, offset: number, bytes: number): Generator<Buffer> {
  for (let done = 0; done < bytes; ) {
    const piece = Buffer.allocUnsafe(Math.min(READ_BYTES, bytes - done));
    const read = readSync(descriptor, piece, 0, piece.length, offset + done);
    if (read === 0) throw new Error('a cache entry became shorter while it was read');
    yield piece.subarray(0, read);
    done += read;
  }
}

function writeFully(descriptor: number, bytes: Buffer): void {
  for (let from = 0; from < bytes.length; ) from += writeSync(descriptor, bytes, from);
}
