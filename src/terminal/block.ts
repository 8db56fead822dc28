import { duration, shareIn } from '../domain/figures.ts';
import { colourOn } from './colour.ts';
import { bar, fitLine, type Line, type Piece, widthOfLine } from './line.ts';

/** What a drawing may go by. */
export interface View {
  columns: number;
  /** A wheel that turns while something is at work. */
  wheel: string;
}

/** Lines at the end of the terminal that are drawn anew in place. */
export interface Block {
  /** Draws now what else is drawn within a tenth of a second. */
  draw(): void;
  /** Takes the lines away, or leaves them as they are last; what is written from then on stands below. */
  close(options?: { keep?: boolean }): void;
}

/** Whether somebody watches whose terminal can write in another place than at its end. */
export const isWatched = ({ isTTY }: NodeJS.WriteStream = process.stderr): boolean =>
  isTTY && process.env.TERM !== 'dumb';

/** What is over sooner than that is not worth a flicker. */
const FIRST_MS = 250;
const EVERY_MS = 100;
const WHEEL = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];

const up = (rows: number): string => (rows > 0 ? `\u001b[${rows}A` : '');
const TO_LINE_END = '\u001b[K';
const TO_SCREEN_END = '\u001b[J';

/**
 * Shows what `lines` draws on standard error, again and again until it is closed; where nobody watches,
 * nothing. No line is longer than the terminal is wide. What anybody writes meanwhile stands above, whole. The cursor
 * is never hidden, so nothing has to be put back however this process ends.
 */
export function openBlock(lines: (view: View) => readonly Line[]): Block {
  if (!isWatched()) return { draw() {}, close() {} };
  const { stderr, stdout } = process;
  const colour = colourOn(stderr);
  const opened = performance.now();
  /** Columns of each line that stands there. */
  let widths: number[] = [];
  let shown = '';
  let isAtStart = true;
  let turn = 0;

  const coloured = (piece: Piece) =>
    typeof piece === 'string' ? piece : colour(piece.role, piece.text);
  const toFirst = (): string => (widths.length === 0 ? '' : `\r${up(rowsOf(widths) - 1)}`);
  const draw = (): void => {
    const columns = Math.max(2, stderr.columns);
    const fitted = lines({ columns, wheel: WHEEL[turn % WHEEL.length] ?? '' })
      .slice(0, Math.max(1, stderr.rows - 1))
      .map((line) => fitLine(line, columns - 1));
    const text = fitted.map((line) => `${line.map(coloured).join('')}${TO_LINE_END}`).join('\n');
    if (text === shown && widths.length > 0) return;
    own.write(`${isAtStart ? '' : '\n'}${toFirst()}${text}${TO_SCREEN_END}`);
    isAtStart = true;
    shown = text;
    widths = fitted.map(widthOfLine);
  };
  const erase = (): void => {
    if (widths.length > 0) own.write(`${toFirst()}${TO_SCREEN_END}`);
    widths = [];
  };
  const above = (text: string, pass: () => boolean): boolean => {
    const wasDrawn = widths.length > 0;
    erase();
    const isTaken = pass();
    isAtStart = text.endsWith('\n');
    if (wasDrawn) draw();
    return isTaken;
  };

  const own = aroundWrites(stderr, above);
  const others = stdout.isTTY ? [aroundWrites(stdout, above)] : [];
  const timer = setInterval(() => {
    if (widths.length === 0 && performance.now() - opened < FIRST_MS) return;
    turn += 1;
    draw();
  }, EVERY_MS);
  const fold = () => {
    shown = '';
    if (widths.length > 0) draw();
  };
  // The shell has written since, and the cursor is where it left it.
  const resume = () => {
    widths = [];
  };
  stderr.on('resize', fold);
  process.on('SIGCONT', resume);
  return {
    draw,
    close({ keep = false } = {}) {
      clearInterval(timer);
      stderr.off('resize', fold);
      process.off('SIGCONT', resume);
      if (keep) {
        draw();
        own.write('\n');
      } else erase();
      for (const each of [own, ...others]) each.restore();
    },
  };
}

/**
 * Shows one line while `work` goes on, with the time it has taken: `⠹ churn.zip ━━━╌╌ 41 %  31 MB of 76 MB · 3.2 s`.
 * The work tells what stands in it; where that tells of a share, so does a bar. With `isLogged` what is new in it
 * is a line on standard error where nobody watches.
 */
export async function whileShown<T>(
  title: string,
  work: (tell: (text: string) => void) => Promise<T>,
  { isLogged = false } = {},
): Promise<T> {
  const began = performance.now();
  let told = '';
  const block = openBlock(({ columns, wheel }) => {
    const time = duration(performance.now() - began);
    return [
      [
        ...([wheel, ' ', { text: title, role: 'title' }, '  '] as const),
        ...shareOf(told, columns),
        { text: told === '' ? time : `${told} · ${time}`, role: 'aside' },
      ],
    ];
  });
  try {
    return await work((text) => {
      if (isLogged && text !== told && !isWatched()) process.stderr.write(`${text}\n`);
      told = text;
    });
  } finally {
    block.close();
  }
}

/** Columns of a bar, on a terminal that has room for it. */
const BAR = 20;
export const ROOMY = 60;

/** A bar and a percentage of what a text tells of. */
export function shareOf(text: string, columns: number): Line {
  const share = shareIn(text);
  if (share === null) return [];
  const drawn = columns < ROOMY ? [] : [...bar(share, BAR), ' '];
  return [...drawn, `${Math.floor(share * 100)} %  `];
}

/** Rows that lines of these widths take by now: most terminals fold what stood there when they are made narrower. */
function rowsOf(widths: readonly number[]): number {
  const columns = foldsLines() ? Math.max(1, process.stderr.columns) : Number.POSITIVE_INFINITY;
  return widths.reduce((sum, width) => sum + Math.max(1, Math.ceil(width / columns)), 0);
}

/** xterm itself, the console of Linux and GNU screen cut them. */
function foldsLines(): boolean {
  const { XTERM_VERSION, TERM = '', TMUX } = process.env;
  const isScreen = TERM.startsWith('screen') && TMUX === undefined;
  return XTERM_VERSION === undefined && TERM !== 'linux' && !isScreen;
}

/** Has each text that is written to the stream go through `above`; `write` goes past it. */
function aroundWrites(
  stream: NodeJS.WriteStream,
  above: (text: string, pass: () => boolean) => boolean,
) {
  const before = stream.write;
  const past = before.bind(stream) as (...words: unknown[]) => boolean;
  stream.write = (chunk: string | Uint8Array, ...rest: unknown[]) =>
    above(typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString(), () =>
      past(chunk, ...rest),
    );
  return {
    write: (text: string) => past(text),
    restore() {
      stream.write = before;
    },
  };
}
