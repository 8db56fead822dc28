/** Carries out what the record of a build says already: that it is to be stopped. Safe to do twice. */
import { type Build, isSettled } from '../domain/build.ts';
import { type Events, settledEvent } from '../domain/events.ts';
import type { Platform } from '../domain/lock.ts';
import type { Clock, Queue, Store } from '../domain/ports.ts';
import { keptOf } from './keeping.ts';
import { tellSettled } from './telling.ts';

interface CancellingPorts {
  store: Store;
  queue: Pick<Queue, 'cancel'>;
  clock: Clock;
  /** Where a record does not say its own. */
  platform: Platform;
  events: Events;
}

/**
 * Tells the worker that has it, who settles it then; where none has, nobody else would. `before` is done
 * then, while nobody can have begun it again. One of which a revision is kept stays for a worker to end.
 */
export async function carryOutCancel(
  ports: CancellingPorts,
  build: Build,
  before: () => Promise<void> = async () => undefined,
): Promise<Build> {
  const { store, queue, clock } = ports;
  if (await keptOf(ports, build)) return build;
  const { isAtWork } = await queue.cancel(build, build.platform ?? ports.platform);
  if (isAtWork) return build;
  await before();
  const finishedAt = clock.now();
  let isOurs = false;
  const settled = await store.updateBuild(build.id, (current) => {
    isOurs = !isSettled(current) && current.attempt === build.attempt;
    return !isOurs
      ? current
      : {
          ...current,
          state: 'cancelled',
          finishedAt,
          // One that waited for its proof is in the middle of a step.
          steps: current.steps.map((step) =>
            step.status === 'in_progress' ? { ...step, status: 'error', finishedAt } : step,
          ),
        };
  });
  if (isOurs) ports.events.emit('build-settled', settledEvent(settled));
  // Whoever has ended it otherwise in this moment tells of that, or was killed: then it is still to be told.
  if (settled.state !== 'cancelled') return settled;
  await tellSettled(ports, settled);
  await store.closeBuild(settled.id, settled.attempt);
  return settled;
}
