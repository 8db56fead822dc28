import { type FileHandle, open } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { createInflateRaw } from 'node:zlib';
import { BrokenArchive, LIMITS, type Member } from './member.ts';

/** A zip member with what decides whether YARN's and Spark's readers cope with it. */
export interface ZipEntry extends Member {
  method: number;
  isEncrypted: boolean;
  /** Flag bit 3: sizes and CRC follow the data instead of standing before it. */
  hasDescriptor: boolean;
  /** The local header, which is all YARN sees, has zip64 sizes. */
  isZip64: boolean;
  /** Local header and central directory name different files. */
  disagrees: boolean;
}

export interface ZipFile {
  members: number;
  /** Bytes before the first local header. */
  prefixBytes: number;
  /** Bytes between members that belong to none: a stream reader would trip over them. */
  hasGaps: boolean;
  entries(): AsyncGenerator<ZipEntry, void, void>;
  close(): Promise<void>;
}

const END_BYTES = 22;
const MAX_COMMENT_BYTES = 65535;
const READ_BYTES = 1024 * 1024;
const MAX_16 = 0xffff;
const MAX_32 = 0xffffffff;
/** A data descriptor with zip64 sizes and its signature. */
const MAX_DESCRIPTOR_BYTES = 24;
const LINK = 0o120000;
const TYPE_BITS = 0o170000;
const UNIX = 3;

interface CentralRecord {
  path: string;
  flags: number;
  method: number;
  compressedBytes: number;
  bytes: number;
  offset: number;
  unixMode: number | null;
}

/** Opens a zip by its central directory. Throws `BrokenArchive` when it has none that holds. */
export async function openZip(path: string): Promise<ZipFile> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    const directory = await findDirectory(file, size);
    const records: CentralRecord[] = [];
    for await (const record of readDirectory(file, directory)) records.push(record);
    const inOrder = [...records].sort((left, right) => left.offset - right.offset);
    const { hasGaps, overlaps } = measure(inOrder, directory.offset);
    if (overlaps) throw new BrokenArchive('too-large', 'members share the same bytes');
    return {
      members: records.length,
      prefixBytes: inOrder[0]?.offset ?? 0,
      hasGaps,
      entries: () => readEntries(file, inOrder),
      close: () => file.close(),
    };
  } catch (error) {
    await file.close();
    throw error;
  }
}

interface Directory {
  offset: number;
  bytes: number;
  members: number;
  /** What has to be added to offsets because something was put before the zip. */
  shift: number;
}

async function findDirectory(file: FileHandle, size: number): Promise<Directory> {
  const tailBytes = Math.min(size, END_BYTES + MAX_COMMENT_BYTES);
  const tail = await readAt(file, size - tailBytes, tailBytes);
  const at = tail.lastIndexOf(Buffer.from('PK\x05\x06', 'latin1'));
  if (at < 0 || at + END_BYTES > tail.length) {
    throw new BrokenArchive('truncated', 'it has no central directory');
  }
  const endOffset = size - tailBytes + at;
  const directory = {
    members: tail.readUInt16LE(at + 10),
    bytes: tail.readUInt32LE(at + 12),
    offset: tail.readUInt32LE(at + 16),
  };
  const isZip64 =
    directory.members === MAX_16 || directory.bytes === MAX_32 || directory.offset === MAX_32;
  let directoryEnd = endOffset;
  if (isZip64 && endOffset >= 20) {
    const locator = await readAt(file, endOffset - 20, 20);
    if (locator.readUInt32LE(0) === 0x07064b50) {
      const recordOffset = Number(locator.readBigUInt64LE(8));
      const record = await readAt(file, recordOffset, 56);
      if (record.readUInt32LE(0) === 0x06064b50) {
        directory.members = Number(record.readBigUInt64LE(32));
        directory.bytes = Number(record.readBigUInt64LE(40));
        directory.offset = Number(record.readBigUInt64LE(48));
        directoryEnd = recordOffset;
      }
    }
  }
  const shift = directoryEnd - directory.bytes - directory.offset;
  if (shift < 0) throw new BrokenArchive('truncated', 'its central directory lies outside of it');
  if (directory.members > LIMITS.members) {
    throw new BrokenArchive('too-large', `it has ${directory.members} members`);
  }
  return { ...directory, offset: directory.offset + shift, shift };
}

async function* readDirectory(
  file: FileHandle,
  directory: Directory,
): AsyncGenerator<CentralRecord> {
  let at = directory.offset;
  const end = directory.offset + directory.bytes;
  let window = Buffer.alloc(0);
  let windowAt = at;
  const view = async (bytes: number): Promise<Buffer> => {
    const from = at - windowAt;
    if (from + bytes <= window.length) return window.subarray(from, from + bytes);
    window = await readAt(file, at, Math.min(Math.max(READ_BYTES, bytes), end - at));
    windowAt = at;
    if (window.length < bytes) throw new BrokenArchive('truncated', 'a cut central directory');
    return window.subarray(0, bytes);
  };
  for (let index = 0; index < directory.members; index += 1) {
    const fixed = await view(46);
    if (fixed.readUInt32LE(0) !== 0x02014b50) {
      throw new BrokenArchive('corrupt', 'its central directory is damaged');
    }
    const nameBytes = fixed.readUInt16LE(28);
    const extraBytes = fixed.readUInt16LE(30);
    const recordBytes = 46 + nameBytes + extraBytes + fixed.readUInt16LE(32);
    const record = await view(recordBytes);
    const large = zip64Values(record.subarray(46 + nameBytes, 46 + nameBytes + extraBytes));
    const number = (at: number) => {
      const value = record.readUInt32LE(at);
      return value === MAX_32 ? Number(large.shift() ?? value) : value;
    };
    // The order of the calls is the order of the values in the zip64 field.
    const bytes = number(24);
    const compressedBytes = number(20);
    const offset = number(42) + directory.shift;
    yield {
      path: record.toString('utf8', 46, 46 + nameBytes),
      flags: record.readUInt16LE(8),
      method: record.readUInt16LE(10),
      compressedBytes,
      bytes,
      offset,
      unixMode: record.readUInt16LE(4) >> 8 === UNIX ? record.readUInt32LE(38) >>> 16 : null,
    };
    at += recordBytes;
  }
}

function zip64Values(extra: Buffer): bigint[] {
  for (let at = 0; at + 4 <= extra.length; at += 4 + extra.readUInt16LE(at + 2)) {
    if (extra.readUInt16LE(at) !== 1) continue;
    const end = Math.min(at + 4 + extra.readUInt16LE(at + 2), extra.length);
    const values: bigint[] = [];
    for (let from = at + 4; from + 8 <= end; from += 8) values.push(extra.readBigUInt64LE(from));
    return values;
  }
  return [];
}

/** Whether the members' bytes lie one behind the other, as a stream reader needs them. */
function measure(records: readonly CentralRecord[], directoryOffset: number) {
  let hasGaps = false;
  let overlaps = false;
  records.forEach((record, index) => {
    const next = records[index + 1]?.offset ?? directoryOffset;
    const least = record.offset + 30 + Buffer.byteLength(record.path) + record.compressedBytes;
    const slack = next - least;
    if (slack < 0) overlaps = true;
    // A local extra field is part of the slack; real ones are short.
    if (slack > MAX_DESCRIPTOR_BYTES + 512) hasGaps = true;
  });
  return { hasGaps, overlaps };
}

async function* readEntries(
  file: FileHandle,
  records: readonly CentralRecord[],
): AsyncGenerator<ZipEntry, void, void> {
  for (const record of records) {
    const local = await readAt(file, record.offset, 30);
    if (local.length < 30 || local.readUInt32LE(0) !== 0x04034b50) {
      throw new BrokenArchive('corrupt', `\`${record.path}\` has no local header`);
    }
    const nameBytes = local.readUInt16LE(26);
    const extraBytes = local.readUInt16LE(28);
    const rest = await readAt(file, record.offset + 30, nameBytes + extraBytes);
    const name = rest.toString('utf8', 0, nameBytes);
    const dataOffset = record.offset + 30 + nameBytes + extraBytes;
    const { path, method, bytes, unixMode } = record;
    const isLink = unixMode !== null && (unixMode & TYPE_BITS) === LINK;
    const flags = local.readUInt16LE(6);
    const content = () => readContent(file, record, dataOffset);
    yield {
      path: path.replace(/\/$/, ''),
      type: isLink ? 'link' : path.endsWith('/') ? 'directory' : 'file',
      mode: unixMode ? unixMode & 0o7777 : null,
      bytes,
      modified: null,
      target: isLink && bytes < 4096 ? await readText(content()) : '',
      method,
      isEncrypted: (flags & 1) !== 0,
      hasDescriptor: (flags & 8) !== 0,
      isZip64:
        local.readUInt32LE(18) === MAX_32 || zip64Values(rest.subarray(nameBytes)).length > 0,
      disagrees: name !== path || local.readUInt16LE(8) !== method,
      content,
    };
  }
}

async function readText(chunks: AsyncIterable<Buffer>): Promise<string> {
  const parts: Buffer[] = [];
  for await (const chunk of chunks) parts.push(chunk);
  return Buffer.concat(parts).toString('utf8');
}

/** The member's content, never more than it says it has. Other methods than 0 and 8 give none. */
async function* readContent(
  file: FileHandle,
  record: CentralRecord,
  dataOffset: number,
): AsyncGenerator<Buffer> {
  const raw = readRange(file, dataOffset, record.compressedBytes);
  if (record.method === 0) {
    yield* raw;
    return;
  }
  if (record.method !== 8) return;
  let read = 0;
  const source = Readable.from(raw, { objectMode: false });
  const inflate = createInflateRaw();
  source.on('error', (error) => inflate.destroy(error));
  try {
    for await (const chunk of source.pipe(inflate)) {
      read += chunk.length;
      if (read > record.bytes) {
        throw new BrokenArchive('corrupt', `\`${record.path}\` is larger than it says`);
      }
      yield chunk;
    }
  } catch (error) {
    if (error instanceof BrokenArchive) throw error;
    throw new BrokenArchive('corrupt', `\`${record.path}\` cannot be inflated`);
  } finally {
    source.destroy();
    inflate.destroy();
  }
}

async function* readRange(file: FileHandle, offset: number, bytes: number): AsyncGenerator<Buffer> {
  for (let done = 0; done < bytes; ) {
    const piece = await readAt(file, offset + done, Math.min(READ_BYTES, bytes - done));
    if (piece.length === 0) throw new BrokenArchive('truncated', 'it ends in a member');
    done += piece.length;
    yield piece;
  }
}

async function readAt(
  file: FileHandle,
  offset: number,
  bytes: number,
): Promise<Buffer<ArrayBuffer>> {
  const buffer = Buffer.alloc(Math.max(0, bytes));
  const { bytesRead } = await file.read(buffer, 0, buffer.length, offset);
  return buffer.subarray(0, bytesRead);
}
