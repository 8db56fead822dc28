import { widthOf } from '../../src/terminal/line.ts';

/** One column. The second one of a wide character is empty. */
export interface Cell {
  text: string;
  /** How it was asked to look: parameters of SGR, `1` and `38;5;2`, in their order. */
  style: readonly string[];
}

interface Row {
  cells: Cell[];
  /** Goes on from the row above, which was full. */
  isFolded: boolean;
}

const BLANK: Cell = { text: ' ', style: [] };
const PIECE =
  /\u001b\[([?>]?)([\d;]*)([ -/]*[@-~])|\u001b\][^\u0007\u001b]*(?:\u0007|\u001b\\)|\u001b[()][0-9A-B]|\u001b[=>78cM]|[\u0000-\u001f\u007f]|[^\u0000-\u001f\u007f]+/gy;
const GRAPHEMES = new Intl.Segmenter('en', { granularity: 'grapheme' });

/** A small terminal: what stands on its screen after all that was written to it. */
export class Screen {
  readonly #folds: boolean;
  #rows: Row[] = [{ cells: [], isFolded: false }];
  /** The first row that is on the screen; those above have scrolled away. */
  #top = 0;
  #row = 0;
  #column = 0;
  #style: readonly string[] = [];
  #rest = '';
  isCursorVisible = true;
  columns: number;
  rows: number;

  /** `folds`: whether it folds what stands there when it is made narrower, as most do, or cuts it. */
  constructor({ columns = 80, rows = 24, folds = true } = {}) {
    this.columns = columns;
    this.rows = rows;
    this.#folds = folds;
  }

  write(text: string): void {
    const all = this.#rest + text;
    PIECE.lastIndex = 0;
    let end = 0;
    for (let match = PIECE.exec(all); match !== null; match = PIECE.exec(all)) {
      end = PIECE.lastIndex;
      const [piece, mark, parameters, final] = match;
      if (final !== undefined) this.#control(final, mark ?? '', parameters ?? '');
      else if (piece < ' ' || piece === '\u007f') this.#steer(piece);
      else if (!piece.startsWith('\u001b')) this.#put(piece);
      if (end === all.length) break;
    }
    this.#rest = all.slice(end);
  }

  resize(columns: number, rows = this.rows): void {
    if (this.#folds) this.#fold(columns);
    else for (const row of this.#rows) row.cells.length = Math.min(row.cells.length, columns);
    this.columns = columns;
    this.rows = rows;
    this.#column = Math.min(this.#column, columns - 1);
    this.#top = Math.max(0, this.#rows.length - rows);
  }

  /** Everything that was written, what has scrolled away first, without blanks at the ends. */
  lines(): string[] {
    const lines = this.#rows.map(({ cells }) => textOf(cells));
    while (lines.at(-1) === '') lines.pop();
    return lines;
  }

  /** How many rows have scrolled away. */
  get top(): number {
    return this.#top;
  }

  /** What is on the screen by now. */
  cells(): readonly (readonly Cell[])[] {
    return this.#rows.slice(this.#top, this.#top + this.rows).map(({ cells }) => cells);
  }

  cursor(): { row: number; column: number } {
    return { row: this.#row - this.#top, column: this.#column };
  }

  #put(text: string): void {
    for (const { segment } of GRAPHEMES.segment(text)) {
      const width = widthOf(segment);
      if (this.#column + width > this.columns) {
        this.#down();
        this.#column = 0;
        this.#at().isFolded = true;
      }
      const { cells } = this.#at();
      while (cells.length < this.#column) cells.push(BLANK);
      const put = [{ text: segment, style: this.#style }];
      if (width > 1) put.push({ text: '', style: this.#style });
      cells.splice(this.#column, width, ...put.slice(0, width));
      this.#column += width;
    }
  }

  #at(): Row {
    const row = this.#rows[this.#row];
    if (row === undefined) throw new Error('the cursor is outside of what was written');
    return row;
  }

  #down(): void {
    this.#row += 1;
    while (this.#rows.length <= this.#row) this.#rows.push({ cells: [], isFolded: false });
    this.#top = Math.max(this.#top, this.#row - this.rows + 1);
  }

  #steer(character: string): void {
    if (character === '\n') this.#down();
    else if (character === '\r') this.#column = 0;
    else if (character === '\b') this.#column = Math.max(0, this.#column - 1);
    else if (character === '\t')
      this.#column = Math.min(this.columns - 1, (Math.floor(this.#column / 8) + 1) * 8);
  }

  #control(final: string, mark: string, parameters: string): void {
    const [first = 0, second = 0] = parameters.split(';').map(Number);
    const count = Math.max(1, first);
    const { cells } = this.#at();
    switch (final) {
      case 'A':
        this.#row = Math.max(this.#top, this.#row - count);
        break;
      case 'B':
        for (let step = 0; step < count && this.#row < this.#top + this.rows - 1; step += 1)
          this.#down();
        break;
      case 'C':
        this.#column = Math.min(this.columns - 1, this.#column + count);
        break;
      case 'D':
        this.#column = Math.max(0, Math.min(this.#column, this.columns - 1) - count);
        break;
      case 'G':
        this.#column = Math.min(this.columns, count) - 1;
        break;
      case 'H':
        this.#row = this.#top;
        for (let row = 1; row < Math.min(count, this.rows); row += 1) this.#down();
        this.#column = Math.max(1, second) - 1;
        break;
      case 'J':
        if (first === 2) {
          for (const row of this.#rows.slice(this.#top)) row.cells = [];
        } else {
          cells.length = Math.min(cells.length, this.#column);
          this.#rows.length = this.#row + 1;
        }
        break;
      case 'K': {
        // A row whose end is erased does not go on in the next one.
        const next = this.#rows[this.#row + 1];
        if (first !== 1 && next !== undefined) next.isFolded = false;
        if (first === 0) cells.length = Math.min(cells.length, this.#column);
        else cells.fill(BLANK, 0, first === 1 ? this.#column + 1 : cells.length);
        break;
      }
      case 'P':
        cells.splice(this.#column, count);
        break;
      case '@':
        cells.splice(this.#column, 0, ...Array.from({ length: count }, () => BLANK));
        break;
      case 'm':
        this.#look(parameters);
        break;
      case 'h':
      case 'l':
        if (mark === '?' && first === 25) this.isCursorVisible = final === 'h';
        break;
    }
  }

  #look(parameters: string): void {
    for (const code of parameters === '' ? ['0'] : [parameters]) {
      if (code === '0') this.#style = [];
      else {
        const ended = ENDED_BY[code];
        this.#style =
          ended === undefined
            ? [...this.#style, code]
            : this.#style.filter((each) => !ended.test(each));
      }
    }
  }

  #fold(columns: number): void {
    const folded: Row[] = [];
    let at: { row: number; column: number } | null = null;
    for (let index = 0; index < this.#rows.length; ) {
      const whole: Cell[] = [];
      let offset: number | null = null;
      do {
        if (index === this.#row) offset = whole.length + this.#column;
        whole.push(...(this.#rows[index]?.cells ?? []));
        index += 1;
      } while (this.#rows[index]?.isFolded);
      const first = folded.length;
      do folded.push({ cells: whole.splice(0, columns), isFolded: folded.length > first });
      while (whole.length > 0);
      if (offset !== null) {
        const row = Math.min(first + Math.floor(offset / columns), folded.length - 1);
        at = { row, column: offset - (row - first) * columns };
      }
    }
    this.#rows = folded;
    this.#row = at?.row ?? folded.length - 1;
    this.#column = at?.column ?? 0;
  }
}

/** What ends a look: 22 bold and faint, 39 a colour. */
const ENDED_BY: Readonly<Record<string, RegExp>> = {
  22: /^[12]$/,
  23: /^3$/,
  24: /^4$/,
  27: /^7$/,
  39: /^(3|9)\d/,
  49: /^(4|10)\d/,
};

const textOf = (cells: readonly Cell[]): string =>
  cells
    .map(({ text }) => text)
    .join('')
    .trimEnd();
