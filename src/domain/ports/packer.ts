/** From a prefix to an archive, and what is known of one that is still being written. */
import type { Archive, ArchiveSegment } from '../archive.ts';
import type { Linked } from '../lock.ts';
import type { PackageFiles } from '../modules.ts';
import type { ArchiveFormat, Packer as PackerName } from '../request.ts';
import type { Progress } from './progress.ts';

export interface PackRequest {
  prefix: string;
  /** Absolute path of the archive to write. */
  output: string;
  format: ArchiveFormat;
  /** The single top-level folder inside: the environment's name. */
  root: string;
  packer: PackerName;
  /** What was linked into the prefix, where nothing else happened in it. */
  linked: Linked | null;
  /**
   * Told of each segment as it is written: its bytes, and all before them, are final in the file at `path`,
   * which lies there until the archive is whole. Packers that know of no segments tell nothing.
   */
  onSegment?: (segment: ArchiveSegment, path: string) => void;
}

/** An archive that is still being written on the build host. */
export interface GrowingArchive {
  fingerprint: string;
  /** What it will be called: `churn.zip`. */
  name: string;
  /**
   * What is final of it, as soon as that is more than `bytes`, or all of it: then there will be no more.
   * Rejects where it will never be whole.
   */
  beyond(bytes: number): Promise<Grown>;
}

export interface Grown {
  /** Where the bytes lie, for as long as it is not whole. */
  path: string;
  segments: readonly ArchiveSegment[];
  isWhole: boolean;
}

/** What has travelled of an archive to an edge before it was whole. */
export interface SentAhead {
  /** Its first so many segments: for these it is decided whether they travel. */
  segments: number;
  /** Those of them that the edge has in older archives, by sha256, and that do not travel. */
  found: ReadonlyMap<string, { file: string; offset: number }>;
  /** Seconds in which bytes were sent. */
  seconds: number;
}

/** Writes an archive; the same prefix content gives the same sha256. */
export interface Packer {
  /** Packages that are linked, and nothing else, are known from then on. */
  pack(request: PackRequest, progress: Progress): Promise<PackResult>;
  /**
   * The archive that `pack` would write, byte for byte, of a prefix which need not be there; null when
   * a package is not known, or does not stand for itself beside the others.
   */
  assemble(request: PackRequest, progress: Progress): Promise<Assembled | null>;
  /** Names of the packages that `assemble` does not know; null where it never puts these together. */
  lacking(request: PackRequest): readonly string[] | null;
  /** `assemble`, where the packages that it did not know lie in the prefix, and no others. */
  complete(request: PackRequest, progress: Progress): Promise<Assembled | null>;
}

export interface Assembled extends PackResult {
  packages: readonly PackageFiles[];
}

export interface PackResult {
  archive: Archive;
  /** Pieces an edge may already have in an older archive. */
  segments: ArchiveSegment[];
  /** Bytes on disk once unpacked. */
  unpackedBytes: number;
  /** Segments reused from the cache and made anew. */
  cache: { hits: number; misses: number };
  warnings: { id: string; text: string }[];
}
