/** Builds whose live message may not say what the record says, and which of them is next. */

export interface Dirty {
  /** A build has changed; not `isHeard`: it may have, while nobody listened. */
  mark(buildId: string, isHeard: boolean): void;
  has(buildId: string): boolean;
  isEmpty(): boolean;
  /** The number of the newest change. */
  count(): number;
  /** Ids of those that changed after it. */
  after(count: number): string[];
  /** Those that nobody has looked at since they changed. */
  unseen(): Seen[];
  /** `rank`: 0 goes first. `shownAt`: when its message was told something last; the longest ago is next. */
  see(seen: Seen, urgency: { rank: number; shownAt: number }): void;
  /** Of those that were looked at. */
  next(): Seen | null;
  /** Forgets the change that was looked at, but not one that came after it. */
  forget(seen: Seen): void;
}

export interface Seen {
  id: string;
  change: number;
  isHeard: boolean;
}

interface Entry extends Seen {
  urgency: { rank: number; shownAt: number } | null;
}

export function createDirty(): Dirty {
  const entries = new Map<string, Entry>();
  let count = 0;
  return {
    mark(id, isHeard) {
      const known = entries.get(id);
      // Its turn comes anyway, with the newest state.
      if (known && !isHeard) return;
      count += 1;
      entries.set(id, { id, change: count, isHeard, urgency: null });
    },
    has: (id) => entries.has(id),
    isEmpty: () => entries.size === 0,
    count: () => count,
    after: (seen) => [...entries.values()].flatMap(({ id, change }) => (change > seen ? [id] : [])),
    unseen: () => [...entries.values()].filter(({ urgency }) => urgency === null),
    see({ id, change }, urgency) {
      const entry = entries.get(id);
      if (entry?.change === change) entries.set(id, { ...entry, urgency });
    },
    next() {
      const seen = [...entries.values()].flatMap(({ urgency, ...each }) =>
        urgency === null ? [] : { ...each, ...urgency },
      );
      const [next] = seen.sort(
        (left, right) => left.rank - right.rank || left.shownAt - right.shownAt,
      );
      return next ?? null;
    },
    forget({ id, change }) {
      if (entries.get(id)?.change === change) entries.delete(id);
    },
  };
}
