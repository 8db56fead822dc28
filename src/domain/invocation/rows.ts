/** A line in rows. Shells take a backslash before the end of a row and the end itself for nothing. */

const MOST_ROWS = 8;
/** Characters of a row before it ends, unless there would be too many rows then. */
const ROW = 100;

/**
 * The same command as the words between blanks, in at most eight rows. A word is quoted already and
 * holds no end of line, so a row may end after each; what is of one kind begins a row of its own.
 */
export function rowsOf(words: readonly string[]): string {
  const groups = groupsOf(partsOf(words));
  let width = ROW;
  let rows = groups.flatMap((parts) => filled(parts, width));
  while (rows.length > MOST_ROWS) {
    width += Math.ceil(width / 10);
    rows = groups.flatMap((parts) => filled(parts, width));
  }
  return rows.join(' \\\n  ');
}

/** A variable, an option with its value, `env` with what it takes away, each as one text. */
function partsOf(words: readonly string[]): string[] {
  const parts: string[][] = [];
  for (const word of words) {
    const last = parts.at(-1);
    if (last !== undefined && isOf(last, word)) last.push(word);
    else parts.push([word]);
  }
  return parts.map((part) => part.join(' '));
}

function isOf(part: readonly string[], word: string): boolean {
  if (part[0] === 'env') return word === '-u' || part.at(-1) === '-u';
  return part.length === 1 && /^--?\w/.test(part[0] ?? '') && !word.startsWith('-');
}

/** What a part is; the archives come last, and the application with its arguments after them. */
const KINDS: readonly RegExp[] = [/^--archives /, /^[A-Z]\w*=/, /^env /, /^--conf /];

function groupsOf(parts: readonly string[]): string[][] {
  const groups: string[][] = [];
  let kind: number | null = null;
  for (const part of parts) {
    const next: number = kind === 0 ? 0 : KINDS.findIndex((pattern) => pattern.test(part));
    const last = groups.at(-1);
    if (last !== undefined && next === kind) last.push(part);
    else groups.push([part]);
    kind = next;
  }
  return groups;
}

function filled(parts: readonly string[], width: number): string[] {
  const rows: string[] = [];
  for (const part of parts) {
    const last = rows.at(-1);
    if (last !== undefined && last.length + 1 + part.length <= width) {
      rows[rows.length - 1] = `${last} ${part}`;
    } else rows.push(part);
  }
  return rows;
}
