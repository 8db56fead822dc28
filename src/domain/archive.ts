import type { ArchiveFormat } from './request.ts';

/** The bytes that travel: a prefix in one file. */
export interface Archive {
  /** File name people see: `churn.zip`. */
  name: string;
  format: ArchiveFormat;
  sha256: string;
  bytes: number;
  files: number;
}

/** A piece of an archive; the pieces in order are all of its bytes. */
export interface ArchiveSegment {
  name: string;
  bytes: number;
  sha256: string;
  offset: number;
  /**
   * Digest (sha256) of what it unpacks to below the top-level folder, whose name is in its bytes: the same in
   * archives of other names and of the other format. Left out where nobody told it.
   */
  content?: string | undefined;
}
