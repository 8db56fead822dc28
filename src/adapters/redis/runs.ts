import type { Job } from 'bullmq';
import { Cancelled } from '../../domain/errors.ts';
import { putBack } from './jobs.ts';

interface RunningJob {
  control: AbortController;
  ended: Promise<void>;
}

export interface RunsOptions<T> {
  run(job: T, signal: AbortSignal): Promise<void>;
  /** False when nobody can say: the flags are read again once the connection is back. */
  isCancelled(jobId: string): Promise<boolean>;
  stopLimitMs: number;
}

/**
 * The jobs that run in this process, and how each is stopped. BullMQ offers a signal of its own,
 * but only aborts it from inside this process; ours carries the reason, which decides what becomes
 * of the work.
 */
export class Runs<T> {
  readonly #options: RunsOptions<T>;
  readonly #running = new Map<string, RunningJob>();
  #isClosing = false;

  constructor(options: RunsOptions<T>) {
    this.#options = options;
  }

  async run(job: Job<T>, token?: string): Promise<void> {
    const jobId = String(job.id);
    const { run, isCancelled, stopLimitMs } = this.#options;
    // After a lost lock the same job may come back before its first run has come to its end.
    await this.#running.get(jobId)?.ended;
    const control = new AbortController();
    const ended = Promise.withResolvers<void>();
    this.#running.set(jobId, { control, ended: ended.promise });
    try {
      if (this.#isClosing) control.abort(new Cancelled('shutdown'));
      else if (await isCancelled(jobId)) this.stop(jobId, 'cancelled');
      await Promise.race([run(job.data, control.signal), stopLimit(control.signal, stopLimitMs)]);
    } catch (error) {
      const stopped = stopReason(control.signal);
      if (stopped === 'shutdown') await putBack(job, token);
      // The run has settled the build and says so by passing its signal's reason on.
      if (stopped === 'cancelled' && error === control.signal.reason) return;
      throw error;
    } finally {
      this.#running.delete(jobId);
      ended.resolve();
    }
  }

  stop(jobId: string, reason: Cancelled['reason']): void {
    this.#running.get(jobId)?.control.abort(new Cancelled(reason));
  }

  /** For cancellations whose message may have been missed. */
  async stopCancelled(): Promise<void> {
    const asked = [...this.#running.keys()].map(async (jobId) => {
      if (await this.#options.isCancelled(jobId)) this.stop(jobId, 'cancelled');
    });
    await Promise.all(asked);
  }

  /** Stops all, and whatever should still begin; resolves when those that ran have ended. */
  async shutDown(): Promise<void> {
    this.#isClosing = true;
    for (const jobId of this.#running.keys()) this.stop(jobId, 'shutdown');
    await Promise.all([...this.#running.values()].map(({ ended }) => ended));
  }
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
