import { type ArchiveWriter, type CompressedFile, memberMode } from './archive-writer.ts';
import { DEFLATE_END } from './deflate.ts';
import type { ArchivedEntry } from './members.ts';
import { ZIP_METHODS, type ZipMember, zipCentralHeader, zipEnd, zipLocalHeader } from './zip.ts';

const FILE = 0o100000;
const DIRECTORY = 0o040000;

/** zip as YARN and Spark both read it; see `zip.ts`. It holds no links. */
export class ZipWriter implements ArchiveWriter {
  readonly #root: string;
  readonly #members: ZipMember[] = [];
  #offset = 0;

  constructor(root: string) {
    this.#root = root;
  }

  *beginSegment(): Generator<Buffer> {}

  *add(entry: ArchivedEntry, file: CompressedFile | null): Generator<Buffer> {
    if (entry.kind === 'link' || entry.kind === 'hard-link')
      throw new TypeError(`a link in a zip: ${entry.path}`);
    const isDirectory = entry.kind === 'directory';
    const path = entry.path === '' ? this.#root : `${this.#root}/${entry.path}`;
    const isDeflated = file?.method === 'deflate';
    const member: ZipMember = {
      path: isDirectory ? `${path}/` : path,
      mode: (isDirectory ? DIRECTORY : FILE) | memberMode(entry),
      method: isDeflated ? ZIP_METHODS.deflate : ZIP_METHODS.stored,
      crc: file?.crc ?? 0,
      compressedBytes: (file?.compressedBytes ?? 0) + (isDeflated ? DEFLATE_END.length : 0),
      bytes: file?.bytes ?? 0,
      offset: this.#offset,
    };
    this.#members.push(member);
    const header = zipLocalHeader(member);
    this.#offset += header.length + member.compressedBytes;
    yield header;
    if (file) yield* file.read();
    if (isDeflated) yield DEFLATE_END;
  }

  *endSegment(): Generator<Buffer> {}

  *end(): Generator<Buffer> {
    let bytes = 0;
    for (const member of this.#members) {
      const header = zipCentralHeader(member);
      bytes += header.length;
      yield header;
    }
    yield zipEnd({ members: this.#members.length, bytes, offset: this.#offset });
  }
}
