import type { Worker as BullWorker } from 'bullmq';
import type { Redis } from 'ioredis';
import { createEvents, type Events } from '../../domain/events.ts';
import { cancelChannel, jobOf, openJobWorker, type Traced } from './jobs.ts';
import { endRedis, isConnectionLoss, openRedis, type RedisConnection, subscribe } from './redis.ts';
import { Runs } from './runs.ts';

const STOP_LIMIT_MS = 7_000;
/** Putting jobs back and closing connections, once the runs have stopped. */
const FAREWELL_LIMIT_MS = 2_000;

export interface TakingOptions<T> extends Traced {
  connection: RedisConnection;
  prefix: string;
  queue: string;
  /** Jobs at a time in this process. */
  concurrency: number;
  /**
   * Does the job. The signal is aborted with a `Cancelled`: after `shutdown` and `lock-lost` the job
   * will be run again. What it throws is a failure of the infrastructure: the job is run again after
   * a pause, a bounded number of times.
   */
  run(job: T, signal: AbortSignal): Promise<void>;
  /**
   * The queue has given the job up: every retry failed, or it brought down one worker after the
   * other. Nobody will run it again.
   */
  abandoned(job: T, reason: Error): Promise<void>;
  /** Whether somebody has taken the job back; false when nobody can say. */
  isCancelled(jobId: string): Promise<boolean>;
  /** What happens behind the scenes; left out, nobody hears of it. */
  events?: Events;
  lockDurationMs: number;
  stalledIntervalMs: number;
  /** How long runs may take to stop at a shutdown before their jobs are put back without them. */
  stopLimitMs?: number;
}

export interface Worker {
  /** Resolves when jobs can be taken and cancellations heard; pending while Redis is away. */
  ready(): Promise<void>;
  /**
   * Takes no more. Resolves when what had been begun has ended, or `undrain` was called; runs are not
   * stopped, and nothing is put back.
   */
  drain(): Promise<void>;
  /** Takes jobs again. */
  undrain(): void;
  /**
   * Stops within ten seconds: running jobs are aborted and put back in front of the queue without
   * using up a try.
   */
  close(): Promise<void>;
}

/** Takes the jobs of a queue and runs them; at-least-once, so a run must find its own results. */
export function takeJobs<T>(options: TakingOptions<T>): Worker {
  const { prefix, run, isCancelled, stopLimitMs = STOP_LIMIT_MS } = options;
  const runs = new Runs<T>({ run, isCancelled, stopLimitMs });
  const connection = openRedis(options.connection, 'worker');
  const others = duplicatesOf(connection);
  const worker = openJobWorker<T>(connection, options, (job, token) => runs.run(job, token));
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

    drain: () => worker.pause(),

    undrain: () => void worker.resume(),

    async close() {
      // BullMQ waits for Redis without limit, so its word is not waited for a second time.
      if (isClosing) return;
      isClosing = true;
      const closed = worker.close();
      const stopped = runs.shutDown();
      // While Redis is away neither ends: of BullMQ's only so much is waited for, and putting back waits, too.
      await Promise.race([
        closed,
        stopped.then(() => pause(FAREWELL_LIMIT_MS)),
        pause(stopLimitMs + FAREWELL_LIMIT_MS),
      ]);
      cancellations.close();
      for (const each of [...others, connection]) endRedis(each);
    },
  };
}

/** The connections that BullMQ makes of ours, as they are made: while Redis is away it cannot end them. */
function duplicatesOf(connection: Redis): Redis[] {
  const made: Redis[] = [];
  const duplicate = connection.duplicate.bind(connection);
  connection.duplicate = (override) => {
    const other = duplicate(override);
    made.push(other);
    return other;
  };
  return made;
}

/** What BullMQ says of jobs: locks that were lost, and jobs it has given up. */
function listen<T>(worker: BullWorker<T>, runs: Runs<T>, options: TakingOptions<T>): void {
  const { events = createEvents([]) } = options;
  const named = (id: string) => ({ job: id, build: jobOf(id)?.buildId ?? null });
  worker.on('stalled', (jobId) => events.emit('job-taken-over', named(jobId)));
  worker.on('lockRenewalFailed', (jobIds) => {
    for (const jobId of jobIds) {
      events.emit('job-lost', named(jobId));
      runs.stop(jobId, 'lock-lost');
    }
  });
  worker.on('failed', (job, error) => {
    const final = Boolean(job?.finishedOn);
    events.emit('job-failed', { ...named(job?.id ?? ''), final, reason: error.message });
    if (!job?.finishedOn) return;
    options
      .abandoned(job.data, error)
      .catch((reason) =>
        events.emit('worker-troubled', { reason: `${job.id} cannot be given up: ${reason}` }),
      );
  });
}

/**
 * That Redis cannot be reached is told by the store; while that is so, other errors come again and again, and
 * one report is enough.
 */
function reporterOf({ events = createEvents([]) }: { events?: Events }) {
  const reported = new Set<string>();
  return {
    report(error: Error): void {
      if (isConnectionLoss(error) || reported.has(error.message)) return;
      reported.add(error.message);
      events.emit('worker-troubled', { reason: error.message });
    },
    forget: () => reported.clear(),
  };
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, milliseconds).unref();
  });
}
