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
