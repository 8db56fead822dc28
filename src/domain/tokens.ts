import { userError } from './errors.ts';

/** One word of the typed text, with where it stood: offsets in UTF-16 units, end exclusive. */
export interface Token {
  text: string;
  start: number;
  end: number;
  quoted: boolean;
}

export const LONGEST_TEXT = 4000;

/**
 * Splits plain text into words at white space. Single and double quotes group; there is no
 * escape character and no expansion of any kind, because nothing here is a shell. Brackets that
 * hold `key=value` group too, with the quotes inside them, until a lone `--`.
 * Throws `control-character`, `unclosed-quote` or `text-too-long`.
 */
export function tokenize(text: string): Token[] {
  if (text.length > LONGEST_TEXT) {
    throw userError({
      code: 'text-too-long',
      message: `That is ${text.length} characters; a command has at most ${LONGEST_TEXT}.`,
      suggestion: 'Name fewer packages: what they need comes with them.',
      position: { start: LONGEST_TEXT, end: text.length },
    });
  }
  refuseInvisible(text);
  const tokens: Token[] = [];
  let isRest = false;
  let index = 0;
  while (index < text.length) {
    if (isSpace(text[index])) {
      index += 1;
      continue;
    }
    const start = index;
    let word = '';
    let quoted = false;
    while (index < text.length && !isSpace(text[index])) {
      const part = readPart(text, index, isRest);
      word += part.text;
      quoted ||= part.quoted;
      index = part.end;
    }
    tokens.push({ text: word, start, end: index, quoted });
    isRest ||= word === '--' && !quoted;
  }
  return tokens;
}

function isSpace(character: string | undefined): boolean {
  return character === ' ' || character === '\t' || character === '\n' || character === '\r';
}

/** `[version='>=1.26', build=py*]`, from its opening bracket. */
const FIELDS = /\[\s*[A-Za-z_]+\s*=(?:"[^"]*"|'[^']*'|[^\]"'])*\]/y;

/** One character, one quoted text, or one pair of brackets. */
function readPart(text: string, index: number, isRest: boolean) {
  const character = text[index] as string;
  FIELDS.lastIndex = index;
  const fields = character === '[' && !isRest ? FIELDS.exec(text)?.[0] : undefined;
  if (fields !== undefined) return { text: fields, end: index + fields.length, quoted: false };
  if (character !== '"' && character !== "'") {
    return { text: character, end: index + 1, quoted: false };
  }
  const close = text.indexOf(character, index + 1);
  if (close < 0) {
    throw userError({
      code: 'unclosed-quote',
      message: `The quote ${character} is opened and never closed.`,
      suggestion: `Close it with ${character}, or leave it out.`,
      position: { start: index, end: text.length },
    });
  }
  return { text: text.slice(index + 1, close), end: close + 1, quoted: true };
}

/** The same text with its grouping quotes as blanks; those within brackets stay. */
export function withoutQuotes(text: string): string {
  let result = '';
  while (result.length < text.length) {
    const part = readPart(text, result.length, false);
    result += part.quoted ? ` ${part.text} ` : part.text;
  }
  return result;
}

/** NUL, bidirectional overrides and the like make a line read as what it is not. */
function refuseInvisible(text: string): void {
  const match = /[^\S \t\r\n]|[\p{Cc}\p{Cf}\p{Co}\p{Cs}](?<![\t\r\n])/u.exec(text);
  if (!match) return;
  const name = `U+${(match[0].codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;
  throw userError({
    code: 'control-character',
    message: `There is an invisible character (${name}) at position ${match.index + 1}.`,
    suggestion: 'Type that word again instead of pasting it.',
    position: { start: match.index, end: match.index + match[0].length },
  });
}

/** The closest candidate within two edits (and under half the word), for "did you mean". */
export function closest(word: string, candidates: readonly string[]): string | null {
  const limit = Math.min(2, Math.floor(word.length / 2));
  let best: { candidate: string; distance: number } | null = null;
  for (const candidate of candidates) {
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase());
    if (distance <= limit && (best === null || distance < best.distance)) {
      best = { candidate, distance };
    }
  }
  return best?.candidate ?? null;
}

/** Optimal string alignment: a swap of neighbours is one edit, as typing errors are. */
export function editDistance(left: string, right: string): number {
  const rows: number[][] = [Array.from({ length: right.length + 1 }, (_, column) => column)];
  const at = (row: number, column: number) => rows[row]?.[column] ?? Number.POSITIVE_INFINITY;
  for (let i = 1; i <= left.length; i += 1) {
    const row = [i];
    rows.push(row);
    for (let j = 1; j <= right.length; j += 1) {
      const same = left[i - 1] === right[j - 1] ? 0 : 1;
      let cost = Math.min(at(i - 1, j) + 1, (row[j - 1] ?? 0) + 1, at(i - 1, j - 1) + same);
      if (left[i - 1] === right[j - 2] && left[i - 2] === right[j - 1]) {
        cost = Math.min(cost, at(i - 2, j - 2) + 1);
      }
      row.push(cost);
    }
  }
  return at(left.length, right.length);
}
