/**
 * What a service tells of itself, told once, by whoever does it: a line in its log, and what figures
 * are made of. Names and what they carry stay as they are: people search for them.
 */
import type { Build } from './build.ts';

interface Types {
  text: string;
  texts: readonly string[];
  number: number;
  flag: boolean;
}

function field<const T extends keyof Types>(type: T, says: string) {
  return { type, says };
}

/** What events carry; a field that does not apply is null, and left out of the log. */
export const FIELDS = {
  user: field('text', 'who asked, by member ID in Slack, or as the terminal was told'),
  way: field('text', 'by which way: `slash`, `button`, `form`, `schedule`, `terminal`, …'),
  deed: field('text', 'what was asked for, in the word of its command'),
  text: field('text', 'the command that says the same, or its beginning, without secrets'),
  approval: field('text', 'the approval by which it is done'),
  environment: field('text', 'its name'),
  revision: field('number', 'its number'),
  tag: field('text', 'the tag that moved; left out where it is the default'),
  build: field('text', 'its id'),
  attempt: field('number', '1 for the first; a retry adds one'),
  platform: field('text', 'whose workers do it'),
  edge: field('text', 'its name in the configuration'),
  edges: field('texts', 'all that were asked for'),
  errand: field('text', 'its id'),
  job: field('text', 'its id in the queue'),
  kind: field('text', 'which of several'),
  step: field('text', '`solve`, `create`, `install`, `pack`, `stage` or `verify`'),
  duty: field('text', 'its name'),
  method: field('text', 'of Slack’s Web API'),
  outcome: field('text', 'how it ended'),
  code: field('text', 'the code of the error, stable'),
  reason: field('text', 'why, for people'),
  details: field('text', 'of a defect: where it is'),
  seconds: field('number', 'how long it took; of a build: since it was asked for'),
  waited: field('number', 'seconds in the queue'),
  bytes: field('number', 'of the archive'),
  files: field('number', 'in the archive'),
  known: field('number', 'segments of the archive that were there already'),
  made: field('number', 'segments of the archive that were made'),
  packages: field('number', 'in the lock'),
  executors: field('number', 'that gave evidence'),
  reused: field('flag', 'everything was staged before, and nothing had to be built'),
  final: field('flag', 'nobody tries it again'),
  count: field('number', 'how many'),
} as const;

type FieldName = keyof typeof FIELDS;

/** `pino`'s names, in their order. */
export type Level = 'debug' | 'info' | 'warn' | 'error';

function event<const F extends FieldName>(level: Level, says: string, fields: readonly F[]) {
  return { level, says, fields };
}

const BUILD = ['user', 'environment', 'build', 'attempt'] as const;

/** A row for each; what is told with one is checked against it by the compiler. */
export const EVENTS = {
  'deed-asked': event('info', 'somebody asks for something that changes what others see', [
    ...(['deed', 'user', 'way', 'environment', 'build', 'approval', 'text'] as const),
  ]),
  'deed-done': event('info', 'it is done, or its build is queued', [
    ...(['deed', 'user', 'way', 'environment', 'build', 'approval', 'seconds'] as const),
  ]),
  'deed-refused': event('info', 'it is not done, and who asked is told why', [
    ...(['deed', 'user', 'way', 'environment', 'build', 'approval', 'seconds'] as const),
    ...(['code', 'reason'] as const),
  ]),
  'build-queued': event('info', 'a build waits for a worker', [
    ...BUILD,
    ...(['platform', 'edges'] as const),
  ]),
  'build-joined': event('info', 'the same is built already: who asked waits for that', BUILD),
  'build-started': event('info', 'a worker begins a build, or goes on with it', [
    ...BUILD,
    'waited',
  ]),
  'step-ended': event(
    'info',
    'a step of a build: `complete`, `skipped`, `failed`, `cancelled` or `interrupted`',
    [...BUILD, ...(['step', 'outcome', 'seconds', 'reason'] as const)],
  ),
  'archive-made': event('info', '`packed`, `completed`, `assembled` or `known` from before', [
    ...BUILD,
    ...(['kind', 'bytes', 'files', 'known', 'made'] as const),
  ]),
  'archive-staged': event('info', 'an archive is on an edge, verified and unpacked', [
    ...BUILD,
    ...(['edge', 'revision', 'bytes', 'seconds'] as const),
  ]),
  'line-shown': event('info', 'an edge has tried the environment: people have its line', [
    ...BUILD,
    ...(['edge', 'revision', 'seconds'] as const),
  ]),
  'staging-verified': event('info', '`proven`, `smoke-tested` or `failed` on the cluster', [
    ...BUILD,
    ...(['edge', 'revision', 'outcome', 'executors', 'seconds', 'reason'] as const),
  ]),
  'build-settled': event('info', 'a build has ended: `ready`, `failed` or `cancelled`', [
    ...BUILD,
    ...(['outcome', 'revision', 'reused', 'code', 'reason', 'seconds'] as const),
  ]),
  'name-moved': event('info', 'a tag or the default means another revision, or none', [
    ...(['user', 'environment', 'tag', 'revision'] as const),
  ]),
  'revision-let-go': event('info', 'its bytes go, by a person or by retention', [
    ...(['user', 'environment', 'revision', 'reason'] as const),
  ]),
  'staging-removed': event('info', 'nothing of it is left on an edge', [
    ...(['environment', 'revision', 'edge', 'build', 'reason'] as const),
  ]),
  'schedule-looked': event('info', 'a schedule has looked for newer packages', [
    ...(['environment', 'outcome', 'reason', 'seconds'] as const),
  ]),
  'owner-reminded': event('info', 'retention will let go soon: its owner is told', ['environment']),
  'errand-ended': event('info', 'a worker has answered: `plan`, `edit`, `point`, `unstage`, …', [
    ...(['kind', 'errand', 'user', 'environment', 'outcome', 'packages', 'seconds'] as const),
    ...(['code', 'reason', 'details'] as const),
  ]),
  swept: event('info', 'what nobody needs is removed: `archives`, `builds` or `records`', [
    ...(['kind', 'count'] as const),
  ]),
  'job-taken-over': event('warn', 'its worker has gone away: another one goes on with it', [
    ...(['job', 'build'] as const),
  ]),
  'job-lost': event('warn', 'this worker could not say for too long that it is at work', [
    ...(['job', 'build'] as const),
  ]),
  'job-failed': event('warn', 'it is tried again, or given up', [
    ...(['job', 'build', 'final', 'reason'] as const),
  ]),
  'job-unreadable': event('error', 'of a version that this worker does not know', ['kind']),
  'errand-given-up': event('error', 'no worker has come to its end, or could read it', [
    ...(['errand', 'code', 'reason'] as const),
  ]),
  'worker-troubled': event(
    'warn',
    'the queue has met an error; told once until it is connected anew',
    ['reason'],
  ),
  'redis-away': event('error', 'this process cannot reach Redis, and tries again', ['reason']),
  'redis-back': event('info', 'it can again', ['seconds']),
  'redis-emptied': event('error', 'what Redis had is gone, and bots and workers run on', [
    'reason',
  ]),
  'redis-full': event('error', 'Redis takes nothing new: operators are told', []),
  'redis-room': event('info', 'it does again', []),
  'slack-away': event('error', 'Slack’s Web API gives no answer, and is asked again', [
    ...(['method', 'reason'] as const),
  ]),
  'slack-back': event('info', 'it does again', ['seconds']),
  'slack-token-refused': event(
    'error',
    'Slack accepts the bot token no more; told once, with what to do',
    ['method', 'reason'],
  ),
  'slack-limited': event('warn', 'Slack has us wait (429) before the next call of this method', [
    ...(['method', 'seconds'] as const),
  ]),
  'duty-done': event('debug', 'a duty was done', ['duty', 'seconds']),
  'duty-failed': event('error', 'it is tried again when its time comes', [
    ...(['duty', 'seconds', 'reason'] as const),
  ]),
} as const;

export type EventName = keyof typeof EVENTS;

export type FieldsOf<Name extends EventName> = {
  readonly [Field in (typeof EVENTS)[Name]['fields'][number]]:
    | Types[(typeof FIELDS)[Field]['type']]
    | null;
};

/** One event, as listeners hear it. */
export type ServiceEvent = {
  [Name in EventName]: { name: Name; fields: FieldsOf<Name> };
}[EventName];

/** Hears every event; must not throw. */
export type Listener = (event: ServiceEvent) => void;

export interface Events {
  emit<Name extends EventName>(name: Name, fields: FieldsOf<Name>): void;
}

export function createEvents(listeners: readonly Listener[]): Events {
  return {
    emit(name, fields) {
      // TypeScript does not see that the two are of one row.
      for (const listener of listeners) listener({ name, fields } as ServiceEvent);
    },
  };
}

/** What somebody cannot be asked, told once, and once that they can be again. */
export interface Sight {
  away(reason: string): void;
  back(): void;
}

/** `away` and `back` tell of it; `now` in milliseconds. */
export function watchedBy(
  now: () => number,
  { away, back }: { away(reason: string): void; back(seconds: number): void },
): Sight {
  let since: number | null = null;
  return {
    away(reason) {
      if (since !== null) return;
      since = now();
      away(reason);
    },
    back() {
      if (since === null) return;
      back(secondsBetween(since, now()));
      since = null;
    },
  };
}

/** Which build it is, in the fields that all its events have. */
export function eventOf({ id, attempt, request, requester }: Build) {
  return { user: requester.user, environment: request.environment, build: id, attempt };
}

/** How a build has ended. */
export function settledEvent(build: Build) {
  const { state, revision, reused, failure, queuedAt, finishedAt } = build;
  return {
    ...eventOf(build),
    ...{ outcome: state, revision, reused },
    ...{ code: failure?.code ?? null, reason: failure?.message ?? null },
    seconds: secondsBetween(queuedAt, finishedAt ?? queuedAt),
  };
}

/** From one moment of a clock to another, for the field `seconds`. */
export const secondsBetween = (from: number, to: number): number => Math.round(to - from) / 1000;
