import type { Requester } from '../build.ts';
import type { Operations } from '../operations.ts';

/** What operators see of the whole. */
export interface Operating {
  /** Throws `not-allowed` for others. */
  operations(requester: Pick<Requester, 'user'>): Promise<Operations>;
}
