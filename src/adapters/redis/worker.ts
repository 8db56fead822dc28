import type { Worker as BullWorker } from 'bullmq';
import type { Platform } from '../../domain/lock.ts';
import { cancelChannel, cancelKey, type JobData, openJobWorker } from './jobs.ts';
import { openLink, openRedis, type RedisConnection, type RedisLink, subscribe } from './redis.ts';
import { Runs } from './runs.ts';

const STOP_LIMIT_MS = 7_000;
/** Putting jobs back and closing connections, once the runs have stopped. */
const FAREWELL_LIMIT_MS = 2_000;
const LOCK_DURATION_MS = 120_000;
const STALLED_INTERVAL_MS = 30_000;

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

/** Takes jobs of one platform and runs them; at-least-once, so a run must find its own results. */
export function createWorker(options: WorkerOptions): Worker {
  const { prefix, stopLimitMs = STOP_LIMIT_MS } = options;
  const link = openLink(options.connection);
  const runs = new Runs({
    run: options.run,
    isCancelled: (jobId) => isFlagged(link, cancelKey(prefix, jobId)),
    stopLimitMs,
  });
  const connection = openRedis(options.connection, 'worker');
  const worker = openJobWorker(
    connection,
    {
      ...options,
      lockDurationMs: options.lockDurationMs ?? LOCK_DURATION_MS,
      stalledIntervalMs: options.stalledIntervalMs ?? STALLED_INTERVAL_MS,
    },
    (job, token) => runs.run(job, token),
  );
  const reportError = reporterOf(options);
  connection.on('error', reportError.report);
  connection.on('ready', reportError.forget);
  worker.on('error', reportError.report);
  listen(worker, runs, options);

  const cancellations = subscribe({
    connection: options.connection,
    channel: cancelChannel(prefix),
    message: (jobId) => runs.stop(jobId, 'cancelled'),
    // Messages may have been missed while the connection was lost; the flags are still there.
    subscribed: () => void runs.stopCancelled(),
  });

  let isClosing = false;
  return {
    async ready() {
      await Promise.all([worker.waitUntilReady(), cancellations.established]);
    },

    async close() {
      // BullMQ waits for Redis without limit, so its word is not waited for a second time.
      if (isClosing) return;
      isClosing = true;
      const closed = worker.close();
      runs.shutDown();
      await Promise.race([closed, pause(stopLimitMs + FAREWELL_LIMIT_MS)]);
      cancellations.close();
      connection.disconnect();
      link.close();
    },
  };
}

/** What BullMQ says of jobs: locks that were lost, and jobs it has given up. */
function listen(worker: BullWorker<JobData>, runs: Runs, options: WorkerOptions): void {
  const { report = () => {} } = options;
  worker.on('stalled', (jobId) => report('job-taken-over', { jobId }));
  worker.on('lockRenewalFailed', (jobIds) => {
    report('lock-lost', { jobIds });
    for (const jobId of jobIds) runs.stop(jobId, 'lock-lost');
  });
  worker.on('failed', (job, error) => {
    report('job-failed', { jobId: job?.id, error: error.message, final: Boolean(job?.finishedOn) });
    if (!job?.finishedOn) return;
    options
      .abandoned(job.data, error)
      .catch((reason) => report('abandoned-failed', { jobId: job.id, error: String(reason) }));
  });
}

/** While Redis is away every attempt to connect fails in the same words; one report is enough. */
function reporterOf({ report = () => {} }: Pick<WorkerOptions, 'report'>) {
  const reported = new Set<string>();
  return {
    report(error: Error): void {
      if (reported.has(error.message)) return;
      reported.add(error.message);
      report('worker-error', { error: error.message });
    },
    forget: () => reported.clear(),
  };
}

/** False when Redis cannot say. */
async function isFlagged(link: RedisLink, key: string): Promise<boolean> {
  try {
    return (await link.call((redis) => redis.exists(key))) === 1;
  } catch {
    return false;
  }
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, milliseconds).unref();
  });
}
