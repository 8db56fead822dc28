/** Lists that are shown a page at a time. */

/** Entries of a list that are shown at once. */
export const MOST_ENTRIES = 20;

/** How many pages so many entries are; none at all are one, too. */
export function pagesOf(count: number): number {
  return Math.max(1, Math.ceil(count / MOST_ENTRIES));
}

/** Where a page begins, which counts from 1; entries count from 0. */
export function startOf(page: number): number {
  return (page - 1) * MOST_ENTRIES;
}
