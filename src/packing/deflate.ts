import { constants, crc32, deflateRawSync } from 'node:zlib';

/**
 * Deflate in pieces.
 *
 * Each file of an archive is one run of deflate blocks that ends on a byte boundary (Z_SYNC_FLUSH)
 * and is not marked as the last. Such runs can be put one behind the other: a zip entry is one run
 * and the two bytes that end a stream; a gzip member is many runs with tar headers between them.
 * So a file is compressed once, whatever the format, the top-level folder and its neighbours.
 */

/** A last, empty block with fixed codes: ends a stream made of sync-flushed runs. */
export const DEFLATE_END = Buffer.from([0x03, 0x00]);

/** Large files are cut so that both cores work on one file; 1 MiB costs 0.1 % in size. */
export const BLOCK_BYTES = 1024 * 1024;

/** How far back deflate can refer, and so how much of the previous block helps the next. */
export const WINDOW_BYTES = 32 * 1024;

/** Worst case of deflate on incompressible input (zlib.h, deflateBound), with room for the flush. */
function bound(bytes: number): number {
  return Math.max(1024, bytes + (bytes >> 9) + 128);
}

/** zlib's largest tables: on level 2, 5 % less processor time than by default, for 0.2 % more bytes. */
export const MEM_LEVEL = 9;

/** One block of a file, and what stands before it. */
export interface Block {
  bytes: Buffer;
  /** Up to `WINDOW_BYTES` of the same file that end where the block begins; null at its beginning. */
  window: Buffer | null;
  /** Whether it is all of its file: then it may be stored. */
  isWhole: boolean;
}

/** What deflate makes of a block; `stored` is the block itself, which deflate could not shrink. */
export interface CompressedBlock {
  data: Buffer;
  /** CRC-32 of the block alone. */
  crc: number;
  method: 'deflate' | 'stored';
}

/** Compresses one block of a file; the window primes deflate with what stands before, as pigz does. */
export function compressBlock({ bytes, window, isWhole }: Block, level: number): CompressedBlock {
  const crc = crc32(bytes);
  const data = deflateRawSync(bytes, {
    level,
    memLevel: MEM_LEVEL,
    finishFlush: constants.Z_SYNC_FLUSH,
    // Mostly enough, and half as much to be collected.
    chunkSize: bound(bytes.length >> 1),
    ...(window && { dictionary: window }),
  });
  return isWhole && data.length >= bytes.length
    ? { data: bytes, crc, method: 'stored' }
    : { data, crc, method: 'deflate' };
}

/** Compresses tar headers: a few hundred bytes, where a trip to the pool costs more than it saves. */
export function deflateSmall(bytes: Buffer): Buffer {
  return deflateRawSync(bytes, {
    level: 4,
    memLevel: 3,
    windowBits: 11,
    finishFlush: constants.Z_SYNC_FLUSH,
    chunkSize: bound(bytes.length),
  });
}

const STORED_BLOCK_BYTES = 65535;

/** Wraps bytes that deflate cannot shrink as stored blocks: 5 bytes more per 64 KiB. */
export function* storedBlocks(bytes: Buffer): Generator<Buffer> {
  for (let from = 0; from < bytes.length; from += STORED_BLOCK_BYTES) {
    const piece = bytes.subarray(from, from + STORED_BLOCK_BYTES);
    const header = Buffer.alloc(5);
    header.writeUInt16LE(piece.length, 1);
    header.writeUInt16LE(piece.length ^ 0xffff, 3);
    yield header;
    yield piece;
  }
}

/** CRC-32's polynomial, bits reversed. */
const POLYNOMIAL = 0xedb88320;

/** Product of two polynomials modulo CRC-32's. */
function multiply(left: number, right: number): number {
  let product = 0;
  let factor = right;
  for (let bit = 1 << 31; bit !== 0; bit >>>= 1) {
    if (left & bit) product ^= factor;
    factor = factor & 1 ? (factor >>> 1) ^ POLYNOMIAL : factor >>> 1;
  }
  return product;
}

/** x to the power of 2^n, modulo the polynomial. */
const POWERS = Array.from<number>({ length: 64 });
POWERS[0] = 1 << 30;
for (let index = 1; index < POWERS.length; index += 1) {
  const before = POWERS[index - 1] as number;
  POWERS[index] = multiply(before, before);
}

/**
 * CRC-32 of two pieces put together, from their own (zlib's `crc32_combine`): the sum over a gzip
 * member without reading again the bytes whose sum is known.
 */
export function combineCrc(first: number, second: number, secondBytes: number): number {
  let shift = 1 << 31;
  let power = 3;
  for (let rest = secondBytes; rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) shift = multiply(POWERS[power] as number, shift);
    power += 1;
  }
  return (multiply(shift, first) ^ second) >>> 0;
}
