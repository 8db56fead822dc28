import { timingOf } from '../domain/estimate.ts';
import type { BuildRun } from './context.ts';

/** Remembers how long a build took, for the estimates of the next ones. */
export async function keepTiming({ build, ports }: BuildRun): Promise<void> {
  const timing = timingOf(build, await ports.store.readTimings());
  if (timing !== null) await ports.store.addTiming(timing);
}
