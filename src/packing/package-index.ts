import { hash } from 'node:crypto';
import { existsSync, globSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Linked, LockedPackage } from '../domain/lock.ts';
import type { ArchiveFormat } from '../domain/request.ts';
import {
  boolean,
  listOf,
  number,
  object,
  oneOf,
  or,
  parseJson,
  type Shape,
  string,
} from '../domain/shape.ts';
import { markUsed, putWhole, readOrNull } from './cache-file.ts';
import type { FileRecord } from './conda-meta.ts';
import type { FoundFault } from './faults.ts';
import type { PrefixRecord } from './relocate.ts';
import { FOUND_FAULTS, PREFIX_RECORD } from './scanned-file.ts';

/**
 * What packing a package once has shown of it, so that neither its files nor a prefix are needed to
 * pack it again beside others. Paths are relative to the prefix. The compressed files are not in it:
 * they lie in the segment cache under the digests that are.
 */
export interface PackageIndex {
  name: string;
  /** Path of its record: `conda-meta/numpy-2.2.6-py311_0.json`. */
  record: string;
  /** What the prefix has of it, in the order of its record; folders are apart. */
  files: IndexedFile[];
  /** Folders that its record lists, and all that its files lie in. */
  folders: string[];
  /** Members of the archive that are its files, or copies behind its links. */
  members: IndexedMember[];
  /** Compiled Python that stays behind because of what is in its source. */
  outdated: string[];
  /** The record as it is archived. */
  blanked: Buffer;
}

/** One path as the engine linked it. */
export interface IndexedFile {
  path: string;
  kind: 'file' | 'link';
  executable: boolean;
  bytes: number;
  /** Where a link points; empty for a file. */
  target: string;
  /** Whether it travels, with the header of compiled Python rewritten, or stays behind. */
  fate: 'keep' | 'uncheck' | 'drop';
  linked: FileRecord;
}

/** One file of the archive, as it is there. */
export interface IndexedMember {
  path: string;
  /** The file of the prefix, perhaps another package's, that it has the content of. */
  source: string;
  /** What that package's record says of it; null for a file of this package. */
  lent: FileRecord | null;
  bytes: number;
  /** Digest of the archived bytes. */
  sha256: string;
  /** What `bin/conda-unpack` rewrites in it. */
  record: PrefixRecord | null;
  faults: FoundFault[];
}

const digest: Shape<string | null> = (value) => (value === null ? null : string(value));

const LINKED = object<FileRecord>({
  sha256: digest,
  mode: or(oneOf<'text' | 'binary'>(['text', 'binary']), null),
  placeholderBytes: number,
});

const FILE = object<IndexedFile>({
  ...{ path: string, executable: boolean, bytes: number, target: string, linked: LINKED },
  kind: oneOf(['file', 'link']),
  fate: oneOf(['keep', 'uncheck', 'drop']),
});

const MEMBER = object<IndexedMember>({
  ...{ path: string, source: string, bytes: number, sha256: string },
  lent: or(LINKED, null),
  record: or(PREFIX_RECORD, null),
  faults: FOUND_FAULTS,
});

const HEAD = object<Omit<PackageIndex, 'blanked'>>({
  ...{ name: string, record: string },
  files: listOf(FILE),
  folders: listOf(string),
  members: listOf(MEMBER),
  outdated: listOf(string),
});

/** How packages are linked: the same package linked in the same way has the same files. */
export interface Linking extends Linked {
  /** Every path of the prefix that is written in its files. */
  names: readonly string[];
  /** A zip has copies where a tar has links. */
  format: ArchiveFormat;
}

/**
 * Names under which the packages of a lock are known, in its order. A package for every platform may
 * be compiled and placed by the Python it is linked beside, so that one is part of its name. What the
 * channel's index says of a package is in its record, and taken to stay as it is, as a fingerprint does.
 */
export function packageKeys({ lock, engine, names, format }: Linking): string[] {
  const python = lock.packages.find(({ name }) => name === 'python')?.sha256 ?? null;
  const shared = [PACKER, engine, names, format, lock.platform];
  return lock.packages.map((entry) => {
    const beside = entry.subdir === 'noarch' ? python : null;
    return hash('sha256', JSON.stringify(['package', ...shared, identity(entry), beside]));
  });
}

/** Names of the packages of which nothing is known, in the order of the lock. */
export function unknownPackages(directory: string, linking: Linking): string[] {
  const keys = packageKeys(linking);
  const isUnknown = (_: LockedPackage, at: number) => !existsSync(join(directory, keys[at] ?? ''));
  return linking.lock.packages.filter(isUnknown).map(({ name }) => name);
}

function identity({ name, version, build, subdir, url, sha256 }: LockedPackage): string[] {
  return [name, version, build, subdir, url, sha256];
}

/**
 * Of the code that reads, rewrites and arranges files: another one may make other members. Taken as the
 * code is loaded, since what lies there later may be that of a newer version. An installed package has it
 * without types.
 */
const PACKER = hash(
  'sha256',
  globSync('**/*.{ts,js}', { cwd: import.meta.dirname })
    .sort()
    .map((name) => readFileSync(join(import.meta.dirname, name), 'utf8'))
    .join('\0'),
);

/**
 * Keeps an index beside the compressed segments, whose pruning takes it away too. It appears whole or
 * not at all. Throws what the file system throws.
 */
export function writePackageIndex(directory: string, key: string, index: PackageIndex): void {
  const { blanked, ...head } = index;
  const body = Buffer.concat([Buffer.from(`${JSON.stringify(head)}\n`), blanked]);
  const bytes = Buffer.concat([Buffer.from(`${hash('sha256', body)}\n`), body]);
  putWhole(join(directory, key), (temporary) => writeFileSync(temporary, bytes));
}

const DIGEST_LINE_BYTES = 65;

/** Null when there is none, or none that is whole: a damaged one is removed. */
export function readPackageIndex(directory: string, key: string): PackageIndex | null {
  const place = join(directory, key);
  const bytes = readOrNull(place);
  if (!bytes) return null;
  const index = parseIndex(bytes);
  if (index) markUsed(place);
  else removeDamaged(place);
  return index;
}

function removeDamaged(place: string): void {
  try {
    rmSync(place, { force: true });
  } catch {
    // Not ours to touch.
  }
}

function parseIndex(bytes: Buffer): PackageIndex | null {
  const body = bytes.subarray(DIGEST_LINE_BYTES);
  if (bytes.toString('latin1', 0, DIGEST_LINE_BYTES) !== `${hash('sha256', body)}\n`) return null;
  const end = body.indexOf('\n');
  const head = parseJson(body.toString('utf8', 0, end), HEAD);
  return head && { ...head, blanked: body.subarray(end + 1) };
}
