/** Names, few or many, and which of them a mistyped one is nearest to. */
import { printable } from './names.ts';

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

/** What to type in place of a word that is none of a few. */
export interface Meant {
  near: string | null;
  /** ``Did you mean `zip`? There are `auto`, `zip`.`` */
  suggestion: string;
}

/** The choice that a word means by its slips or by how it begins; and all there are, unless those are many. */
export function meantOf(word: string, choices: readonly string[]): Meant {
  const near = closest(word, choices) ?? beginning(word, choices);
  const list = choices.map((choice) => `\`${printable(choice)}\``).join(', ');
  if (near === null)
    return { near, suggestion: list === '' ? 'There is none.' : `Choose one of ${list}.` };
  const isShort = choices.length > 1 && choices.length <= MOST_BESIDE;
  const others = isShort ? ` There are ${list}.` : '';
  return { near, suggestion: `Did you mean \`${printable(near)}\`?${others}` };
}

/** More would hide the one that is meant. */
const MOST_BESIDE = 8;
/** Fewer letters begin too much. */
const FEWEST_LETTERS = 3;

function beginning(word: string, choices: readonly string[]): string | null {
  if (word.length < FEWEST_LETTERS) return null;
  const small = word.toLowerCase();
  return choices.find((choice) => choice.toLowerCase().startsWith(small)) ?? null;
}

/**
 * Answers what `closest` answers of the sorted names, in milliseconds where there are a hundred
 * thousand: most are left aside by their length and by which letters they have.
 */
export class NearNames {
  readonly #names: string[] = [];
  /** The same in small letters, and which letters each has. */
  readonly #small: string[] = [];
  readonly #letters: number[] = [];
  readonly #places = new Map<string, number>();

  add(name: string): void {
    if (this.#places.has(name)) return;
    const small = name.toLowerCase();
    this.#places.set(name, this.#names.length);
    this.#names.push(name);
    this.#small.push(small);
    this.#letters.push(lettersOf(small));
  }

  remove(name: string): void {
    const place = this.#places.get(name);
    const last = this.#names.length - 1;
    if (place === undefined) return;
    this.#places.delete(name);
    for (const list of [this.#names, this.#small, this.#letters]) {
      list[place] = list[last] as never;
      list.pop();
    }
    const moved = this.#names[place];
    if (moved !== undefined) this.#places.set(moved, place);
  }

  /** Within two slips of the keys, and fewer than half the word; of equally near ones the first by name. */
  nearest(word: string): string | null {
    const typed = word.toLowerCase();
    const letters = lettersOf(typed);
    let within = Math.min(2, Math.floor(word.length / 2));
    let best: string | null = null;
    for (let place = 0; place < this.#small.length; place += 1) {
      const small = this.#small[place] as string;
      if (Math.abs(small.length - typed.length) > within) continue;
      // Each slip changes at most two kinds of letters.
      if (bitsIn((this.#letters[place] as number) ^ letters) > 2 * within) continue;
      const distance = distanceWithin(typed, small, within);
      if (distance > within) continue;
      const name = this.#names[place] as string;
      if (distance < within || best === null || name < best) best = name;
      within = distance;
    }
    return best;
  }
}

/** Which letters a name has, one bit each. */
export function lettersOf(name: string): number {
  let bits = 0;
  for (let index = 0; index < name.length; index += 1) bits |= 1 << (name.charCodeAt(index) & 31);
  return bits;
}

export function bitsIn(bits: number): number {
  let count = 0;
  for (let rest = bits; rest !== 0; rest &= rest - 1) count += 1;
  return count;
}

/**
 * What `editDistance` says where that is at most `limit`, and some number beyond it otherwise: only
 * the diagonals that can come to so few are looked at, and none any more once all are beyond.
 */
export function distanceWithin(left: string, right: string, limit: number): number {
  const beyond = limit + 1;
  if (Math.abs(left.length - right.length) > limit) return beyond;
  // What both begin or end with changes nothing, but for a neighbour that is swapped.
  let start = 0;
  const shorter = Math.min(left.length, right.length);
  while (start < shorter && left.charCodeAt(start) === right.charCodeAt(start)) start += 1;
  let [height, width] = [left.length, right.length];
  while (
    height > start &&
    width > start &&
    left.charCodeAt(height - 1) === right.charCodeAt(width - 1)
  ) {
    height -= 1;
    width -= 1;
  }
  return distanceBetween(left.slice(start, height), right.slice(start, width), limit);
}

function distanceBetween(left: string, right: string, limit: number): number {
  const beyond = limit + 1;
  const width = right.length;
  let before = rowOf(0, width, beyond);
  let row = rowOf(1, width, beyond);
  let next = rowOf(2, width, beyond);
  let leastBefore = 0;
  for (let column = 0; column <= Math.min(width, limit); column += 1) row[column] = column;
  for (let i = 1; i <= left.length; i += 1) {
    next.fill(beyond, 0, width + 1);
    let least = beyond;
    if (i <= limit) least = next[0] = i;
    for (let j = Math.max(1, i - limit); j <= Math.min(width, i + limit); j += 1) {
      const same = left.charCodeAt(i - 1) === right.charCodeAt(j - 1) ? 0 : 1;
      let cost = Math.min(at(row, j) + 1, at(next, j - 1) + 1, at(row, j - 1) + same);
      const isSwap =
        i > 1 &&
        j > 1 &&
        left.charCodeAt(i - 1) === right.charCodeAt(j - 2) &&
        left.charCodeAt(i - 2) === right.charCodeAt(j - 1);
      if (isSwap) cost = Math.min(cost, at(before, j - 2) + 1);
      next[j] = Math.min(cost, beyond);
      least = Math.min(least, cost);
    }
    // A swap reaches back two rows.
    if (least > limit && leastBefore >= limit) return beyond;
    leastBefore = least;
    [before, row, next] = [row, next, before];
  }
  return at(row, width);
}

/** Taken again and again: hundreds of thousands are needed for one answer. */
const ROWS = [new Int32Array(64), new Int32Array(64), new Int32Array(64)];

function rowOf(place: number, width: number, value: number): Int32Array {
  const known = ROWS[place];
  const row = known && known.length > width ? known : new Int32Array(2 * width + 1);
  ROWS[place] = row;
  return row.fill(value, 0, width + 1);
}

function at(row: Int32Array, column: number): number {
  return row[column] ?? 0;
}
