import type { Requester } from '../build.ts';
import type { Environment } from '../environment.ts';
import type { Period } from '../schedule.ts';

/** Being told of newer packages. */
export interface Schedules {
  /**
   * From now on it is looked so often whether newer packages would come; null ends it. Throws
   * `not-allowed`, `not-ready` where nothing is built yet, and `environment-not-found`.
   */
  schedule(name: string, every: Period | null, requester: Requester): Promise<Environment>;
}
