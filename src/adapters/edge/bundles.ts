import { open } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import type { Archive, ArchiveSegment } from '../../domain/archive.ts';
import { append } from './segments.ts';
import type { Range } from './upload.ts';

/**
 * Segments of an archive as archives of their own, for an edge that has the whole one: which pieces
 * of it to join, and what they end with. A gzip member is a file of its own, and ends as the archive does;
 * pieces of a zip need a directory of their own (PKWARE APPNOTE 6.3.10, 4.3.12 and 4.3.16).
 */
export interface Bundles {
  /** `ENDING PIECE…`: words for the program that unpacks. */
  own(segments: readonly ArchiveSegment[]): string;
  /** `PACKAGE SHA256 PIECE ENDING` of one segment, which may lie elsewhere in what has arrived of the archive. */
  alone(segment: ArchiveSegment, piece?: Range): string;
}

/** Below this, a package costs more as one than its files do. */
const WORTHWHILE = 64 * 1024;

/** Whether an edge keeps this segment's files for other environments, too. */
export function isPackage({ name, bytes }: ArchiveSegment): boolean {
  return /^(conda|pip):/.test(name) && bytes >= WORTHWHILE;
}

/** What an edge keeps a segment's files under: archives of other names have other bytes of the same. */
export function packageOf({ content, sha256 }: ArchiveSegment): string {
  return content ?? sha256;
}

/** Null for an archive that only unpacks as a whole: one with numbers that need zip64. */
export async function readBundles(
  archivePath: string,
  archive: Archive,
  segments: readonly ArchiveSegment[],
): Promise<Bundles | null> {
  const last = segments.at(-1);
  if (last?.name !== 'end') return null;
  const end = await readPiece(archivePath, last);
  const merged = (several: readonly ArchiveSegment[]) => pieces(several).map(piece);
  const members = archive.format === 'zip' ? membersOf(end, last.offset) : [];
  if (!members) return null;
  const ending = (several: readonly ArchiveSegment[]) =>
    gzipSync(archive.format === 'zip' ? directoryOf(members, several) : end).toString('base64');
  return {
    own: (several) => [ending(several), ...merged(several)].join(' '),
    alone: (segment, where = segment) =>
      [packageOf(segment), segment.sha256, piece(where), ending([segment])].join(' '),
  };
}

function piece({ offset, bytes }: Range): string {
  return `${offset}:${bytes}`;
}

/** Segments, in order, as few pieces: neighbours are one. */
function pieces(segments: readonly ArchiveSegment[]): Range[] {
  const joined: Range[] = [];
  for (const { offset, bytes } of segments) if (bytes > 0) append(joined, { offset, bytes });
  return joined;
}

async function readPiece(path: string, { offset, bytes }: Range): Promise<Buffer> {
  const file = await open(path, 'r');
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(bytes), 0, bytes, offset);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

/** A member's header in the directory, and where the member begins in the archive. */
interface Member {
  header: Buffer;
  offset: number;
}

const HEADER = 0x02014b50;
const HEADER_BYTES = 46;
/** Where in a header the member's own offset stands. */
const OFFSET_AT = 42;
const END_BYTES = 22;
const MOST_MEMBERS = 0xfffe;

/** In the order of the archive; null where there is an extra field, which only zip64 needs. */
function membersOf(directory: Buffer, end: number): Member[] | null {
  const members: Member[] = [];
  let at = 0;
  while (at + HEADER_BYTES <= directory.length && directory.readUInt32LE(at) === HEADER) {
    const bytes = HEADER_BYTES + directory.readUInt16LE(at + 28);
    const more = directory.readUInt16LE(at + 30) + directory.readUInt16LE(at + 32);
    const offset = directory.readUInt32LE(at + OFFSET_AT);
    if (more > 0 || offset >= end || offset < (members.at(-1)?.offset ?? 0)) return null;
    members.push({ header: directory.subarray(at, at + bytes), offset });
    at += bytes;
  }
  return at + END_BYTES === directory.length && members.length <= MOST_MEMBERS ? members : null;
}

/** The directory of the members in these segments, as if nothing else were between them. */
function directoryOf(members: readonly Member[], segments: readonly ArchiveSegment[]): Buffer {
  const headers: Buffer[] = [];
  let before = 0;
  for (const { offset, bytes } of segments) {
    for (let at = firstFrom(members, offset); at < members.length; at += 1) {
      const member = members[at] as Member;
      if (member.offset >= offset + bytes) break;
      const header = Buffer.from(member.header);
      header.writeUInt32LE(member.offset - offset + before, OFFSET_AT);
      headers.push(header);
    }
    before += bytes;
  }
  const end = Buffer.alloc(END_BYTES);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(headers.length, 8);
  end.writeUInt16LE(headers.length, 10);
  end.writeUInt32LE(
    headers.reduce((sum, { length }) => sum + length, 0),
    12,
  );
  end.writeUInt32LE(before, 16);
  return Buffer.concat([...headers, end]);
}

/** Index of the first member that begins there or behind it. */
function firstFrom(members: readonly Member[], offset: number): number {
  let [low, high] = [0, members.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((members[middle] as Member).offset < offset) low = middle + 1;
    else high = middle;
  }
  return low;
}
