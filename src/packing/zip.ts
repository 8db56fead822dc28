/**
 * Zip records (PKWARE APPNOTE 6.3.10, section 4.3), for readers of both kinds: YARN reads a zip
 * from its first byte and sees local headers only; Spark reads the central directory. So sizes and
 * CRC are in the local headers, nothing follows the data, and zip64 appears only where a number
 * does not fit.
 */

/** 1980-01-01 00:00, the constant of `MEMBER_TIME_SECONDS` in DOS form. */
const DOS_TIME = 0;
const DOS_DATE = (0 << 9) | (1 << 5) | 1;

const UNIX = 3;
const VERSION_DEFLATE = 20;
const VERSION_ZIP64 = 45;
const UTF8_FLAG = 0x0800;
const ZIP64_EXTRA = 0x0001;
const MAX_16 = 0xffff;
const MAX_32 = 0xffffffff;

export const ZIP_METHODS = { stored: 0, deflate: 8 } as const;

export interface ZipMember {
  /** Path inside the archive; a directory's ends with a slash. */
  path: string;
  /** Unix mode with file type, e.g. `0o100755`. */
  mode: number;
  method: number;
  crc: number;
  compressedBytes: number;
  bytes: number;
  /** Where its local header begins. */
  offset: number;
}

/** The local header, which stands before the member's data. */
export function zipLocalHeader(member: ZipMember): Buffer {
  const name = Buffer.from(member.path);
  const large = member.bytes >= MAX_32 || member.compressedBytes >= MAX_32;
  const extra = large ? zip64Extra([member.bytes, member.compressedBytes]) : Buffer.alloc(0);
  const header = Buffer.alloc(30);
  header.writeUInt32LE(0x04034b50, 0);
  header.writeUInt16LE(large ? VERSION_ZIP64 : VERSION_DEFLATE, 4);
  writeCommon(header, 6, member, large);
  header.writeUInt16LE(name.length, 26);
  header.writeUInt16LE(extra.length, 28);
  return Buffer.concat([header, name, extra]);
}

/** The member's record in the central directory. */
export function zipCentralHeader(member: ZipMember): Buffer {
  const name = Buffer.from(member.path);
  const largeSizes = member.bytes >= MAX_32 || member.compressedBytes >= MAX_32;
  const largeOffset = member.offset >= MAX_32;
  const extra = zip64Extra([
    ...(largeSizes ? [member.bytes, member.compressedBytes] : []),
    ...(largeOffset ? [member.offset] : []),
  ]);
  const version = extra.length > 0 ? VERSION_ZIP64 : VERSION_DEFLATE;
  const header = Buffer.alloc(46);
  header.writeUInt32LE(0x02014b50, 0);
  header.writeUInt16LE((UNIX << 8) | version, 4);
  header.writeUInt16LE(version, 6);
  writeCommon(header, 8, member, largeSizes);
  header.writeUInt16LE(name.length, 28);
  header.writeUInt16LE(extra.length, 30);
  const isDirectory = member.path.endsWith('/');
  header.writeUInt32LE(((member.mode << 16) | (isDirectory ? 0x10 : 0)) >>> 0, 38);
  header.writeUInt32LE(largeOffset ? MAX_32 : member.offset, 42);
  return Buffer.concat([header, name, extra]);
}

/** What ends a zip: zip64 records where a number does not fit, and the end record. */
export function zipEnd(directory: { members: number; bytes: number; offset: number }): Buffer {
  const { members, bytes, offset } = directory;
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(Math.min(members, MAX_16), 8);
  end.writeUInt16LE(Math.min(members, MAX_16), 10);
  end.writeUInt32LE(Math.min(bytes, MAX_32), 12);
  end.writeUInt32LE(Math.min(offset, MAX_32), 16);
  if (members < MAX_16 && bytes < MAX_32 && offset < MAX_32) return end;
  const record = Buffer.alloc(56);
  record.writeUInt32LE(0x06064b50, 0);
  record.writeBigUInt64LE(44n, 4);
  record.writeUInt16LE((UNIX << 8) | VERSION_ZIP64, 12);
  record.writeUInt16LE(VERSION_ZIP64, 14);
  record.writeBigUInt64LE(BigInt(members), 24);
  record.writeBigUInt64LE(BigInt(members), 32);
  record.writeBigUInt64LE(BigInt(bytes), 40);
  record.writeBigUInt64LE(BigInt(offset), 48);
  const locator = Buffer.alloc(20);
  locator.writeUInt32LE(0x07064b50, 0);
  locator.writeBigUInt64LE(BigInt(offset + bytes), 8);
  locator.writeUInt32LE(1, 16);
  return Buffer.concat([record, locator, end]);
}

/** The run of fields both headers share: flags, method, time, date, CRC and sizes. */
function writeCommon(header: Buffer, at: number, member: ZipMember, large: boolean): void {
  // The flag says that the name is UTF-8; for ASCII it is the same bytes either way.
  header.writeUInt16LE(/^[\x00-\x7f]*$/.test(member.path) ? 0 : UTF8_FLAG, at);
  header.writeUInt16LE(member.method, at + 2);
  header.writeUInt16LE(DOS_TIME, at + 4);
  header.writeUInt16LE(DOS_DATE, at + 6);
  header.writeUInt32LE(member.crc, at + 8);
  header.writeUInt32LE(large ? MAX_32 : member.compressedBytes, at + 12);
  header.writeUInt32LE(large ? MAX_32 : member.bytes, at + 16);
}

function zip64Extra(values: readonly number[]): Buffer {
  if (values.length === 0) return Buffer.alloc(0);
  const extra = Buffer.alloc(4 + 8 * values.length);
  extra.writeUInt16LE(ZIP64_EXTRA, 0);
  extra.writeUInt16LE(8 * values.length, 2);
  values.forEach((value, index) => {
    extra.writeBigUInt64LE(BigInt(value), 4 + 8 * index);
  });
  return extra;
}
