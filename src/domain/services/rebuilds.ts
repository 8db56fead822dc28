import type { Requester } from '../build.ts';
import type { LockedPackage } from '../lock.ts';
import type { Phrase } from '../phrase.ts';
import type { Spec } from '../spec.ts';

/** Having environments made anew that have a package which they should not have. */
export interface Rebuilds {
  /**
   * Plans each environment whose default or tagged revision has one of these packages without them,
   * all else where it is, and asks its owner to build that. No specs: what is blocked. Nothing is
   * built. `tell`: so many of all are planned. Throws `not-allowed`, `nothing-blocked`, and
   * `errand-unanswered` where no build host plans.
   */
  askOwners(
    specs: readonly Spec[],
    requester: Requester,
    tell: (planned: number, all: number) => void,
  ): Promise<{ specs: Spec[]; affected: Affected[] }>;
}

/** An environment that has such a package. */
export interface Affected {
  environment: string;
  owner: string;
  /** The revision that has it: the default one, or else the newest of those with tags. */
  revision: number;
  /** Tags of revisions that have it. */
  tags: string[];
  packages: Pick<LockedPackage, 'name' | 'version'>[];
  outcome: /** Its owner is asked to build it; `changes` in words. */
    | { kind: 'asked'; changes: string }
    /** The default revision has none: its owner is asked to move the tags there. */
    | { kind: 'move'; to: number }
    | { kind: 'cannot'; why: Phrase };
}
