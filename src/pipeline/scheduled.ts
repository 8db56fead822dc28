/** What becomes of a schedule once the build that it asked for has ended. */
import { type Build, isSettled } from '../domain/build.ts';
import { type Environment, revisionLabel } from '../domain/environment.ts';
import type { Clock, Store } from '../domain/ports.ts';
import { isNews, type Looked, nextLook } from '../domain/schedule.ts';
import { changedBy } from '../domain/scheduled.ts';

/**
 * Records how the build ended and lets its owner hear of it, once. Done again it changes nothing: the
 * notice has an id of the attempt, and the record says which end it knows.
 */
export async function endScheduled(
  { store, clock }: { store: Store; clock: Clock },
  build: Build,
): Promise<void> {
  const { environment: name } = build.request;
  const environment = await store.readEnvironment(name);
  const looked = environment && lookedOf(environment, build);
  if (environment === null || looked === null) return;
  const { schedule } = environment;
  const last = schedule?.last ?? null;
  if (last?.at === looked.at && last.reason === looked.reason) return;
  // Who stopped it knows; and a schedule may have been ended while its build was at work.
  if (build.state !== 'cancelled' && isNews(looked, last)) {
    const id = `scheduled.${build.id}.${build.attempt}`;
    await store.addNotice({
      ...{ id, kind: 'scheduled', environment: name },
      ...{ buildId: build.id, dueAt: looked.at },
    });
  }
  await store.updateEnvironment(name, ({ schedule: current, ...rest }) => ({
    ...rest,
    schedule: current && {
      ...current,
      dueAt: nextLook(current.every, clock.now()),
      last: looked,
    },
  }));
}

/** Null while it is at work. */
function lookedOf(environment: Environment, build: Build): Looked | null {
  if (!isSettled(build) || build.finishedAt === null) return null;
  const { changes } = changedBy(environment, build);
  const at = build.finishedAt;
  const label = `\`${revisionLabel(environment.name, build.revision ?? 0)}\``;
  switch (build.state) {
    case 'ready':
      return { at, outcome: 'built', text: `Built ${label}: ${changes}`, reason: build.id };
    case 'failed': {
      const { code, message } = build.failure ?? { code: 'failed', message: 'It failed.' };
      const text = `Could not be built with newer packages: ${message}`;
      return { at, outcome: 'broken', text, reason: `${code}: ${changes}` };
    }
    default:
      return { at, outcome: 'broken', text: 'Its build was cancelled.', reason: 'cancelled' };
  }
}
