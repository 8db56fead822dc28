import type { ArchivedEntry } from './members.ts';

/** A file's content as deflate left it: see `deflate.ts`. */
export interface CompressedFile {
  bytes: number;
  /** CRC-32 of the content. */
  crc: number;
  /** `deflate` is a sync-flushed run without an end; `stored` the content itself. */
  method: 'deflate' | 'stored';
  compressedBytes: number;
  /** The compressed bytes, in order; may be read once. */
  read(): Iterable<Buffer>;
}

/**
 * Puts compressed files into an archive: two of them, zip and tar.gz, that get the same calls and
 * give back the bytes to append. Segments are the unit that repeats from archive to archive.
 */
export interface ArchiveWriter {
  beginSegment(): Iterable<Buffer>;
  /** `file` is given for files with content, and only for those. */
  add(entry: ArchivedEntry, file: CompressedFile | null): Iterable<Buffer>;
  endSegment(): Iterable<Buffer>;
  /** What stands behind the last segment. */
  end(): Iterable<Buffer>;
}

/**
 * The one mode bit that travels is the owner's x: everything is readable by everybody, whatever
 * the umask was, because an archive in YARN's public cache is unpacked by one user and read by
 * another. No setuid bits.
 */
export function memberMode(entry: ArchivedEntry): number {
  if (entry.kind === 'link') return 0o777;
  return entry.kind === 'directory' || entry.executable ? 0o755 : 0o644;
}
