import { closeSync, openSync, readSync, unlinkSync, writeSync } from 'node:fs';

/** Up to here compressed bytes wait in memory. */
const MEMORY_BYTES = 64 * 1024 * 1024;
const READ_BYTES = 4 * 1024 * 1024;

/**
 * Holds the compressed bytes of one file until its size is known, because a zip's local header
 * stands before the data. What is too much for memory goes to a file that has no name any more, so
 * that nothing is left behind, whatever happens.
 */
export class Spool {
  readonly #path: string;
  #parts: Buffer[] = [];
  #memoryBytes = 0;
  #descriptor: number | null = null;
  #fileBytes = 0;

  /** `path` is where the file is made if one is needed. */
  constructor(path: string) {
    this.#path = path;
  }

  get bytes(): number {
    return this.#fileBytes + this.#memoryBytes;
  }

  append(bytes: Buffer): void {
    this.#parts.push(bytes);
    this.#memoryBytes += bytes.length;
    if (this.#memoryBytes > MEMORY_BYTES) this.#spill();
  }

  /** Everything appended, in order, once; the spool is empty and closed afterwards. */
  *read(): Generator<Buffer> {
    try {
      for (let from = 0; from < this.#fileBytes; from += READ_BYTES) {
        const piece = Buffer.allocUnsafeSlow(Math.min(READ_BYTES, this.#fileBytes - from));
        readSync(this.#descriptor as number, piece, 0, piece.length, from);
        yield piece;
      }
      yield* this.#parts;
    } finally {
      this.close();
    }
  }

  close(): void {
    if (this.#descriptor !== null) closeSync(this.#descriptor);
    this.#descriptor = null;
    this.#parts = [];
    this.#memoryBytes = 0;
    this.#fileBytes = 0;
  }

  #spill(): void {
    if (this.#descriptor === null) {
      this.#descriptor = openSync(this.#path, 'wx+', 0o600);
      unlinkSync(this.#path);
    }
    for (const part of this.#parts) {
      for (let from = 0; from < part.length; ) {
        from += writeSync(this.#descriptor, part, from, part.length - from, this.#fileBytes + from);
      }
      this.#fileBytes += part.length;
    }
    this.#parts = [];
    this.#memoryBytes = 0;
  }
}
