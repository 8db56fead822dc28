/** Forgets builds that are over for long: their records come for ever. */
import { isSettled } from '../domain/build.ts';
import type { Progress } from '../domain/ports.ts';
import { days } from '../domain/retention.ts';
import type { BuildPorts } from './context.ts';

/**
 * One that made a revision stays as long as the revision is known, and one that left something on an
 * edge until that is removed.
 */
export async function forgetBuilds(
  { store, history, clock, events }: BuildPorts,
  { signal }: Pick<Progress, 'signal'>,
): Promise<void> {
  const kept = new Set<string>();
  for await (const { revisions } of store.everyOutline()) {
    for (const { buildId } of revisions) kept.add(buildId);
  }
  const before = clock.now() - days(history.days);
  let count = 0;
  for await (const id of store.everyOldBuild({ before, newest: history.builds })) {
    signal.throwIfAborted();
    const build = kept.has(id) ? null : await store.readBuild(id);
    if (!build || !isSettled(build)) continue;
    if (build.begun.length > 0) continue;
    if (await store.forgetBuild(build)) count += 1;
  }
  if (count > 0) events.emit('swept', { kind: 'records', count });
}
