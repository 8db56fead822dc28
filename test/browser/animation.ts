/** A recorded terminal as one picture that moves: an SVG without scripts, which a page shows as an image. */
import type { Cell, Screen } from '../harness/screen.ts';

/** What stands in one row of all that was written, from one moment to another; null for one that stays. */
interface Stand {
  row: number;
  cells: readonly Cell[];
  from: number;
  to: number | null;
}

/** What a terminal shows as time goes on; moments in milliseconds. */
export class Film {
  readonly #standing = new Map<number, Stand>();
  readonly #over: Stand[] = [];
  readonly #tops: { at: number; top: number }[] = [{ at: 0, top: 0 }];

  /** Keeps what has changed on the screen since the last look. */
  look(screen: Screen, at: number): void {
    const rows = screen.cells();
    const top = screen.top;
    if (this.#tops.at(-1)?.top !== top) this.#tops.push({ at, top });
    for (let row = top; row < top + screen.rows; row += 1) {
      const cells = rows[row - top] ?? [];
      const before = this.#standing.get(row);
      if (before !== undefined && keyOf(before.cells) === keyOf(cells)) continue;
      if (before !== undefined && before.cells.length > 0) {
        this.#over.push({ ...before, to: at });
      }
      this.#standing.set(row, { row, cells: [...cells], from: at, to: null });
    }
  }

  /** The picture of so many columns and rows; it begins again `rest` after the end. */
  svg({ columns, rows, title, rest = 6000 }: FilmSize, end: number): string {
    const whole = end + rest;
    const shares = (at: number) => `${Number(((at / whole) * 100).toFixed(2))}%`;
    const stands = [...this.#over, ...this.#standing.values()].filter(
      ({ cells, from, to }) => cells.length > 0 && (to === null || to > from),
    );
    const spans = new Map<string, string>();
    const [frames, moving, hidden]: [string[], string[], string[]] = [[], [], []];
    const texts = stands.map(({ row, cells, from, to }) => {
      const key = `${shares(from)} ${to === null ? '' : shares(to)}`;
      let name = spans.get(key);
      if (name === undefined) {
        name = `s${spans.size}`;
        spans.set(key, name);
        const begin = from === 0 ? '0%{opacity:1}' : `0%{opacity:0}${shares(from)}{opacity:1}`;
        const over = to === null ? '' : `${shares(to)}{opacity:0}`;
        frames.push(`@keyframes ${name}{${begin}${over}}`);
        moving.push(`.${name}{animation-name:${name}}`);
        if (to !== null) hidden.push(name);
      }
      return `<g class="${name}">${textsOf(cells, row)}</g>`;
    });
    const scroll = this.#tops
      .map(({ at, top }) => `${shares(at)}{transform:translateY(${-top * ROW}px)}`)
      .join('');
    const last = -(this.#tops.at(-1)?.top ?? 0) * ROW;
    const width = round(columns * COLUMN + 2 * EDGE);
    const height = rows * ROW + 2 * EDGE + BAR;
    return [
      `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escaped(title)}">`,
      `<title>${escaped(title)}</title>`,
      `<style>${STYLE}#all{transform:translateY(${last}px)}${hidden.map((name) => `.${name}{opacity:0}`).join('')}`,
      // Whoever wants no motion sees what stands there at last.
      `@media(prefers-reduced-motion:no-preference){g{animation-duration:${whole}ms;animation-timing-function:step-end;animation-iteration-count:infinite}#all{animation-name:scroll}${moving.join('')}}`,
      `@keyframes scroll{${scroll}}${frames.join('')}</style>`,
      `<rect class="back" width="${width}" height="${height}" rx="8"/>`,
      ...[0, 1, 2].map(
        (dot) => `<circle class="dot" cx="${EDGE + 6 + dot * 18}" cy="${BAR / 2 + 4}" r="5"/>`,
      ),
      `<clipPath id="screen"><rect width="${round(columns * COLUMN)}" height="${rows * ROW}"/></clipPath>`,
      `<g transform="translate(${EDGE} ${BAR + EDGE})" clip-path="url(#screen)"><g id="all">`,
      ...texts,
      '</g></g></svg>',
    ].join('\n');
  }
}

export interface FilmSize {
  columns: number;
  rows: number;
  /** What is seen, for those who do not see it. */
  title: string;
  rest?: number;
}

const COLUMN = 8.4;
const ROW = 18;
const EDGE = 14;
const BAR = 24;

/** SGR to classes; what else there is of it is not shown. */
const CLASSES: Readonly<Record<string, string>> = {
  ...{ '1': 'b', '2': 'd', '31': 'r', '32': 'g', '33': 'y', '34': 'l', '35': 'm', '36': 'c' },
};

const STYLE = [
  ':root{--back:#f6f8fa;--text:#1f2328;--d:#636c76;--r:#cf222e;--g:#1a7f37;--y:#7d4e00;--l:#0550ae;--m:#8250df;--c:#0a5f7d;--dot:#d0d7de}',
  '@media(prefers-color-scheme:dark){:root{--back:#161b22;--text:#e6edf3;--d:#8d96a0;--r:#ff7b72;--g:#3fb950;--y:#d29922;--l:#79c0ff;--m:#d2a8ff;--c:#76d9f0;--dot:#30363d}}',
  'text{font:14px ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;fill:var(--text);white-space:pre}',
  '.back{fill:var(--back)}.dot{fill:var(--dot)}.b{font-weight:600}',
  ...['d', 'r', 'g', 'y', 'l', 'm', 'c'].map((name) => `.${name}{fill:var(--${name})}`),
].join('');

const keyOf = (cells: readonly Cell[]): string =>
  cells.map(({ text, style }) => `${style.join(';')} ${text}`).join('|');

/** A text for each piece that looks alike, each exactly as wide as its columns. */
function textsOf(cells: readonly Cell[], row: number): string {
  const pieces: { column: number; look: string; cells: Cell[] }[] = [];
  for (const [column, cell] of cells.entries()) {
    const look = cell.style.flatMap((code) => CLASSES[code] ?? []).join(' ');
    const before = pieces.at(-1);
    // Blanks look the same in every colour.
    if (before !== undefined && (before.look === look || cell.text === ' '))
      before.cells.push(cell);
    else pieces.push({ column, look, cells: [cell] });
  }
  return pieces
    .map(({ column, look, cells: own }) => {
      const text = own
        .map((cell) => cell.text)
        .join('')
        .trimEnd();
      if (text === '') return '';
      const wide = own.findLastIndex((cell) => cell.text !== ' ') + 1;
      const length = wide > 1 ? ` textLength="${round(wide * COLUMN)}"` : '';
      return `<text x="${round(column * COLUMN)}" y="${row * ROW + 13}"${look ? ` class="${look}"` : ''}${length}>${escaped(text)}</text>`;
    })
    .join('');
}

const round = (value: number): number => Number(value.toFixed(1));

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
