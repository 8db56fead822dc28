/** Names of packages in an order in which those that begin with a few letters stand together. */
export interface NameIndex {
  names: ReadonlySet<string>;
  /** Every name, and each part of it behind a separator (`learn` of `scikit-learn`), in order. */
  entries: readonly IndexEntry[];
}

interface IndexEntry {
  /** What is looked for. */
  part: string;
  /** Whose part it is. */
  name: string;
  /** Lower is likelier. */
  rank: number;
}

/**
 * Sorts and ranks the names once; what is asked of them later looks at those alone that begin as
 * typed. `isPart`: found by a part behind a separator.
 */
export function indexNames(
  names: Iterable<string>,
  rank: (name: string, isPart: boolean) => number,
): NameIndex {
  const known = new Set(names);
  const entries: IndexEntry[] = [];
  for (const name of known) {
    entries.push({ part: name, name, rank: rank(name, false) });
    for (const separator of name.matchAll(/[-_.]+(?=[^-_.])/g)) {
      const part = name.slice(separator.index + separator[0].length);
      entries.push({ part, name, rank: rank(name, true) });
    }
  }
  entries.sort((left, right) => (left.part < right.part ? -1 : left.part > right.part ? 1 : 0));
  return { names: known, entries };
}

/** At most `most` names that begin with `prefix` or have a part that does, the likeliest first. */
export function namesBeginning({ entries }: NameIndex, prefix: string, most: number): string[] {
  // Keeps no more than it answers: thousands may begin with one letter.
  const best: IndexEntry[] = [];
  const end = firstFrom(entries, `${prefix}\uffff`);
  for (let at = firstFrom(entries, prefix); at < end; at += 1) {
    const entry = entries[at];
    if (entry && !(best.length >= most && entry.rank >= worstOf(best))) keep(entry, best, most);
  }
  return best.map(({ name }) => name);
}

function worstOf(best: readonly IndexEntry[]): number {
  return best.at(-1)?.rank ?? Number.POSITIVE_INFINITY;
}

/** Puts an entry where its rank is, once for its name. */
function keep(entry: IndexEntry, best: IndexEntry[], most: number): void {
  const same = best.findIndex(({ name }) => name === entry.name);
  if (same >= 0 && (best[same]?.rank ?? 0) <= entry.rank) return;
  if (same >= 0) best.splice(same, 1);
  else if (best.length >= most) best.pop();
  const place = best.findIndex(({ rank }) => rank > entry.rank);
  best.splice(place < 0 ? best.length : place, 0, entry);
}

/** Where the first entry stands that does not come before `part`. */
function firstFrom(entries: readonly IndexEntry[], part: string): number {
  let low = 0;
  let high = entries.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((entries[middle]?.part ?? '') < part) low = middle + 1;
    else high = middle;
  }
  return low;
}
