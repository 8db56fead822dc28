import type { Answered, Errand } from '../../domain/errands.ts';
import { outsideError } from '../../domain/errors.ts';
import type { Platform } from '../../domain/lock.ts';
import { sendError } from '../../domain/sent-error.ts';
import { answerKey, answersChannel, errandQueue, wantedKey } from './jobs.ts';
import { openLink, type RedisConnection } from './redis.ts';
import { type TakingOptions, takeJobs, type Worker } from './taking.ts';

/** Each holds a solver's memory for as long as it takes. */
const CONCURRENCY = 4;
/** Somebody waits: what a killed worker had begun is soon begun by another. */
const LOCK_DURATION_MS = 20_000;
const STALLED_INTERVAL_MS = 5_000;
/** For whoever was cut off when it came; nobody asks for it later. */
const ANSWER_SECONDS = 300;

export interface ErrandWorkerOptions extends Pick<TakingOptions<Errand>, 'report' | 'stopLimitMs'> {
  connection: RedisConnection;
  prefix: string;
  platform: Platform;
  /** Does the errand; rejects where it is to be done again: stopped, or the store away. */
  run(errand: Errand, signal: AbortSignal): Promise<Answered>;
  lockDurationMs?: number;
  stalledIntervalMs?: number;
}

/** Takes errands of one platform, whatever builds are at work; those nobody waits for are dropped. */
export function createErrandWorker(options: ErrandWorkerOptions): Worker {
  const { connection, prefix, platform, report = () => {} } = options;
  const link = openLink(connection);

  async function answer(id: string, answered: Answered): Promise<void> {
    await link.transaction((commands) =>
      commands
        .set(answerKey(prefix, id), JSON.stringify(answered), 'EX', ANSWER_SECONDS)
        .del(wantedKey(prefix, id))
        .publish(answersChannel(prefix), id),
    );
  }

  const worker = takeJobs<Errand>({
    lockDurationMs: LOCK_DURATION_MS,
    stalledIntervalMs: STALLED_INTERVAL_MS,
    ...options,
    queue: errandQueue(platform),
    concurrency: CONCURRENCY,
    async isCancelled(id) {
      const found = await link
        .call((redis) => redis.exists(wantedKey(prefix, id)))
        .catch(() => null);
      return found === 0;
    },
    async run(errand, signal) {
      signal.throwIfAborted();
      const answered = await options.run(errand, signal);
      if ('error' in answered)
        report('errand-failed', { id: errand.id, kind: errand.kind, error: answered.error });
      await answer(errand.id, answered);
    },
    async abandoned({ id }, reason) {
      const error = outsideError({
        code: 'abandoned',
        message: 'Every build host that took this ended without an answer.',
        suggestion: 'Tell the operator: the log of the worker has the whole story.',
        details: reason.stack ?? reason.message,
        retryable: true,
      });
      await answer(id, { error: sendError(error, (text) => text) });
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
