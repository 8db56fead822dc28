import type { Requester } from '../build.ts';
import type { Environment } from '../environment.ts';
import type { Period } from '../schedule.ts';

/** Environments that are built anew by themselves. */
export interface Schedules {
  /**
   * From now on it is built so often where newer packages would come, as its owner, or with `tellOnly`
   * only told; null ends it. Throws `not-allowed`, `not-ready` where nothing is built yet, `let-go`
   * where nothing is left of the default revision, and `environment-not-found`.
   */
  schedule(
    name: string,
    every: Period | null,
    tellOnly: boolean,
    requester: Requester,
  ): Promise<Environment>;
}
