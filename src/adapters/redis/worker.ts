import type { Platform } from '../../domain/lock.ts';
import { cancelKey, type JobData } from './jobs.ts';
import { openLink, type RedisConnection } from './redis.ts';
import { type TakingOptions, takeJobs, type Worker } from './taking.ts';

const LOCK_DURATION_MS = 120_000;
const STALLED_INTERVAL_MS = 30_000;

/**
 * `run` settles the build. An abort with `cancelled` asks for it to be settled as such; after
 * `shutdown` and `lock-lost` nothing may be settled. `abandoned` must settle it, too.
 */
export interface WorkerOptions
  extends Pick<
    TakingOptions<JobData>,
    'run' | 'abandoned' | 'report' | 'concurrency' | 'stopLimitMs'
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

/** Takes builds of one platform, each of them to be made or to be verified again. */
export function createWorker(options: WorkerOptions): Worker {
  const link = openLink(options.connection);
  const worker = takeJobs<JobData>({
    ...options,
    queue: options.platform,
    lockDurationMs: options.lockDurationMs ?? LOCK_DURATION_MS,
    stalledIntervalMs: options.stalledIntervalMs ?? STALLED_INTERVAL_MS,
    isCancelled: async (jobId) => {
      const flag = cancelKey(options.prefix, jobId);
      const found = await link.call((redis) => redis.exists(flag)).catch(() => 0);
      return found === 1;
    },
  });
  return {
    ready: () => worker.ready(),
    async close() {
      await worker.close();
      link.close();
    },
  };
}
