import { createHash, hash } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { FoundFault } from './faults.ts';
import { needlesOf } from './mentions.ts';
import type { PrefixFile } from './prefix.ts';
import type { PrefixFiles } from './prefix-files.ts';
import { faultsOf } from './relocate.ts';

/** What reading a file once tells of the bytes on disk. */
export interface SeenFile {
  bytes: number;
  sha256: string;
  hasPrefix: boolean;
  hasNul: boolean;
  faults: FoundFault[];
}

/** Above this a file is read in blocks, unless the prefix turns up in it. */
const WHOLE_BYTES = 16 * 1024 * 1024;

const NUL = 0;

/** Reads files once, one after the other (they share a buffer), and looks for the prefix's names. */
export class FirstLook {
  readonly #files: PrefixFiles;
  readonly #names: readonly string[];
  readonly #needles: ReturnType<typeof needlesOf>;
  readonly #scratch = Buffer.allocUnsafeSlow(WHOLE_BYTES);

  constructor(files: PrefixFiles, names: readonly string[]) {
    this.#files = files;
    this.#names = names;
    this.#needles = needlesOf(names);
  }

  /** `path` is that in the archive. Errors: `prefix-changed`. */
  async at(file: PrefixFile, path: string): Promise<SeenFile> {
    return file.bytes <= WHOLE_BYTES ? this.#scanWhole(file, path) : await this.#scanLarge(file);
  }

  #scanWhole(file: PrefixFile, path: string): SeenFile {
    const content = this.#files.into(file, this.#scratch);
    const hasNul = content.includes(NUL);
    const hasPrefix = this.#mayMention(content, hasNul);
    const faults = hasPrefix ? [] : faultsOf(content, path);
    if (this.#isForeignText(content)) faults.push('kept-prefix');
    return {
      bytes: content.length,
      sha256: hash('sha256', content),
      hasPrefix,
      hasNul,
      faults: faults.map((fault) => ({ fault, path: file.path })),
    };
  }

  /** Whether one of the prefix's names is in it at all; where, `relocate` looks closely at. */
  #mayMention(content: Buffer, hasNul: boolean): boolean {
    const needles = hasNul ? this.#needles.binary : this.#needles.text;
    return needles.some(({ bytes }) => content.includes(bytes));
  }

  /** UTF-16, known by its byte order mark: nothing on Linux keeps paths that way, but files travel. */
  #isForeignText(content: Buffer): boolean {
    const mark = content.length > 2 ? content.readUInt16BE(0) : 0;
    if (mark !== 0xfffe && mark !== 0xfeff) return false;
    const order = (text: Buffer) => (mark === 0xfffe ? text : text.swap16());
    return this.#names.some((name) => content.includes(order(Buffer.from(name, 'utf16le'))));
  }

  async #scanLarge(file: PrefixFile): Promise<SeenFile> {
    const digest = createHash('sha256');
    const overlap = Math.max(...this.#needles.text.map(({ bytes }) => bytes.length)) - 1;
    let tail = Buffer.alloc(0);
    let hasPrefix = false;
    let hasNul = false;
    for (const block of this.#files.blocks(file, () => this.#scratch)) {
      digest.update(block);
      hasNul ||= block.includes(NUL);
      const seam = Buffer.concat([tail, block.subarray(0, overlap)]);
      hasPrefix ||= this.#mayMention(seam, hasNul) || this.#mayMention(block, hasNul);
      tail = Buffer.from(block.subarray(-overlap));
      // A library of a gigabyte must not hold up whatever else this process does.
      await nextTurn();
    }
    return { bytes: file.bytes, sha256: digest.digest('hex'), hasPrefix, hasNul, faults: [] };
  }
}
