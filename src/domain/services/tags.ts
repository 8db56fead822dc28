import type { Requester } from '../build.ts';
import type { Environment, Move } from '../environment.ts';
import type { Which } from '../reference.ts';

/** What the names of revisions mean. Each throws `not-allowed` and what `findRevision` throws. */
export interface Tags {
  /** Gives a tag to a revision, wherever it was before. Throws `bad-tag`. */
  tag(name: string, which: Which, tag: string, requester: Requester): Promise<Moved>;
  /** Takes a tag away. Throws `tag-not-found`. */
  untag(name: string, tag: string, requester: Requester): Promise<Moved>;
  /**
   * Makes another revision the default one; null is the one before it. Throws `no-revision-before`
   * where it is the first.
   */
  rollback(name: string, which: Which, requester: Requester): Promise<Moved>;
}

/** The environment after a move. A move to where it was before changed nothing. */
export interface Moved {
  environment: Environment;
  move: Move;
  /**
   * Edges on which the name means what it did before, because they could not be told; null where no
   * worker said how it went. The next build of the environment tells them again.
   */
  unreached: string[] | null;
}
