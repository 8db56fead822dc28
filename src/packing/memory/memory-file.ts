import { writeFileSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import { listOf, number, object, or, parseJson, string } from '../../domain/shape.ts';
import { putWhole, readOrNull } from '../cache-file.ts';
import type { WrittenSegment } from '../output.ts';
import type { WrittenNames } from '../prefix-names.ts';
import type { PackWarning } from '../warning.ts';
import { KNOWN_FILE, type KnownFile } from './known-files.ts';
import { FIELDS, type PrefixState } from './state.ts';

/** What a packing came to. */
export interface Outcome {
  files: number;
  bytes: number;
  sourceBytes: number;
  sha256: string;
  segments: WrittenSegment[];
  /** Segments that hold files with content. */
  compressed: number;
  warnings: PackWarning[];
}

/** Names of a prefix, and what they were found by. */
export interface NotedNames {
  names: string[];
  writtenNames: WrittenNames;
}

/** All that is kept of a packing. */
export interface Memory extends NotedNames {
  /** Which prefix was packed how, by which packer. */
  identity: string;
  state: PrefixState;
  /** Null where something outside the prefix has a part in it. */
  outcome: Outcome | null;
  /** Read only when they are asked for: where nothing changed nobody does. */
  files(): KnownFile[];
}

type Head = Omit<Memory, 'state' | 'files'> & { takenAt: number };

const HEAD = object<Head>({
  identity: string,
  takenAt: number,
  names: listOf(string),
  writtenNames: object<WrittenNames>({ scripts: listOf(string), unpacked: listOf(string) }),
  outcome: or(
    object<Outcome>({
      ...{ files: number, bytes: number, sourceBytes: number, compressed: number, sha256: string },
      segments: listOf(
        object<WrittenSegment>({
          ...{ name: string, bytes: number, sha256: string, offset: number },
          content: or(string, undefined),
        }),
      ),
      warnings: listOf(
        object<PackWarning>({ id: string, text: string, path: or(string, undefined) }),
      ),
    }),
    null,
  ),
});

const MAGIC = 0x4d4d4552;
/** Magic, CRC-32 of all behind it, and the lengths of the four parts. */
const FRONT_BYTES = 24;
const CHECKED_FROM = 8;

/** Nobody reads half of it. Throws what the file system throws. */
export function writeMemory(path: string, memory: Memory): void {
  const { state, files, ...head } = memory;
  const parts = [
    Buffer.from(JSON.stringify({ ...head, takenAt: state.takenAt })),
    Buffer.from(state.paths.join('\0')),
    Buffer.from(state.marks.buffer, state.marks.byteOffset, state.marks.byteLength),
    Buffer.from(JSON.stringify(files())),
  ];
  const front = Buffer.alloc(FRONT_BYTES);
  front.writeUInt32LE(MAGIC, 0);
  for (const [index, part] of parts.entries()) front.writeUInt32LE(part.length, 8 + 4 * index);
  const bytes = Buffer.concat([front, ...parts]);
  bytes.writeUInt32LE(crc32(bytes.subarray(CHECKED_FROM)), 4);
  putWhole(path, (temporary) => writeFileSync(temporary, bytes, { flag: 'wx' }));
}

/** Null for none, a damaged one, and one of something else. */
export function readMemory(path: string, identity: string): Memory | null {
  const bytes = readOrNull(path);
  if (!bytes || bytes.length < FRONT_BYTES || bytes.readUInt32LE(0) !== MAGIC) return null;
  if (bytes.readUInt32LE(4) !== crc32(bytes.subarray(CHECKED_FROM))) return null;
  const parts: Buffer[] = [];
  let from = FRONT_BYTES;
  for (let at = 8; at < FRONT_BYTES; at += 4) {
    const length = bytes.readUInt32LE(at);
    parts.push(bytes.subarray(from, from + length));
    from += length;
  }
  const [headBytes, pathBytes, markBytes, fileBytes] = parts as [Buffer, Buffer, Buffer, Buffer];
  const head = parseJson(headBytes.toString(), HEAD);
  if (head?.identity !== identity) return null;
  const { takenAt, ...rest } = head;
  const paths = pathBytes.toString().split('\0');
  // A copy, because numbers must lie at multiples of their size.
  const marks = new Float64Array(new Uint8Array(markBytes).buffer);
  if (marks.length !== paths.length * FIELDS) return null;
  return {
    ...rest,
    state: { takenAt, paths, marks },
    files: () => parseJson(fileBytes.toString(), listOf(KNOWN_FILE)) ?? [],
  };
}
