import {
  Queue as BullQueue,
  Worker as BullWorker,
  type Job,
  type Telemetry,
  WaitingError,
} from 'bullmq';
import type { Redis } from 'ioredis';
import type { Build } from '../../domain/build.ts';
import type { Platform } from '../../domain/lock.ts';
import type { JobPurpose, QueuedJob } from '../../domain/ports.ts';

/** Jobs as they travel through Redis: what both sides of the queue must agree on. */

/** Everything else is read from the build's own record. */
export interface JobData {
  buildId: string;
  attempt: number;
  purpose: JobPurpose;
  /** Who asked, by the id in Slack; jobs of older versions do not say. */
  user?: string;
}

/** A job that has brought down so many workers will bring down the next one too. */
const STARTED_ATTEMPTS = 10;
/** Pause before asking Redis again after an error; BullMQ's own 15 s would show after a restart. */
const RUN_RETRY_DELAY_MS = 1_000;

/** A new id for every attempt, because BullMQ ignores an id it has seen; it allows no colon. */
export const jobIdOf = (build: Pick<Build, 'id' | 'attempt'>, purpose: JobPurpose): string =>
  `${build.id}-${build.attempt}-${purpose}`;

/** The same backwards; null for an id of no job of ours. */
export function jobOf(id: string): QueuedJob | null {
  const [, buildId, purpose] = /^(.+)-\d+-(build|verify)$/.exec(id) ?? [];
  if (buildId === undefined) return null;
  return { buildId, purpose: purpose === 'verify' ? 'verify' : 'build' };
}

/** The turn that each person was given last, while anybody waits in a queue. */
export const turnsKey = (prefix: string, queue: string): string => `${prefix}:turns:${queue}`;

/** Queue names and channels under one prefix; queues of builds are named as their platform. */
const queuePrefix = (prefix: string): string => `${prefix}:queue`;
export const cancelChannel = (prefix: string): string => `${prefix}:cancel`;
export const cancelKey = (prefix: string, jobId: string): string => `${prefix}:cancel:${jobId}`;

/** Builds of a platform, and beside them proofs: neither waits for the other. */
export const jobQueue = (platform: Platform, purpose: JobPurpose): string =>
  purpose === 'verify' ? `${platform}-proofs` : platform;
/** Beside the platform's builds, so that an errand never waits for one. */
export const errandQueue = (platform: Platform): string => `${platform}-errands`;
/** The keys of a queue, as BullMQ names them: its jobs by their state, and each job by its id. */
export function jobKeys(prefix: string, name: string) {
  const key = (rest: string) => `${queuePrefix(prefix)}:${name}:${rest}`;
  return {
    ...{ wait: key('wait'), prioritized: key('prioritized') },
    ...{ delayed: key('delayed'), active: key('active') },
    job: (id: string) => key(id),
  };
}
/** Is there for as long as somebody waits for the answer. */
export const wantedKey = (prefix: string, id: string): string => `${prefix}:errand:${id}:wanted`;
export const answerKey = (prefix: string, id: string): string => `${prefix}:errand:${id}:answer`;
/** Tells the ids of errands whose answer is there. */
export const answersChannel = (prefix: string): string => `${prefix}:errands:answered`;

/** BullMQ's own hook for traces, which go on with the job; null for none. */
export interface Traced {
  telemetry?: Telemetry | null;
}

/** The sending side of a queue. Every error also rejects the call that met it. */
export function openJobQueue<T>(
  connection: Redis,
  prefix: string,
  name: string,
  { telemetry }: Traced = {},
): BullQueue<T> {
  const queue = new BullQueue<T>(name, {
    ...{ connection, ...(telemetry ? { telemetry } : {}) },
    prefix: queuePrefix(prefix),
    // The check asks Redis once at the start, and a lost answer would spoil the queue for good.
    skipVersionCheck: true,
  });
  queue.on('error', () => {});
  return queue;
}

/** The taking side of a queue; it begins at once. Times are milliseconds. */
export function openJobWorker<T>(
  connection: Redis,
  options: {
    prefix: string;
    queue: string;
    concurrency: number;
    lockDurationMs: number;
    stalledIntervalMs: number;
  } & Traced,
  run: (job: Job<T>, token?: string) => Promise<void>,
): BullWorker<T> {
  const { telemetry } = options;
  return new BullWorker<T>(options.queue, run, {
    ...{ connection, ...(telemetry ? { telemetry } : {}) },
    prefix: queuePrefix(options.prefix),
    concurrency: options.concurrency,
    lockDuration: options.lockDurationMs,
    stalledInterval: options.stalledIntervalMs,
    maxStalledCount: STARTED_ATTEMPTS,
    maxStartedAttempts: STARTED_ATTEMPTS,
    runRetryDelay: RUN_RETRY_DELAY_MS,
  });
}

/** Puts a job that is being run back in front of the queue; it does not count as tried. */
export async function putBack(job: Job, token: string | undefined): Promise<never> {
  await job.moveToWait(token);
  throw new WaitingError();
}
