import type { Build, Requester } from '../build.ts';
import type { Which } from '../reference.ts';

/** A copy of somebody's revision under one's own name. */
export interface Clones {
  /**
   * Builds an environment `as` with the very packages and code of a revision, on `edges`, or on those
   * the revision was built for. Throws what `findRevision` and `create` throw, `same-name`, and
   * `edge-gone` or `channel-gone` where the revision needs what is not configured any more.
   */
  clone(
    of: { name: string; which: Which },
    as: string,
    edges: readonly string[],
    requester: Requester,
  ): Promise<{ build: Build; joined: boolean }>;
}
