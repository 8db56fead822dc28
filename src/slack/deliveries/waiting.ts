import type { Build } from '../../domain/build.ts';

export interface Waiting {
  /** Ids of the builds whose place in the queue may be another one, by what is seen of a build. */
  see(build: Build): string[];
}

/** Who waits: whenever one begins to or does not any more, the places of the others have moved. */
export function createWaiting(): Waiting {
  const ids = new Set<string>();
  return {
    see({ id, state }) {
      const others = [...ids].filter((each) => each !== id);
      if (state === 'queued') {
        if (ids.has(id)) return [];
        ids.add(id);
        return others;
      }
      return ids.delete(id) ? others : [];
    },
  };
}
