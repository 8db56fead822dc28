import type { Platform } from '../../domain/lock.ts';
import { fitOrNull, number, object, oneOf, or, string } from '../../domain/shape.ts';
import { cancelKey, type JobData, jobQueue } from './jobs.ts';
import { openLink, type RedisConnection } from './redis.ts';
import { type TakingOptions, takeJobs, type Worker } from './taking.ts';

const LOCK_DURATION_MS = 120_000;
const STALLED_INTERVAL_MS = 30_000;

/** A job as it arrives, perhaps of another version. */
const JOB_DATA = object<JobData>({
  ...{ buildId: string, attempt: number, user: or(string, undefined) },
  purpose: oneOf(['build', 'verify']),
});

/**
 * `run` settles the build. An abort with `cancelled` asks for it to be settled as such; after
 * `shutdown` and `lock-lost` nothing may be settled. `abandoned` must settle it, too.
 */
export interface WorkerOptions
  extends Pick<
    TakingOptions<JobData>,
    'run' | 'abandoned' | 'events' | 'concurrency' | 'stopLimitMs' | 'telemetry'
  > {
  connection: RedisConnection;
  prefix: string;
  platform: Platform;
  /**
   * The longest outage of Redis a running job survives; also how long a killed worker's job waits
   * before another may take it over.
   */
  lockDurationMs?: number;
  /** How often workers look for jobs of killed workers. */
  stalledIntervalMs?: number;
}

/**
 * Takes builds of one platform, to be made or to be proven. So many of each at a time: a proof waits
 * for its cluster, and who builds does not wait for that.
 */
export function createWorker(options: WorkerOptions): Worker {
  const link = openLink(options.connection);
  const common = {
    ...options,
    lockDurationMs: options.lockDurationMs ?? LOCK_DURATION_MS,
    stalledIntervalMs: options.stalledIntervalMs ?? STALLED_INTERVAL_MS,
    isCancelled: async (jobId: string) => {
      const flag = cancelKey(options.prefix, jobId);
      const found = await link.call((redis) => redis.exists(flag)).catch(() => 0);
      return found === 1;
    },
  };
  /** What cannot be read is of no build that is known here. */
  const readable =
    <Rest extends unknown[]>(act: (job: JobData, ...rest: Rest) => Promise<void>) =>
    async (job: unknown, ...rest: Rest): Promise<void> => {
      const read = fitOrNull(job, JOB_DATA);
      if (read === null) return options.events?.emit('job-unreadable', { kind: 'build' });
      await act(read, ...rest);
    };
  const lanes = (['build', 'verify'] as const).map((purpose) =>
    takeJobs<unknown>({
      ...common,
      queue: jobQueue(options.platform, purpose),
      run: readable(options.run),
      abandoned: readable(options.abandoned),
    }),
  );
  return {
    async ready() {
      await Promise.all(lanes.map((lane) => lane.ready()));
    },
    async drain() {
      await Promise.all(lanes.map((lane) => lane.drain()));
    },
    undrain() {
      for (const lane of lanes) lane.undrain();
    },
    async close() {
      await Promise.all(lanes.map((lane) => lane.close()));
      link.close();
    },
  };
}
