import { Queue as BullQueue, Worker as BullWorker, type Job, WaitingError } from 'bullmq';
import type { Build } from '../../domain/build.ts';
import { Cancelled } from '../../domain/errors.ts';
import type { Platform } from '../../domain/lock.ts';
import type { JobPurpose, Queue } from '../../domain/ports.ts';
import { openLink, openRedis, type RedisConnection, subscribe } from './redis.ts';

/** What travels through Redis: everything else is read from the build's own record. */
export interface JobData {
  buildId: string;
  attempt: number;
  purpose: JobPurpose;
}

const PURPOSES: readonly JobPurpose[] = ['build', 'verify'];

/** A finished job is only kept to recognise its duplicates. */
const KEEP_FINISHED = { age: 7 * 24 * 3600, count: 5_000 };
/** A cancellation outlives every restart a job can go through. */
const CANCELLATION_SECONDS = 7 * 24 * 3600;
/** Tries of a job whose infrastructure failed: with 5 s doubling, about 75 s in all. */
const RETRY = { attempts: 5, delayMs: 5_000 };
/** A job that has brought down so many workers will bring down the next one too. */
const STARTED_ATTEMPTS = 10;
const STOP_LIMIT_MS = 7_000;
/** Putting jobs back and closing connections, once the runs have stopped. */
const FAREWELL_LIMIT_MS = 2_000;
/** Pause before asking Redis again after an error; BullMQ's own 15 s would show after a restart. */
const RUN_RETRY_DELAY_MS = 1_000;

/** A new id for every attempt, because BullMQ ignores an id it has seen; it allows no colon. */
const jobIdOf = (build: Pick<Build, 'id' | 'attempt'>, purpose: JobPurpose): string =>
  `${build.id}-${build.attempt}-${purpose}`;

/** Queue names and channels under one prefix; queues are per platform. */
const queuePrefix = (prefix: string): string => `${prefix}:queue`;
const cancelChannel = (prefix: string): string => `${prefix}:cancel`;
const cancelKey = (prefix: string, jobId: string): string => `${prefix}:cancel:${jobId}`;

/**
 * The sending side. Every call rejects within two seconds with `store-unavailable` or `store-full`
 * when Redis cannot serve it; a rejected `enqueue` is not carried out later.
 */
export function createQueue(options: {
  connection: RedisConnection;
  prefix: string;
  retry?: { attempts: number; delayMs: number };
}): Queue {
  const { prefix, retry = RETRY } = options;
  const link = openLink(options.connection);
  const queues = new Map<Platform, BullQueue<JobData>>();

  function queueOf(platform: Platform): BullQueue<JobData> {
    const existing = queues.get(platform);
    if (existing) return existing;
    const queue = new BullQueue<JobData>(platform, {
      connection: link.client,
      prefix: queuePrefix(prefix),
      // The check asks Redis once at the start, and a lost answer would spoil the queue for good.
      skipVersionCheck: true,
    });
    // Every error also rejects the call that met it.
    queue.on('error', () => {});
    queues.set(platform, queue);
    return queue;
  }

  return {
    async enqueue(build, platform, purpose) {
      const jobId = jobIdOf(build, purpose);
      // A build is made once per attempt, but verified as often as somebody asks: nothing of a
      // finished verification may stand in the way of the next one.
      const isRepeatable = purpose === 'verify';
      const keep = isRepeatable ? true : KEEP_FINISHED;
      if (isRepeatable) await link.call((redis) => redis.del(cancelKey(prefix, jobId)));
      await link.call(() =>
        queueOf(platform).add(
          purpose,
          { buildId: build.id, attempt: build.attempt, purpose },
          {
            jobId,
            attempts: retry.attempts,
            backoff: { type: 'exponential', delay: retry.delayMs },
            removeOnComplete: keep,
            removeOnFail: keep,
          },
        ),
      );
    },

    async cancel(build, platform) {
      const results = await Promise.all(
        PURPOSES.map((purpose) => cancelJob(platform, jobIdOf(build, purpose))),
      );
      return { removed: results.includes(true) };
    },

    async close() {
      await Promise.all([...queues.values()].map((queue) => queue.close()));
      link.close();
    },
  };

  /**
   * The flag comes first: a worker that starts the job after it sees the flag, one that started
   * before hears the message, and a job nobody has started is taken out. True when taken out.
   */
  async function cancelJob(platform: Platform, jobId: string): Promise<boolean> {
    await link.transaction((commands) =>
      commands
        .set(cancelKey(prefix, jobId), '1', 'EX', CANCELLATION_SECONDS)
        .publish(cancelChannel(prefix), jobId),
    );
    return link.call(async () => {
      const queue = queueOf(platform);
      const state = await queue.getJobState(jobId);
      // A finished job stays, so that its duplicates are still recognised.
      if (state !== 'waiting' && state !== 'delayed' && state !== 'prioritized') return false;
      return (await queue.remove(jobId)) === 1;
    });
  }
}

export interface WorkerOptions {
  connection: RedisConnection;
  prefix: string;
  platform: Platform;
  /** Jobs at a time in this process. */
  concurrency: number;
  /**
   * Does the job and settles the build. The signal is aborted with a `Cancelled`: `cancelled` asks
   * for the build to be settled as such; `shutdown` and `lock-lost` mean that the job will be run
   * again, so nothing may be settled. What it throws is a failure of the infrastructure: the job
   * is run again after a pause, a bounded number of times.
   */
  run(job: JobData, signal: AbortSignal): Promise<void>;
  /**
   * The queue has given the job up: every retry failed, or it brought down one worker after the
   * other. Nobody will run it again, so the build must be settled here.
   */
  abandoned(job: JobData, reason: Error): Promise<void>;
  /** What happens behind the scenes, for the log. */
  report?(event: string, fields: Record<string, unknown>): void;
  /**
   * The longest outage of Redis a running job survives; also how long a killed worker's job waits
   * before another may take it over.
   */
  lockDurationMs?: number;
  /** How often workers look for jobs of killed workers. */
  stalledIntervalMs?: number;
  /** How long runs may take to stop at a shutdown before their jobs are put back without them. */
  stopLimitMs?: number;
}

export interface Worker {
  /** Resolves when jobs can be taken and cancellations heard; pending while Redis is away. */
  ready(): Promise<void>;
  /**
   * Stops within ten seconds: running jobs are aborted and put back in front of the queue without
   * using up a try.
   */
  close(): Promise<void>;
}

interface RunningJob {
  control: AbortController;
  ended: Promise<void>;
}

/** Takes jobs of one platform and runs them; at-least-once, so a run must find its own results. */
export function createWorker(options: WorkerOptions): Worker {
  const { prefix, report = () => {}, stopLimitMs = STOP_LIMIT_MS } = options;
  const running = new Map<string, RunningJob>();
  let isClosing = false;

  const link = openLink(options.connection);
  const connection = openRedis(options.connection, 'worker');
  // While Redis is away every attempt to connect fails in the same words; one report is enough.
  const reported = new Set<string>();
  const reportError = (error: Error) => {
    if (reported.has(error.message)) return;
    reported.add(error.message);
    report('worker-error', { error: error.message });
  };
  connection.on('error', reportError);
  connection.on('ready', () => reported.clear());

  const worker = new BullWorker<JobData>(options.platform, runJob, {
    connection,
    prefix: queuePrefix(prefix),
    concurrency: options.concurrency,
    lockDuration: options.lockDurationMs ?? 120_000,
    stalledInterval: options.stalledIntervalMs ?? 30_000,
    maxStalledCount: STARTED_ATTEMPTS,
    maxStartedAttempts: STARTED_ATTEMPTS,
    runRetryDelay: RUN_RETRY_DELAY_MS,
  });
  worker.on('error', reportError);
  worker.on('stalled', (jobId) => report('job-taken-over', { jobId }));
  worker.on('lockRenewalFailed', (jobIds) => {
    report('lock-lost', { jobIds });
    for (const jobId of jobIds) running.get(jobId)?.control.abort(new Cancelled('lock-lost'));
  });
  worker.on('failed', (job, error) => {
    report('job-failed', { jobId: job?.id, error: error.message, final: Boolean(job?.finishedOn) });
    if (!job?.finishedOn) return;
    options
      .abandoned(job.data, error)
      .catch((reason) => report('abandoned-failed', { jobId: job.id, error: String(reason) }));
  });

  const cancellations = subscribe({
    connection: options.connection,
    channel: cancelChannel(prefix),
    message: (jobId) => stopCancelled(jobId),
    // Messages may have been missed while the connection was lost; the flags are still there.
    subscribed() {
      for (const jobId of running.keys()) {
        isCancelled(jobId).then((cancelled) => cancelled && stopCancelled(jobId));
      }
    },
  });

  function stopCancelled(jobId: string): void {
    running.get(jobId)?.control.abort(new Cancelled('cancelled'));
  }

  /** False when Redis cannot say: the flags are read again once the connection is back. */
  async function isCancelled(jobId: string): Promise<boolean> {
    try {
      return (await link.call((redis) => redis.exists(cancelKey(prefix, jobId)))) === 1;
    } catch {
      return false;
    }
  }

  /**
   * BullMQ offers a signal of its own, but only aborts it from inside this process; ours carries
   * the reason, which decides what becomes of the build.
   */
  async function runJob(job: Job<JobData>, token?: string): Promise<void> {
    const jobId = String(job.id);
    // After a lost lock the same job may come back before its first run has come to its end.
    await running.get(jobId)?.ended;
    const control = new AbortController();
    const ended = Promise.withResolvers<void>();
    running.set(jobId, { control, ended: ended.promise });
    try {
      if (isClosing) control.abort(new Cancelled('shutdown'));
      else if (await isCancelled(jobId)) stopCancelled(jobId);
      await Promise.race([
        options.run(job.data, control.signal),
        stopLimit(control.signal, stopLimitMs),
      ]);
    } catch (error) {
      const stopped = stopReason(control.signal);
      if (stopped === 'shutdown') {
        await job.moveToWait(token);
        throw new WaitingError();
      }
      // The run has settled the build and says so by passing its signal's reason on.
      if (stopped === 'cancelled' && error === control.signal.reason) return;
      throw error;
    } finally {
      running.delete(jobId);
      ended.resolve();
    }
  }

  return {
    async ready() {
      await Promise.all([worker.waitUntilReady(), cancellations.established]);
    },

    async close() {
      // BullMQ waits for Redis without limit, so its word is not waited for a second time.
      if (isClosing) return;
      isClosing = true;
      const closed = worker.close();
      for (const { control } of running.values()) control.abort(new Cancelled('shutdown'));
      await Promise.race([closed, pause(stopLimitMs + FAREWELL_LIMIT_MS)]);
      cancellations.close();
      connection.disconnect();
      link.close();
    },
  };
}

function stopReason(signal: AbortSignal): Cancelled['reason'] | null {
  return signal.reason instanceof Cancelled ? signal.reason.reason : null;
}

/** Rejects when a run has not stopped in time after a shutdown began; otherwise never settles. */
function stopLimit(signal: AbortSignal, milliseconds: number): Promise<never> {
  return new Promise((_resolve, reject) => {
    const begin = () => {
      if (stopReason(signal) !== 'shutdown') return;
      setTimeout(() => reject(signal.reason), milliseconds).unref();
    };
    if (signal.aborted) begin();
    else signal.addEventListener('abort', begin, { once: true });
  });
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, milliseconds).unref();
  });
}
