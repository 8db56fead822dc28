import type { CompressedFile } from './archive-writer.ts';
import type { SegmentCache, SegmentRecorder } from './cache.ts';
import type { SegmentAtWork } from './segment-reading.ts';
import type { PackWarning } from './warning.ts';

/**
 * Keeps what is compressed for the next packing. The archive is what matters: a cache that cannot
 * be written is left alone from then on.
 */
export class Recording {
  readonly #cache: SegmentCache | null;
  #recorder: SegmentRecorder | null = null;
  warning: PackWarning | null = null;

  constructor(cache: SegmentCache | null) {
    this.#cache = cache;
  }

  start({ key, cached }: SegmentAtWork): void {
    if (!this.#cache || key === null || cached || this.warning) return;
    try {
      this.#recorder = this.#cache.record(key);
    } catch (error) {
      this.#blameCache(error);
    }
  }

  /** The file to write in place of `file`. */
  add(sha256: string, file: CompressedFile): CompressedFile {
    return this.#recorder?.add(sha256, file) ?? file;
  }

  finish(): void {
    try {
      this.#recorder?.commit();
    } catch (error) {
      this.#recorder?.discard();
      this.#blameCache(error);
    }
    this.#recorder = null;
  }

  /** Leaves nothing of a segment that was not finished. */
  discard(): void {
    this.#recorder?.discard();
  }

  #blameCache(error: unknown): void {
    this.warning = notKept(error);
  }
}

/** What is said of a cache that cannot be written. */
export function notKept(error: unknown): PackWarning {
  const reason = error instanceof Error ? error.message : String(error);
  return {
    id: 'cache-not-written',
    text: `What was packed could not be kept for the next packing: ${reason}.`,
  };
}
