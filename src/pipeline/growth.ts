import type { ArchiveSegment } from '../domain/archive.ts';
import type { GrowingArchive, Grown } from '../domain/ports.ts';

/** An archive as its packer tells of it, for edges that are sent it meanwhile, each at its own speed. */
export class Growth implements GrowingArchive {
  readonly fingerprint: string;
  readonly name: string;
  #grown: Grown = { path: '', segments: [], isWhole: false };
  #failure: { error: unknown } | null = null;
  #change = Promise.withResolvers<void>();

  constructor({ fingerprint, name }: Pick<GrowingArchive, 'fingerprint' | 'name'>) {
    this.fingerprint = fingerprint;
    this.name = name;
  }

  add(segment: ArchiveSegment, path: string): void {
    this.#grown = { path, segments: [...this.#grown.segments, segment], isWhole: false };
    this.#tell();
  }

  end(): void {
    this.#grown = { ...this.#grown, isWhole: true };
    this.#tell();
  }

  fail(error: unknown): void {
    this.#failure = { error };
    this.#tell();
  }

  async beyond(bytes: number): Promise<Grown> {
    for (;;) {
      if (this.#failure) throw this.#failure.error;
      const last = this.#grown.segments.at(-1);
      if (this.#grown.isWhole || (last && last.offset + last.bytes > bytes)) return this.#grown;
      await this.#change.promise;
    }
  }

  #tell(): void {
    this.#change.resolve();
    this.#change = Promise.withResolvers();
  }
}
