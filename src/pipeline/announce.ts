import { isScheduled } from '../domain/schedule.ts';
import type { BuildRun } from './context.ts';
import { endScheduled } from './scheduled.ts';
import { tellSettled } from './telling.ts';

/**
 * What follows a build's end, safe to do twice: notices have an id per attempt and are sent once.
 */
export async function announce(run: BuildRun): Promise<void> {
  const { build, ports } = run;
  if (isScheduled(build)) await endScheduled(ports, build);
  else await tellRequester(run);
  await tellSettled(ports, build);
  await ports.workspace.clear(build.id);
  await ports.store.closeBuild(build.id, build.attempt);
}

/** In the thread of its message, and directly where it took long. */
async function tellRequester({ build, ports }: BuildRun): Promise<void> {
  const now = ports.clock.now();
  const seconds = ((build.finishedAt ?? now) - build.queuedAt) / 1000;
  const targets =
    seconds > ports.directNoticeAfterSeconds
      ? (['thread', 'direct'] as const)
      : (['thread'] as const);
  for (const target of targets) {
    await ports.store.addNotice({
      id: `${build.id}.${build.attempt}.${target}`,
      kind: 'settled',
      buildId: build.id,
      target,
      dueAt: build.finishedAt ?? now,
    });
  }
}
