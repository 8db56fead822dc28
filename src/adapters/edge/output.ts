import { StringDecoder } from 'node:string_decoder';

/** The end of a text in UTF-8 that comes in chunks, which may cut a character in two. */
export class TextTail {
  text = '';
  readonly #limit: number;
  readonly #decoder = new StringDecoder('utf8');

  /** `limit`: characters that are kept. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  add(chunk: Buffer): void {
    this.text = (this.text + this.#decoder.write(chunk)).slice(-this.#limit);
  }
}

/**
 * The end of a stream, in bounded memory. What comes before `marker` is kept apart: start-up files
 * of a shell may print anything.
 */
export class Tail {
  /** Bytes seen after the marker. */
  total = 0;
  begun = false;
  before = '';
  readonly #limit: number;
  readonly #marker: string;
  #chunks: Buffer[] = [];
  #kept = 0;

  constructor(limit: number, marker: string) {
    this.#limit = limit;
    this.#marker = marker;
  }

  /** Returns the part of the chunk that comes after the marker. */
  add(chunk: Buffer): Buffer {
    if (!this.begun) {
      this.before += chunk.toString('latin1');
      const index = this.before.indexOf(this.#marker);
      if (index < 0) {
        this.before = this.before.slice(-this.#limit);
        return Buffer.alloc(0);
      }
      const rest = Buffer.from(this.before.slice(index + this.#marker.length), 'latin1');
      this.before = this.before.slice(0, index);
      this.begun = true;
      return this.add(rest);
    }
    this.total += chunk.length;
    this.#chunks.push(chunk);
    this.#kept += chunk.length;
    while (this.#kept - (this.#chunks[0]?.length ?? 0) >= this.#limit) {
      this.#kept -= this.#chunks.shift()?.length ?? 0;
    }
    return chunk;
  }

  text(): string {
    const bytes = Buffer.concat(this.#chunks);
    const cut = bytes.subarray(Math.max(0, bytes.length - this.#limit)).toString('utf8');
    return this.total > this.#limit ? `[…]\n${cut}` : cut;
  }
}

const LONGEST_LINE = 2_000;
const MOST_LINES = 5_000;

/** A stream as log lines: long lines are cut, a flood stops being logged. */
export class Lines {
  readonly #log: (line: string) => void;
  readonly #decoder = new StringDecoder('utf8');
  #rest = '';
  #count = 0;

  constructor(log: (line: string) => void) {
    this.#log = log;
  }

  add(chunk: Buffer): void {
    if (this.#count > MOST_LINES) return;
    const lines = (this.#rest + this.#decoder.write(chunk)).split('\n');
    this.#rest = (lines.pop() ?? '').slice(0, LONGEST_LINE);
    for (const line of lines) this.#line(line);
  }

  end(): void {
    if (this.#rest !== '') this.#line(this.#rest);
    this.#rest = '';
  }

  #line(line: string): void {
    this.#count += 1;
    if (this.#count > MOST_LINES + 1) return;
    this.#log(
      this.#count > MOST_LINES
        ? '[further lines are not logged]'
        : line.replace(/\r$/, '').slice(0, LONGEST_LINE),
    );
  }
}
