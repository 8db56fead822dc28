import type { Answered, Errand } from '../../domain/errands.ts';
import { FerryError, outsideError } from '../../domain/errors.ts';
import type { Platform } from '../../domain/lock.ts';
import { ERRAND, ERRAND_ID } from '../../domain/sent-errand.ts';
import { sendError } from '../../domain/sent-error.ts';
import { fitOrNull, Misfit, object } from '../../domain/shape.ts';
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

export interface ErrandWorkerOptions
  extends Pick<TakingOptions<unknown>, 'events' | 'stopLimitMs' | 'telemetry'> {
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
  const { connection, prefix, platform, events } = options;
  const link = openLink(connection);

  async function answer(id: string, answered: Answered): Promise<void> {
    await link.transaction((commands) =>
      commands
        .set(answerKey(prefix, id), JSON.stringify(answered), 'EX', ANSWER_SECONDS)
        .del(wantedKey(prefix, id))
        .publish(answersChannel(prefix), id),
    );
  }

  /** Whoever asked is told, where the job says who. */
  async function refuse(job: unknown, error: FerryError): Promise<void> {
    const id = fitOrNull(job, object<Pick<Errand, 'id'>>({ id: ERRAND_ID }))?.id ?? null;
    events?.emit('errand-given-up', { errand: id, code: error.code, reason: error.message });
    if (id !== null) await answer(id, { error: sendError(error, (text) => text) });
  }

  const worker = takeJobs<unknown>({
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
    async run(job, signal) {
      signal.throwIfAborted();
      const errand = readErrand(job);
      if (errand instanceof FerryError) return refuse(job, errand);
      const answered = await options.run(errand, signal);
      await answer(errand.id, answered);
    },
    async abandoned(job, reason) {
      const error = outsideError({
        code: 'abandoned',
        message: 'Every build host that took this ended without an answer.',
        suggestion: 'Tell the operator: the log of the worker has the whole story.',
        details: reason.stack ?? reason.message,
        retryable: true,
      });
      await refuse(job, error);
    },
  });
  return {
    ready: () => worker.ready(),
    drain: () => worker.drain(),
    undrain: () => worker.undrain(),
    async close() {
      await worker.close();
      link.close();
    },
  };
}

/** A worker may be of another version than who asks. */
function readErrand(job: unknown): Errand | FerryError {
  try {
    return ERRAND(job);
  } catch (error) {
    if (!(error instanceof Misfit)) throw error;
    return outsideError({
      code: 'errand-unreadable',
      message: `The build host cannot read what it was asked: ${error.message}.`,
      suggestion: 'Run the same version of Conda Ferry in every bot and worker.',
    });
  }
}
