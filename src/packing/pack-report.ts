import type { ArchiveFormat } from '../domain/request.ts';
import type { WrittenSegment } from './output.ts';
import type { PackWarning } from './warning.ts';

/** What came of a packing. */
export interface PackReport {
  path: string;
  format: ArchiveFormat;
  root: string;
  /** Members that are files. */
  files: number;
  /** Size of the archive. */
  bytes: number;
  /** What its files take unpacked. */
  sourceBytes: number;
  sha256: string;
  seconds: number;
  /** Segments found in the cache and made anew, and the archive's bytes that came from it. */
  cache: { hits: number; misses: number; reusedBytes: number };
  /** The archive's pieces in order; together they are all of its bytes. */
  segments: WrittenSegment[];
  warnings: PackWarning[];
}
