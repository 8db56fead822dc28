import { createHash } from 'node:crypto';
import { closeSync, openSync, readFileSync, readSync } from 'node:fs';
import type { FileRecord } from './conda-meta.ts';
import type { PrefixFile } from './prefix.ts';

/**
 * Compiled Python in archives.
 *
 * A `.pyc` normally names its source's mtime (PEP 552), and every archive here has one constant
 * mtime, so all of them would count as stale: they would travel, cost localisation time (about
 * 5 ms per file on a NodeManager without native Hadoop libraries) and still be compiled again in
 * every Python worker, because a container may not write into a localised archive.
 *
 * So a `.pyc` that is valid now travels with its header turned into PEP 552's unchecked-hash
 * form, which holds whatever the mtimes are. Left out are those nobody would load (stale, without
 * a source, `-O` variants) and those no package lists: they are traces of somebody having run
 * Python in the prefix, and would make two packings of one environment differ.
 */
const CACHED = /^((?:.*\/)?)__pycache__\/([^/]+?)\.([^./]+?)(\.opt-[^./]+)?\.pyc$/;

/** numba's index and machine code: tied to a source's time as well, and written where it runs. */
const NUMBA = /(^|\/)__pycache__\/[^/]+\.nb[ic]$/;
const HEADER_BYTES = 16;
const UNCHECKED_HASH = 0b01;

export interface CachedBytecode {
  source: string;
  optimised: boolean;
}

/** Source and variant of a path inside `__pycache__`, or null for any other path. */
export function cachedBytecode(path: string): CachedBytecode | null {
  const match = CACHED.exec(path);
  if (!match) return null;
  return { source: `${match[1]}${match[2]}.py`, optimised: match[4] !== undefined };
}

/** Whether a file in `__pycache__` is a trace of somebody having run numba there. */
export function isNumbaCache(path: string): boolean {
  return NUMBA.test(path);
}

/** What becomes of a `.pyc`: travels as it is, with an unchecked header, or not at all. */
export type BytecodeFate = 'keep' | 'uncheck' | 'drop';

export function bytecodeFate(input: {
  prefix: string;
  bytecode: PrefixFile;
  source: PrefixFile | undefined;
  /** conda's record of the source, when the package that ships it ships the bytecode too. */
  sourceRecord: FileRecord | null;
}): BytecodeFate {
  const { prefix, bytecode, source, sourceRecord } = input;
  if (source?.kind !== 'file') return 'drop';
  const header = readHeader(`${prefix}/${bytecode.path}`);
  if (!header) return 'drop';
  const flags = header.readUInt32LE(4);
  if (flags !== 0) return 'keep';
  if (header.readUInt32LE(12) !== source.bytes % 2 ** 32) return 'drop';
  if (header.readUInt32LE(8) === Math.floor(source.modified / 1000) % 2 ** 32) return 'uncheck';
  // Installers that copy instead of linking lose mtimes: a source that is still what its package
  // shipped goes with the bytecode shipped beside it.
  const shipped = sourceRecord?.sha256 === sha256(`${prefix}/${source.path}`);
  return shipped ? 'uncheck' : 'drop';
}

/** The same bytecode, valid without looking at its source. */
export function uncheckBytecode(content: Buffer): Buffer {
  const unchecked = Buffer.from(content);
  unchecked.writeUInt32LE(UNCHECKED_HASH, 4);
  unchecked.fill(0, 8, HEADER_BYTES);
  return unchecked;
}

function readHeader(path: string): Buffer | null {
  const header = Buffer.alloc(HEADER_BYTES);
  const file = openSync(path, 'r');
  try {
    return readSync(file, header) === HEADER_BYTES ? header : null;
  } finally {
    closeSync(file);
  }
}

function sha256(path: string): string {
  return createHash('sha256').update(readFileSync(path)).digest('hex');
}
