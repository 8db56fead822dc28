/** Builds scheduled environments anew when their time has come; its owner hears of it only then. */
import { isSettled } from '../domain/build.ts';
import { withoutDefaultEdges } from '../domain/defaults.ts';
import {
  defaultRevision,
  type Environment,
  isThere,
  type Revision,
  revisionLabel,
} from '../domain/environment.ts';
import { FerryError, isStoreError, throwIfStopped } from '../domain/errors.ts';
import { secondsBetween } from '../domain/events.ts';
import { isSameLock } from '../domain/lock.ts';
import type { Plan } from '../domain/plan.ts';
import type { Progress } from '../domain/ports.ts';
import {
  changesInWords,
  isNews,
  isScheduled,
  type Looked,
  nextLook,
  SCHEDULE,
  type Schedule,
} from '../domain/schedule.ts';
import type { Services } from '../domain/services.ts';
import type { BuildPorts } from './context.ts';
import { planFrom } from './errands/plan.ts';
import { endScheduled } from './scheduled.ts';

/** A look takes no longer; and none begins that might end after the next round has begun. */
const LOOK_MS = 120_000;
export const ROUND_SECONDS = 300;
const BEGIN_MS = ROUND_SECONDS * 1000 - LOOK_MS - 30_000;
/** What is away is asked again after this. */
const AWAY_MS = 3600_000;
/** While somebody builds the environment, it is looked again after this. */
const HELD_MS = 15 * 60_000;
const RECENT_BUILDS = 200;
/** More than can be looked at in a round, of all platforms together. */
const MOST_DUE = 1_000;

type Reporting = Pick<Progress, 'signal' | 'log'>;

/** What a schedule asks for goes through the services, as what its owner asks for does. */
export interface SchedulePorts extends BuildPorts {
  services: Services;
}

interface Due {
  environment: Environment;
  schedule: Schedule;
  revision: Revision;
}

/**
 * One round, for the environments of this platform. At most one scheduled build is at work at a time, so that all others of a build host are
 * left for people.
 */
export async function keepSchedules(ports: SchedulePorts, reporting: Reporting): Promise<void> {
  const { store, clock } = ports;
  const began = clock.now();
  const { environments } = await store.scheduledEnvironments({ until: began, limit: MOST_DUE });
  const due = environments.filter(
    (environment) => defaultRevision(environment)?.lock.platform === ports.platform,
  );
  for (const environment of due) {
    if (clock.now() - began > BEGIN_MS) return;
    // Ended perhaps, or built by somebody, while others were looked at.
    const current = await store.readEnvironment(environment.name);
    const each = current && dueOf(current, began);
    if (!each) continue;
    const builds = await store.listBuilds({ limit: RECENT_BUILDS });
    const isFull = builds.some((build) => isScheduled(build) && !isSettled(build));
    await lookAt(ports, each, isFull, reporting);
    throwIfStopped(reporting.signal);
  }
}

/** Null where it is not due, or there is nothing to look at. */
function dueOf(environment: Environment, now: number): Due | null {
  const { schedule } = environment;
  const revision = defaultRevision(environment);
  const isDue = schedule !== null && schedule.dueAt <= now;
  return isDue && revision && isThere(revision) ? { environment, schedule, revision } : null;
}

async function lookAt(
  ports: SchedulePorts,
  due: Due,
  isFull: boolean,
  { signal }: Pick<Reporting, 'signal'>,
): Promise<void> {
  const { environment, schedule } = due;
  const { name } = environment;
  const builds = await ports.store.listBuilds({ environment: name, limit: RECENT_BUILDS });
  // A worker that was killed after it had asked may have left it.
  const asked = builds.find(
    (build) =>
      isScheduled(build) &&
      build.createdAt >= schedule.dueAt &&
      (schedule.last === null || build.finishedAt !== schedule.last.at),
  );
  if (asked) return endScheduled(ports, asked);
  if (builds.some((build) => !isSettled(build))) return postpone(ports, due, HELD_MS);
  if (isFull && !schedule.tellOnly) return;
  const limit = AbortSignal.any([signal, AbortSignal.timeout(LOOK_MS)]);
  const progress = { signal: limit, log: () => {}, detail: () => {} };
  const begunAt = ports.clock.now();
  const found = await look(ports, due, progress);
  throwIfStopped(signal);
  ports.events.emit('schedule-looked', {
    environment: name,
    ...(typeof found === 'string'
      ? { outcome: found, reason: null }
      : { outcome: found.outcome, reason: found.text }),
    seconds: secondsBetween(begunAt, ports.clock.now()),
  });
  if (found === 'away') return postpone(ports, due, AWAY_MS);
  if (found === 'held') return postpone(ports, due, HELD_MS);
  if (found !== 'building') await settle(ports, due, found);
}

/** The notice first, under the name of this look: done again, it is the same one. */
async function settle(ports: SchedulePorts, due: Due, looked: Looked): Promise<void> {
  const { name } = due.environment;
  const { store, clock } = ports;
  const now = clock.now();
  if (isNews(looked, due.schedule.last)) {
    const id = `newer.${name}.${due.schedule.dueAt}`;
    await store.addNotice({ id, kind: 'newer', environment: name, text: looked.text, dueAt: now });
  }
  await change(ports, due, (schedule) => ({
    ...schedule,
    dueAt: nextLook(schedule.every, now),
    last: looked,
  }));
}

function postpone(ports: SchedulePorts, due: Due, waitMs: number): Promise<void> {
  const dueAt = ports.clock.now() + waitMs;
  return change(ports, due, (schedule) => ({ ...schedule, dueAt }));
}

/** Not where somebody has scheduled it anew, or ended that, meanwhile. */
async function change(
  { store }: SchedulePorts,
  due: Due,
  make: (schedule: Schedule) => Schedule,
): Promise<void> {
  await store.updateEnvironment(due.environment.name, (current) => {
    const { schedule } = current;
    const isSame = schedule !== null && schedule.dueAt === due.schedule.dueAt;
    return isSame ? { ...current, schedule: make(schedule) } : current;
  });
}

/**
 * What is found; `building` where something changed and is built now, `held` where somebody is
 * building it, and `away` where something outside was, which says nothing of the packages.
 */
async function look(
  ports: SchedulePorts,
  due: Due,
  progress: Progress,
): Promise<Looked | 'building' | 'held' | 'away'> {
  const at = ports.clock.now();
  let changes = '';
  try {
    const { request, lock, number } = due.revision;
    const id = `schedule.${due.environment.name}`;
    const plan = await planFrom(
      ports,
      { request, id, before: due.revision, asker: null },
      progress,
    );
    if (isSameLock(lock, plan.lock)) return same(at, 'Nothing newer.');
    const left = due.environment.revisions.find(
      (known) => known.number > number && known.fingerprint === plan.fingerprint,
    );
    // Somebody has gone back from it: that is not undone for them.
    if (left) {
      const label = revisionLabel(due.environment.name, left.number);
      return same(at, `Nothing newer than \`${label}\`, which is not the default one.`);
    }
    changes = changesInWords(lock, plan.lock);
    if (due.schedule.tellOnly) {
      return { at, outcome: 'changed', text: `Newer packages: ${changes}`, reason: changes };
    }
    return await begin(ports, due, plan);
  } catch (error) {
    if (isStoreError(error)) throw error;
    if (!(error instanceof FerryError) || error.kind !== 'user') return 'away';
    return error.code === 'environment-busy' ? 'held' : refused(ports, at, changes, error);
  }
}

/** Asks for it as its owner. */
async function begin(
  { services }: SchedulePorts,
  { environment: { owner }, revision }: Due,
  { lock, projects }: Plan,
): Promise<'building' | 'held'> {
  const request = withoutDefaultEdges(revision.request, services.settings);
  const requester = { user: owner, channel: SCHEDULE, team: null, way: 'schedule' as const };
  const { joined } = await services.create(request, requester, { lock, projects });
  return joined ? 'held' : 'building';
}

function same(at: number, text: string): Looked {
  return { at, outcome: 'same', text, reason: '' };
}

/** `changes`: what would come, where that was found out; a refusal of it may count what differs. */
function refused(ports: SchedulePorts, at: number, changes: string, error: FerryError): Looked {
  const told = changes === '' ? '' : `Newer packages: ${changes} `;
  const isWaiting = error.code === 'waiting-for-approval';
  // How long an approval may wait is said to those who are asked for it.
  const why = isWaiting
    ? error.message
    : [error.message, error.suggestion].filter(Boolean).join(' ');
  return {
    at,
    outcome: isWaiting ? 'waiting' : 'broken',
    text: `${told}${isWaiting ? '' : 'It could not be built again: '}${ports.redact(why)}`,
    reason: `${error.code}: ${changes || error.message}`,
  };
}
