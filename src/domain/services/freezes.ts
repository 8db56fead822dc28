import type { Requester } from '../build.ts';
import type { Freeze } from '../freeze.ts';

/** Keeping edges as they are for a while. */
export interface Freezes {
  /** Those there are, the oldest first. */
  freezes(): Promise<Freeze[]>;
  /** Nothing new is staged on the edge, or with null on any. Throws `not-allowed`. */
  freeze(edge: string | null, why: string, requester: Requester): Promise<Freeze>;
  /** Ends a freeze, and answers which. Throws `not-allowed`, and `not-frozen` where there is none. */
  thaw(edge: string | null, requester: Requester): Promise<Freeze>;
}
