import type { Build } from '../build.ts';
import type { Outlook } from '../estimate.ts';
import type { Lock } from '../lock.ts';

/** What is to be expected of builds, as far as past ones tell. */
export interface Outlooks {
  /** Null where nothing can be told, and for a build that has ended. */
  outlook(build: Build): Promise<Outlook | null>;
  /** Seconds that a build with these packages takes once it has begun; null without any past. */
  estimate(lock: Lock): Promise<number | null>;
}
