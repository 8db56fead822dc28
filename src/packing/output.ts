import { createHash, type Hash, randomBytes } from 'node:crypto';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';

/** Pieces are gathered to this size before they are hashed and written. */
const GATHER_BYTES = 1024 * 1024;

export interface WrittenSegment {
  name: string;
  bytes: number;
  sha256: string;
  offset: number;
  content?: string | undefined;
}

/** Told of each segment that is written for good, and of the file that it is in. */
export type OnSegment = (segment: WrittenSegment, path: string) => void;

/**
 * Writes an archive beside its final name and renames it when it is whole. Readable by everybody:
 * an archive that its own cluster cannot read is of no use (conda-pack leaves 0600).
 */
export class Output {
  readonly segments: WrittenSegment[] = [];
  readonly #path: string;
  readonly #partial: string;
  readonly #file: FileHandle;
  readonly #onSegment: OnSegment | undefined;
  readonly #total: Hash = createHash('sha256');
  #segment: Hash = createHash('sha256');
  #segmentOffset = 0;
  #bytes = 0;
  /** One for all: what is allocated anew for each piece keeps the garbage collector busy. */
  readonly #gathered = Buffer.allocUnsafeSlow(GATHER_BYTES);
  #gatheredBytes = 0;

  private constructor(path: string, partial: string, file: FileHandle, onSegment?: OnSegment) {
    this.#path = path;
    this.#partial = partial;
    this.#file = file;
    this.#onSegment = onSegment;
  }

  static async create(path: string, onSegment?: OnSegment): Promise<Output> {
    const partial = partialName(path);
    return new Output(path, partial, await open(partial, 'wx', 0o644), onSegment);
  }

  get bytes(): number {
    return this.#bytes + this.#gatheredBytes;
  }

  async append(pieces: Iterable<Buffer>): Promise<void> {
    for (const piece of pieces) {
      for (let from = 0; from < piece.length; ) {
        const copied = piece.copy(this.#gathered, this.#gatheredBytes, from);
        from += copied;
        this.#gatheredBytes += copied;
        if (this.#gatheredBytes === GATHER_BYTES) await this.#flush();
      }
    }
  }

  /** Closes a segment, everything appended since the last one; `content` says what it unpacks to. */
  async endSegment(name: string, content?: string): Promise<void> {
    await this.#flush();
    const segment = {
      name,
      bytes: this.#bytes - this.#segmentOffset,
      sha256: this.#segment.digest('hex'),
      offset: this.#segmentOffset,
      ...(content !== undefined && { content }),
    };
    this.segments.push(segment);
    this.#onSegment?.(segment, this.#partial);
    this.#segment = createHash('sha256');
    this.#segmentOffset = this.#bytes;
  }

  /** Publishes the archive under its name and returns its digest. */
  async finish(): Promise<string> {
    await this.#flush();
    await this.#file.chmod(0o644);
    await this.#file.close();
    await rename(this.#partial, this.#path);
    return this.#total.digest('hex');
  }

  /** Leaves nothing. */
  async discard(): Promise<void> {
    await this.#file.close().catch(() => {});
    await rm(this.#partial, { force: true });
  }

  async #flush(): Promise<void> {
    if (this.#gatheredBytes === 0) return;
    const bytes = this.#gathered.subarray(0, this.#gatheredBytes);
    this.#total.update(bytes);
    this.#segment.update(bytes);
    for (let from = 0; from < bytes.length; ) {
      from += (await this.#file.write(bytes, from)).bytesWritten;
    }
    this.#bytes += bytes.length;
    this.#gatheredBytes = 0;
  }
}

/** What an archive is called while it grows: two packings to one place have each its own. */
export function partialName(path: string): string {
  return `${path}.part-${randomBytes(4).toString('hex')}`;
}

/** The archive that `path` grows to, or the path itself when it is not called as a growing one. */
export function finalName(path: string): string {
  return path.replace(/\.part-[0-9a-f]{8}$/, '');
}
