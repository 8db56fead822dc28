/** One member of an archive as a reader found it. */
export interface Member {
  path: string;
  type: 'file' | 'directory' | 'link' | 'hard-link' | 'other';
  /** Unix permission bits; null where the archive has none. */
  mode: number | null;
  bytes: number;
  /** Seconds since the epoch, where unpacking restores it: in a tar, not in a zip. */
  modified: number | null;
  target: string;
  /** The content, for those who want it: must be read before the next member, or not at all. */
  content(): AsyncIterable<Buffer>;
}

/** Why reading an archive came to an end before the archive did. */
export class BrokenArchive extends Error {
  readonly reason: 'truncated' | 'corrupt' | 'too-large';

  constructor(reason: BrokenArchive['reason'], message: string) {
    super(message);
    this.name = 'BrokenArchive';
    this.reason = reason;
  }
}

/**
 * More than this is not an environment but an attack or an accident. The largest environments
 * seen have about 100,000 files and 20 GB; deflate cannot shrink anything to less than 1/1032.
 */
export const LIMITS = { members: 1_000_000, bytes: 200e9, ratio: 200, ratioFromBytes: 1e9 };

/** Five minutes on a NodeManager that forks a process per file (measured: about 5 ms each). */
export const SLOW_FILES = 60_000;
