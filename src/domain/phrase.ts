/** A person by their id, where one is named; a reader is shown their name. */
export interface Person {
  person: string;
}

/**
 * Words of ours in which people are values, so that no text somebody typed can become one and each
 * renderer names them in its own way.
 */
export type Phrase = string | readonly (string | Person)[];

function piecesOf(phrase: Phrase): readonly (string | Person)[] {
  return typeof phrase === 'string' ? [phrase] : phrase;
}

/** Whether it is a phrase of several pieces, people among them. */
export function namesPeople(value: unknown): value is Exclude<Phrase, string> {
  return Array.isArray(value) && value.some(isPerson) && value.every(isPiece);
}

const isPerson = (piece: unknown): piece is Person =>
  typeof piece === 'object' && piece !== null && typeof (piece as Person).person === 'string';

const isPiece = (piece: unknown): piece is string | Person =>
  typeof piece === 'string' || isPerson(piece);

/** One phrase after another, with a blank between. */
export function followedBy(first: Phrase, second: Phrase): Phrase {
  return typeof first === 'string' && typeof second === 'string'
    ? `${first} ${second}`
    : [...piecesOf(first), ' ', ...piecesOf(second)];
}

/** The phrase where nobody's name can be shown: in logs, in errors, on a stored build. */
export function plainPhrase(phrase: Phrase): string {
  return piecesOf(phrase)
    .map((piece) => (typeof piece === 'string' ? piece : `@${piece.person}`))
    .join('');
}

/** `a`, `a or b`, `a, b or c` */
export function listInWords(items: readonly string[], word: 'and' | 'or'): string {
  if (items.length < 2) return items.join('');
  return `${items.slice(0, -1).join(', ')} ${word} ${items.at(-1)}`;
}
