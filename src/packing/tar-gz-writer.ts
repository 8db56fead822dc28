import { crc32 } from 'node:zlib';
import { type ArchiveWriter, type CompressedFile, memberMode } from './archive-writer.ts';
import { combineCrc, DEFLATE_END, deflateSmall, storedBlocks } from './deflate.ts';
import type { ArchivedEntry } from './members.ts';
import { TAR_END, tarHeader, tarPadding } from './tar.ts';

/** Deflate, no name, no time, unknown system (RFC 1952): nothing of the host is in it. */
const GZIP_HEADER = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff]);

/**
 * tar.gz with one gzip member per segment. Members one behind the other are one file for gzip
 * (RFC 1952, 2.2), and for YARN and Spark, which pipe the archive through `gzip -dc | tar`.
 */
export class TarGzWriter implements ArchiveWriter {
  readonly #root: string;
  /** Headers and padding that wait for their neighbours: compressed together they are smaller. */
  #waiting: Buffer[] = [];
  #crc = 0;
  #bytes = 0;

  constructor(root: string) {
    this.#root = root;
  }

  *beginSegment(): Generator<Buffer> {
    this.#crc = 0;
    this.#bytes = 0;
    yield GZIP_HEADER;
  }

  *add(entry: ArchivedEntry, file: CompressedFile | null): Generator<Buffer> {
    this.#waiting.push(
      tarHeader({
        path: entry.path === '' ? this.#root : `${this.#root}/${entry.path}`,
        type: entry.kind,
        mode: memberMode(entry),
        bytes: file?.bytes ?? 0,
        target: this.#target(entry),
      }),
    );
    if (!file) return;
    yield* this.#flush();
    if (file.method === 'deflate') yield* file.read();
    else for (const bytes of file.read()) yield* storedBlocks(bytes);
    this.#crc = combineCrc(this.#crc, file.crc, file.bytes);
    this.#bytes += file.bytes;
    this.#waiting.push(tarPadding(file.bytes));
  }

  #target(entry: ArchivedEntry): string {
    if (entry.kind === 'hard-link') return `${this.#root}/${entry.target}`;
    return entry.kind === 'link' ? entry.target : '';
  }

  *endSegment(): Generator<Buffer> {
    yield* this.#flush();
    const trailer = Buffer.alloc(8);
    trailer.writeUInt32LE(this.#crc, 0);
    trailer.writeUInt32LE(this.#bytes % 2 ** 32, 4);
    yield DEFLATE_END;
    yield trailer;
  }

  *end(): Generator<Buffer> {
    yield* this.beginSegment();
    this.#waiting.push(TAR_END);
    yield* this.endSegment();
  }

  *#flush(): Generator<Buffer> {
    const bytes = Buffer.concat(this.#waiting);
    this.#waiting = [];
    if (bytes.length === 0) return;
    this.#crc = crc32(bytes, this.#crc);
    this.#bytes += bytes.length;
    yield deflateSmall(bytes);
  }
}
