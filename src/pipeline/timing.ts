import { isStoreError } from '../domain/errors.ts';
import { timingOf } from '../domain/estimate.ts';
import type { BuildRun } from './context.ts';

/** Remembers how long a build took, for the estimates of the next ones. */
export async function keepTiming({ build, ports }: BuildRun): Promise<void> {
  try {
    const timing = timingOf(build, await ports.store.readTimings());
    if (timing !== null) await ports.store.addTiming(timing);
  } catch (error) {
    // A store that is full or away must not have the job of a build that has ended run again.
    if (!isStoreError(error)) throw error;
  }
}
