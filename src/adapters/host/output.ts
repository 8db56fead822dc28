/** Which of a program's streams a line stands in. */
export type OutputStream = 'stdout' | 'stderr';

/** What somebody wants of what a program writes. */
export interface OutputWish {
  /** Called with every line of both streams as it comes; one longer than 16 KiB arrives cut. */
  onLine?: ((line: string, stream: OutputStream) => void) | undefined;
  /** Bytes of standard output kept; the rest is read and forgotten. Default 1 MiB. */
  outputLimit?: number | undefined;
}

const LONGEST_LINE = 16 * 1024;
const TAIL_LINES = 200;
const DEFAULT_OUTPUT_LIMIT = 1024 * 1024;

/** What a program writes, kept within bounds. */
export class Output {
  readonly tail: string[] = [];
  truncated = false;
  readonly #limit: number;
  readonly #onLine: OutputWish['onLine'];
  readonly #heard: () => void;
  readonly #chunks: Buffer[] = [];
  readonly #readers: LineReader[] = [];
  #bytes = 0;

  constructor(wish: OutputWish, heard: () => void) {
    this.#limit = wish.outputLimit ?? DEFAULT_OUTPUT_LIMIT;
    this.#onLine = wish.onLine;
    this.#heard = heard;
  }

  get stdout(): string {
    return Buffer.concat(this.#chunks).toString('utf8');
  }

  read(stream: NodeJS.ReadableStream | null, name: OutputStream): void {
    const reader = new LineReader((line) => {
      this.tail.push(line);
      if (this.tail.length > TAIL_LINES) this.tail.shift();
      this.#onLine?.(line, name);
    });
    this.#readers.push(reader);
    stream?.on('data', (chunk: Buffer) => {
      this.#heard();
      if (name === 'stdout') this.#keep(chunk);
      reader.push(chunk);
    });
    // A pipe destroyed after the grace period reports an error nobody needs.
    stream?.on('error', () => {});
  }

  finish(): void {
    for (const reader of this.#readers) reader.finish();
  }

  #keep(chunk: Buffer): void {
    const kept = chunk.subarray(0, this.#limit - this.#bytes);
    if (kept.length < chunk.length) this.truncated = true;
    if (kept.length === 0) return;
    this.#bytes += kept.length;
    this.#chunks.push(kept);
  }
}

/**
 * Splits bytes into lines. A carriage return ends a line too, for progress bars are many short
 * lines; and so does NUL, which conda writes between its reports of progress.
 */
class LineReader {
  readonly #emit: (line: string) => void;
  readonly #decoder = new TextDecoder('utf-8', { fatal: false });
  #rest = '';
  #cut = false;

  constructor(emit: (line: string) => void) {
    this.#emit = emit;
  }

  push(chunk: Buffer): void {
    const pieces = this.#decoder.decode(chunk, { stream: true }).split(/[\r\n\0]/);
    for (const [index, piece] of pieces.entries()) {
      if (index > 0) this.#end();
      this.#append(piece);
    }
  }

  finish(): void {
    this.#append(this.#decoder.decode());
    this.#end();
  }

  #append(piece: string): void {
    const room = LONGEST_LINE - this.#rest.length;
    if (piece.length > room) this.#cut = true;
    this.#rest += piece.slice(0, room);
  }

  #end(): void {
    if (this.#rest !== '') this.#emit(this.#cut ? `${this.#rest}…` : this.#rest);
    this.#rest = '';
    this.#cut = false;
  }
}
