/** One line of a terminal, before it is written: pieces, some in a colour, and how many columns they take. */
import type { Role } from '../answers/text.ts';

export type Piece = string | { text: string; role: Role };
export type Line = readonly Piece[];

const textOfPiece = (piece: Piece): string => (typeof piece === 'string' ? piece : piece.text);

const GRAPHEMES = new Intl.Segmenter('en', { granularity: 'grapheme' });

/** Two columns: emoji, and what Unicode calls wide in East Asian scripts. */
const WIDE =
  /\p{Emoji_Presentation}|\ufe0f|[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6]|[\u{20000}-\u{3fffd}]/u;
/** None: marks and controls that stand alone. */
const NARROWEST = /^[\p{Mn}\p{Me}\p{Cf}\p{Cc}]+$/u;

function columnsOf(grapheme: string): number {
  if (NARROWEST.test(grapheme)) return 0;
  return WIDE.test(grapheme) ? 2 : 1;
}

/** Columns that a text without control sequences takes. */
export function widthOf(text: string): number {
  let width = 0;
  for (const { segment } of GRAPHEMES.segment(text)) width += columnsOf(segment);
  return width;
}

export const textOfLine = (line: Line): string => line.map(textOfPiece).join('');
export const widthOfLine = (line: Line): number => widthOf(textOfLine(line));

/** The line in at most `columns` columns; where something was cut its last one is an ellipsis. */
export function fitLine(line: Line, columns: number): Line {
  if (widthOfLine(line) <= columns) return line;
  let left = columns - 1;
  const fitted: Piece[] = [];
  for (const piece of line) {
    let text = '';
    for (const { segment } of GRAPHEMES.segment(textOfPiece(piece))) {
      const width = columnsOf(segment);
      if (width > left) {
        return [...fitted, withText(piece, text), ...(columns > 0 ? ['…'] : [])];
      }
      text += segment;
      left -= width;
    }
    fitted.push(piece);
  }
  return fitted;
}

const withText = (piece: Piece, text: string): Piece =>
  typeof piece === 'string' ? text : { ...piece, text };

/**
 * Text in lines of at most `columns` columns, broken at `between` but never within a command or path between
 * backticks, which is there to be copied; what comes after a break begins with `indent`. What is longer than a
 * line and has no such place is left whole.
 */
export function foldText(text: string, columns: number, indent = '', between = ' '): string {
  const fold = (line: string): string => {
    const folded: string[] = [];
    let filled = '';
    for (const [index, word] of wordsOf(line, between).entries()) {
      const longer = index === 0 ? word : `${filled}${between}${word}`;
      if (widthOf(longer) <= columns || filled.trim() === '') filled = longer;
      else {
        folded.push(filled);
        filled = `${indent}${word}`;
      }
    }
    return [...folded, filled].join('\n');
  };
  return text.split('\n').map(fold).join('\n');
}

function wordsOf(line: string, between: string): string[] {
  const words: string[] = [];
  let isCode = false;
  for (const part of line.split(between)) {
    words.push(isCode ? `${words.pop()}${between}${part}` : part);
    if (part.split('`').length % 2 === 0) isCode = !isCode;
  }
  return words;
}

/** `━━━━╌╌╌╌`: a share, from 0 to 1, of so many columns. */
export function bar(share: number, columns: number): Line {
  const done = Math.round(Math.min(1, Math.max(0, share)) * columns);
  return [
    { text: '━'.repeat(done), role: 'good' },
    { text: '╌'.repeat(columns - done), role: 'aside' },
  ];
}
