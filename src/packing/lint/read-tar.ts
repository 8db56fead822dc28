import { BrokenArchive, type Member } from './member.ts';

const BLOCK_BYTES = 512;
const TYPES: Readonly<Record<string, Member['type']>> = {
  '0': 'file',
  '\0': 'file',
  '7': 'file',
  '5': 'directory',
  '2': 'link',
  '1': 'hard-link',
};
/** Longest pax header or GNU long name that is read into memory. */
const MAX_EXTENSION_BYTES = 1024 * 1024;

/** Tools fill the last record with zeros, a few kilobytes of them. */
const MAX_TRAILING_BYTES = 64 * 1024 * 1024;

/**
 * Members of a tar as its bytes come by: ustar, pax and GNU long names.
 * Throws `BrokenArchive` when the bytes end early or are not tar.
 */
export async function* readTar(chunks: AsyncIterable<Buffer>): AsyncGenerator<Member, void, void> {
  const cursor = new Cursor(chunks);
  let extension: { path?: string; target?: string; bytes?: number } = {};
  for (;;) {
    const header = await cursor.take(BLOCK_BYTES);
    if (header.every((byte) => byte === 0)) {
      // Only reading on shows that the compressed stream around the tar ends well.
      await cursor.drain();
      return;
    }
    verifyChecksum(header);
    const flag = String.fromCharCode(header[156] ?? 0);
    const bytes = readNumber(header, 124, 12);
    if ('xgLK'.includes(flag)) {
      if (bytes > MAX_EXTENSION_BYTES) throw new BrokenArchive('corrupt', 'an oversized header');
      const raw = await cursor.take(bytes);
      const text = raw.toString('utf8');
      await cursor.skip(padding(bytes));
      if (flag === 'x') extension = { ...extension, ...readPax(raw) };
      // `git archive` puts a comment there. A name is one for all that follows, to those who honour it.
      if (flag === 'g' && Object.keys(readPax(raw)).length > 0) {
        throw new BrokenArchive('corrupt', 'a header gives one name or size to all that follows');
      }
      if (flag === 'L') extension.path = text.replace(/\0.*$/s, '');
      if (flag === 'K') extension.target = text.replace(/\0.*$/s, '');
      continue;
    }
    const type = TYPES[flag] ?? 'other';
    const prefix = header.toString('latin1', 257, 262) === 'ustar' ? field(header, 345, 155) : '';
    const name = field(header, 0, 100);
    const contentBytes = type === 'file' || type === 'other' ? (extension.bytes ?? bytes) : 0;
    const content = cursor.content(contentBytes);
    yield {
      path: extension.path ?? (prefix === '' ? name : `${prefix}/${name}`),
      type,
      mode: readNumber(header, 100, 8) & 0o7777,
      bytes: contentBytes,
      modified: readNumber(header, 136, 12),
      target: extension.target ?? field(header, 157, 100),
      content: () => content.read(),
    };
    await content.finish();
    await cursor.skip(padding(contentBytes));
    extension = {};
  }
}

function padding(bytes: number): number {
  return (BLOCK_BYTES - (bytes % BLOCK_BYTES)) % BLOCK_BYTES;
}

function field(header: Buffer, at: number, bytes: number): string {
  const text = header.subarray(at, at + bytes);
  const end = text.indexOf(0);
  return text.toString('utf8', 0, end < 0 ? bytes : end);
}

/** Octal text, or GNU's base-256 with the first bit set. */
function readNumber(header: Buffer, at: number, bytes: number): number {
  if ((header[at] ?? 0) & 0x80) return Number(header.readBigUInt64BE(at + bytes - 8));
  const text = field(header, at, bytes).trim();
  if (!/^[0-7]*$/.test(text)) throw new BrokenArchive('corrupt', 'not a number in a tar header');
  return text === '' ? 0 : Number.parseInt(text, 8);
}

function verifyChecksum(header: Buffer): void {
  let sum = 0;
  for (let at = 0; at < BLOCK_BYTES; at += 1) {
    sum += at >= 148 && at < 156 ? 32 : (header[at] as number);
  }
  if (sum !== readNumber(header, 148, 8)) throw new BrokenArchive('corrupt', 'not a tar header');
}

/**
 * Records `LENGTH KEY=VALUE\n`, each as long as it says; reading ends at one that is not. A sparse file has
 * another name and size there, which some tools honour and others do not.
 */
function readPax(raw: Buffer): { path?: string; target?: string; bytes?: number } {
  const values: { path?: string; target?: string; bytes?: number } = {};
  for (let at = 0; at < raw.length; ) {
    const [head = '', digits] = /^(\d+) /.exec(raw.toString('latin1', at, at + 20)) ?? [];
    const end = at + Number(digits);
    const equals = raw.indexOf('=', at + head.length);
    if (head === '' || equals < 0 || end <= equals || end > raw.length) break;
    const key = raw.toString('utf8', at + head.length, equals);
    const value = () => raw.toString('utf8', equals + 1, end - 1);
    if (key === 'path') values.path = value();
    if (key === 'linkpath') values.target = value();
    if (key === 'size') values.bytes = Number(value());
    if (key.startsWith('GNU.sparse.')) throw new BrokenArchive('corrupt', 'a sparse file');
    at = end;
  }
  return values;
}

/** Takes bytes off a stream of chunks, in pieces of any size. */
class Cursor {
  readonly #chunks: AsyncIterator<Buffer>;
  #chunk: Buffer = Buffer.alloc(0);

  constructor(chunks: AsyncIterable<Buffer>) {
    this.#chunks = chunks[Symbol.asyncIterator]();
  }

  async take(bytes: number): Promise<Buffer> {
    const parts: Buffer[] = [];
    for await (const part of this.#parts(bytes)) parts.push(part);
    const [first, ...others] = parts;
    return first && others.length === 0 ? first : Buffer.concat(parts);
  }

  async drain(): Promise<void> {
    for (let bytes = 0; ; ) {
      const { value, done } = await this.#chunks.next();
      if (done) return;
      bytes += value.length;
      if (bytes > MAX_TRAILING_BYTES)
        throw new BrokenArchive('too-large', 'it goes on after its end');
    }
  }

  async skip(bytes: number): Promise<void> {
    for await (const _ of this.#parts(bytes));
  }

  /** The next bytes as a stream; `finish` skips what nobody read of them. */
  content(bytes: number) {
    let left = bytes;
    const parts = (count: number) => this.#parts(count);
    return {
      async *read() {
        for await (const part of parts(left)) {
          left -= part.length;
          yield part;
        }
      },
      finish: () => this.skip(left),
    };
  }

  async *#parts(bytes: number): AsyncGenerator<Buffer> {
    for (let left = bytes; left > 0; ) {
      if (this.#chunk.length === 0) {
        const { value, done } = await this.#chunks.next();
        if (done) throw new BrokenArchive('truncated', 'it ends in the middle of a member');
        this.#chunk = value;
        continue;
      }
      const part = this.#chunk.subarray(0, left);
      this.#chunk = this.#chunk.subarray(part.length);
      left -= part.length;
      yield part;
    }
  }
}
