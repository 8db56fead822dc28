import { constants, copyFileSync, linkSync } from 'node:fs';
import { chmod, copyFile, rename, rm } from 'node:fs/promises';
import { putWhole } from '../cache-file.ts';
import { digestInTurns } from '../digest.ts';
import { partialName } from '../output.ts';

/** An archive that was kept, on its way to another place; checked there, from first to last byte. */
export class ArchiveCopy {
  readonly #partial: string;
  readonly #output: string;
  readonly #sha256: string;
  readonly #copied: Promise<boolean>;

  private constructor(archive: string, output: string, sha256: string) {
    this.#partial = partialName(output);
    this.#output = output;
    this.#sha256 = sha256;
    const { COPYFILE_EXCL, COPYFILE_FICLONE } = constants;
    this.#copied = copyFile(archive, this.#partial, COPYFILE_EXCL | COPYFILE_FICLONE).then(
      () => true,
      () => false,
    );
  }

  static start(archive: string, output: string, sha256: string): ArchiveCopy {
    return new ArchiveCopy(archive, output, sha256);
  }

  /** Whether it is in its place now; if not, nothing is left. Rejects with the signal's reason. */
  async publish(signal?: AbortSignal | undefined): Promise<boolean> {
    try {
      const isWhole =
        (await this.#copied) && (await digestInTurns(this.#partial, signal)) === this.#sha256;
      if (isWhole) {
        await chmod(this.#partial, 0o644);
        await rename(this.#partial, this.#output);
      }
      return isWhole;
    } finally {
      await this.discard();
    }
  }

  /** Leaves nothing. */
  async discard(): Promise<void> {
    await this.#copied;
    await rm(this.#partial, { force: true });
  }
}

/**
 * Keeps an archive under a second name, or where that cannot be, as a copy. Whoever writes into the
 * first one writes into this one too; then its digest says so. Throws what the file system throws.
 */
export function keepArchive(archive: string, place: string): void {
  putWhole(place, (temporary) => {
    try {
      linkSync(archive, temporary);
    } catch {
      copyFileSync(archive, temporary, constants.COPYFILE_FICLONE);
    }
  });
}
