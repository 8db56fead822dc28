import type { Block } from '../block.ts';
import type { Requester } from '../build.ts';
import type { Spec } from '../spec.ts';

/** Keeping packages out of everything that is made from now on. */
export interface Blocks {
  /** Those there are, the oldest first. */
  blocks(): Promise<Block[]>;
  /** No lock may have it any more. Throws `not-allowed` and `bad-block`. */
  block(spec: Spec, why: string, requester: Requester): Promise<Block>;
  /** Ends a block, and answers which. Throws `not-allowed`, and `not-blocked` where there is none. */
  unblock(spec: Spec, requester: Requester): Promise<Block>;
}
