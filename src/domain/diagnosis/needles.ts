/** A line that holds needles: where it is, and which. */
export interface Hit {
  start: number;
  end: number;
  /** Indexes of the needles, each once. */
  needles: readonly number[];
}

const SPACE = 32;
/** Codes above share one column: no needle has them. */
const CODES = 128;
/** No terminal is narrower. */
const NARROWEST = 40;
const LONGEST_NEEDLE = 80;

/**
 * All needles in one pass, however many there are (Aho and Corasick, 1975): time grows with the
 * text alone, whatever it holds. A line end inside a needle, with the marks that a quotation puts at
 * the start of the next line, counts as its blank: such a hit is of the first of the two lines.
 */
export class NeedleFinder {
  /** State and code → next state. */
  readonly #next: Int32Array;
  /** State → needles that end there. */
  readonly #ends: (readonly number[] | undefined)[];

  readonly #lengths: readonly number[];

  constructor(needles: readonly string[]) {
    this.#lengths = needles.map(({ length }) => length);
    const edges: Map<number, number>[] = [new Map()];
    const ends: number[][] = [[]];
    for (const [id, needle] of needles.entries()) {
      let state = 0;
      for (const letter of needle) {
        const code = letter.charCodeAt(0);
        let next = edges[state]?.get(code);
        if (next === undefined) {
          next = edges.push(new Map()) - 1;
          ends.push([]);
          edges[state]?.set(code, next);
        }
        state = next;
      }
      ends[state]?.push(id);
    }
    this.#next = new Int32Array(edges.length * CODES);
    const fallback = new Int32Array(edges.length);
    const queue = [0];
    for (let at = 0; at < queue.length; at += 1) {
      const state = queue[at] as number;
      const back = fallback[state] as number;
      if (state !== 0) ends[state]?.push(...(ends[back] ?? []));
      for (let code = 0; code < CODES; code += 1) {
        const next = edges[state]?.get(code);
        const otherwise = state === 0 ? 0 : (this.#next[back * CODES + code] as number);
        this.#next[state * CODES + code] = next ?? otherwise;
        if (next === undefined) continue;
        fallback[next] = otherwise;
        queue.push(next);
      }
    }
    this.#ends = ends.map((ids) => (ids.length > 0 ? ids : undefined));
  }

  /** The lines of `text` that hold a needle, in order. */
  *lines(text: string): Generator<Hit> {
    const [next, ends, lengths] = [this.#next, this.#ends, this.#lengths];
    let state = 0;
    /** The state as if the last line end were not there: a terminal breaks inside words too. */
    let glued = 0;
    let start = 0;
    let above = 0;
    let column = 0;
    let isIndented = false;
    let found: number[] = [];
    let foundAbove: number[] = [];
    for (let at = 0; at <= text.length; at += 1) {
      const code = at < text.length ? text.charCodeAt(at) : 10;
      if (code === 10) {
        if (foundAbove.length > 0) yield { start: above, end: start - 1, needles: foundAbove };
        [foundAbove, found] = [found, []];
        glued = column >= NARROWEST ? state : 0;
        [above, start, column, isIndented] = [start, at + 1, 0, true];
        state = next[state * CODES + SPACE] as number;
        continue;
      }
      // Blanks and the marks of quotations and boxes at the start of a line; Windows' line ends.
      if (
        code === 13 ||
        (isIndented && (code === 32 || code === 9 || code === 62 || code === 124))
      ) {
        continue;
      }
      isIndented = false;
      column += 1;
      state = code < CODES ? (next[state * CODES + (code === 9 ? SPACE : code)] as number) : 0;
      if (glued !== 0) {
        glued = code < CODES ? (next[glued * CODES + code] as number) : 0;
        for (const id of ends[glued] ?? []) {
          if ((lengths[id] as number) > column && !foundAbove.includes(id)) foundAbove.push(id);
        }
        if (column > LONGEST_NEEDLE) glued = 0;
      }
      const ended = ends[state];
      if (ended === undefined) continue;
      for (const id of ended) {
        const line = (lengths[id] as number) > column ? foundAbove : found;
        if (!line.includes(id)) line.push(id);
      }
    }
    if (foundAbove.length > 0) yield { start: above, end: start - 1, needles: foundAbove };
  }
}
