import { posix } from 'node:path';
import { userError } from '../domain/errors.ts';
import type { Linked } from '../domain/lock.ts';
import type { ArchiveFormat } from '../domain/request.ts';
import type { OnSegment } from './output.ts';

export interface PackRequest {
  /** The environment to pack, as conda created it. */
  prefix: string;
  /** The archive to write; while it grows it is called `<output>.part-…`. */
  output: string;
  format: ArchiveFormat;
  /** The single top-level folder inside: `churn` gives `churn/bin/python`. */
  root: string;
  /** Directory of compressed segments, shared by all packings; null for none. */
  cache?: string | null;
  /**
   * What is trusted of an earlier packing of this prefix with this cache: `unchanged` files are not
   * read again (see `memory/`); `verify` reads all, and is remembered. Null for neither, which is best
   * for a prefix that is packed once.
   */
  recall?: 'unchanged' | 'verify' | null;
  /** Deflate level, 1 to 9. */
  level?: number;
  /** Where the archive will be unpacked, when that is known: paths in files are made to fit. */
  targetPrefix?: string | null;
  /**
   * What an engine has linked into the prefix, where nothing else happened in it since: with a cache,
   * the packages are known from then on.
   */
  linked?: Linked | null;
  signal?: AbortSignal;
  onProgress?: (progress: PackProgress) => void;
  /** Told of each segment once its bytes, and all before them, are written for good. */
  onSegment?: OnSegment | undefined;
}

export interface PackProgress {
  files: number;
  /** Bytes of the prefix done, and all of them. */
  bytes: number;
  totalBytes: number;
}

/**
 * Level 2 is where zlib's curve bends: on numpy, scipy and pandas, level 4 takes 1.25 times the
 * processor time for 5 % fewer bytes, level 6 2.5 times for 8 %, and level 1 still 0.95 times for 2 % more.
 */
export const DEFAULT_LEVEL = 2;

/**
 * Errors: `bad-root`, `bad-level`. A root is one path component that needs no quoting anywhere: it ends up in
 * command lines.
 */
export function validate(root: string, level: number): void {
  if (!/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}$/.test(root)) {
    throw userError({
      code: 'bad-root',
      message: `\`${root}\` cannot be the top-level folder of an archive.`,
      suggestion: 'Use letters, digits, `_`, `-` and `.`, at most 64, e.g. `--root churn`.',
    });
  }
  if (!Number.isInteger(level) || level < 1 || level > 9) {
    throw userError({
      code: 'bad-level',
      message: `\`${level}\` is not a compression level.`,
      suggestion: `Use 1 (fast) to 9 (small); ${DEFAULT_LEVEL} is the default.`,
    });
  }
}

/**
 * The path the archive will be unpacked at, without a slash at its end; null for none.
 * Errors: `bad-target-prefix` for one that is not absolute, or that no file can name in one line.
 */
export function targetPrefixOf({ targetPrefix }: Pick<PackRequest, 'targetPrefix'>): string | null {
  if (targetPrefix == null) return null;
  const place = posix.normalize(targetPrefix).replace(/\/+$/, '');
  if (place.startsWith('/') && !/[\x00-\x1f\x7f]/.test(place)) return place;
  throw userError({
    code: 'bad-target-prefix',
    message: `\`${targetPrefix}\` is not an absolute path below \`/\`.`,
    suggestion: 'Name the folder `bin` will lie in, e.g. `--target-prefix /opt/envs/churn`.',
  });
}
