import type { Build, Requester } from '../build.ts';
import type { Environment, Revision } from '../environment.ts';
import type { Unreached } from '../errands.ts';
import type { Which } from '../reference.ts';

/** Parting with revisions, and having them again. `which`: null is all that are there. */
export interface LettingGo {
  /** What would go. Throws as `letGo`. */
  leaving(name: string, which: Which, force: boolean, requester: Requester): Promise<Leaving>;
  /**
   * Records that they are let go, then has their bytes removed; what cannot be removed now is tried
   * again until it is gone. Throws `not-allowed`, `in-use`, `use-unknown`, `let-go` and what
   * `findRevision` throws. With `force`, which is for operators, nobody is asked who uses it.
   */
  letGo(name: string, which: Which, force: boolean, requester: Requester): Promise<Left>;
  /**
   * Keeps an environment for so many days from now; null is as long as the configuration keeps what
   * was just built. Throws `not-allowed`, and `nothing-expires` where that is for ever.
   */
  keep(name: string, days: number | null, requester: Requester): Promise<Environment>;
  /**
   * Makes the name free. Throws `not-allowed`, and `still-there` while anything of it is. With `force`,
   * which is for operators, what edges still have is left to them; answered are its paths.
   */
  forget(name: string, force: boolean, requester: Requester): Promise<string[]>;
  /**
   * Builds the very archive of a revision that was let go again, from its lock. Throws `not-allowed`,
   * `still-there` where it is not gone, and what `create` throws.
   */
  restore(
    name: string,
    which: Which,
    requester: Requester,
  ): Promise<{ build: Build; joined: boolean }>;
}

export interface Leaving {
  environment: Environment;
  revisions: Revision[];
  /** Whoever uses it. */
  forced: boolean;
}

export interface Left extends Omit<Leaving, 'forced'> {
  /** Where bytes are still to be removed; null when no build host has answered yet. */
  left: Unreached[] | null;
}
