/** Looks at its time whether an environment would get newer packages, and tells its owner only then. */
import {
  defaultRevision,
  type Environment,
  isThere,
  type Revision,
} from '../domain/environment.ts';
import { FerryError, isStoreError, throwIfStopped } from '../domain/errors.ts';
import { isSameLock } from '../domain/lock.ts';
import type { Progress } from '../domain/ports.ts';
import { changesInWords, type Looked, nextLook, type Schedule } from '../domain/schedule.ts';
import type { BuildPorts } from './context.ts';
import { planFrom } from './errands/plan.ts';

/** So many in one round: other duties wait meanwhile. */
const MOST_AT_ONCE = 3;
const MOST_MS = 120_000;
/** What is away is asked again after this. */
const AGAIN_MS = 3600_000;

export async function lookForNewer(
  ports: BuildPorts,
  reporting: Pick<Progress, 'signal' | 'log'>,
): Promise<void> {
  const environments = await ports.store.listEnvironments();
  const due = environments
    .flatMap((environment) => {
      const { schedule } = environment;
      const revision = defaultRevision(environment);
      if (!schedule || schedule.dueAt > ports.clock.now() || !revision || !isThere(revision)) {
        return [];
      }
      return { environment, schedule, revision };
    })
    .toSorted((left, right) => left.schedule.dueAt - right.schedule.dueAt);
  for (const each of due.slice(0, MOST_AT_ONCE)) await look(ports, each, reporting);
}

interface Due {
  environment: Environment;
  schedule: Schedule;
  revision: Revision;
}

/** The notice first, under the name of this look: done again, it is the same one. */
async function look(
  ports: BuildPorts,
  due: Due,
  { signal, log }: Pick<Progress, 'signal' | 'log'>,
): Promise<void> {
  const { name } = due.environment;
  const { store, clock } = ports;
  const limit = AbortSignal.any([signal, AbortSignal.timeout(MOST_MS)]);
  const last = await found(ports, due, { signal: limit, log: () => {}, detail: () => {} });
  throwIfStopped(signal);
  const now = clock.now();
  if (last !== null && last.outcome !== 'same' && last.text !== due.schedule.last?.text) {
    const id = `newer.${name}.${due.schedule.dueAt}`;
    await store.addNotice({ id, kind: 'newer', environment: name, text: last.text, dueAt: now });
  }
  log(`newer packages of ${name}: ${last?.outcome ?? 'something was away'}`);
  await store.updateEnvironment(name, (current) => {
    const { schedule } = current;
    if (schedule === null) return current;
    const dueAt = last === null ? now + AGAIN_MS : nextLook(schedule.every, now);
    return { ...current, schedule: { ...schedule, dueAt, last: last ?? schedule.last } };
  });
}

/** Null where something outside was away, which says nothing of the packages. */
async function found(
  ports: BuildPorts,
  { environment: { name }, revision }: Due,
  progress: Progress,
): Promise<Looked | null> {
  const at = ports.clock.now();
  const { request, lock } = revision;
  try {
    const id = `newer.${name}`;
    const plan = await planFrom(ports, { request, id, before: revision }, progress);
    return isSameLock(lock, plan.lock)
      ? { at, outcome: 'same', text: 'Nothing newer.' }
      : { at, outcome: 'changed', text: `Newer packages: ${changesInWords(lock, plan.lock)}` };
  } catch (error) {
    if (isStoreError(error)) throw error;
    if (!(error instanceof FerryError) || error.kind !== 'user') return null;
    const text = `It could not be built again: ${ports.redact(error.message)}`;
    return { at, outcome: 'broken', text };
  }
}
