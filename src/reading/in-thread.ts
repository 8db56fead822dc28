import { Worker } from 'node:worker_threads';

/** The largest lock, or log, takes a second or two of a thread that has a core for itself. */
const PATIENCE_MS = 60_000;
/** Many times what the largest file needs. */
const MEGABYTES = 512;

/** One is at work at a time: as many as people attach would take all memory. */
let before: Promise<unknown> = Promise.resolve();

/**
 * What a file of code answers to `asked`, in a thread of its own: what else goes on here goes on. Null
 * where it takes too long or too much memory; rejects with what is thrown there.
 */
export function inThread<Answer>(code: URL, asked: unknown): Promise<Answer | null> {
  const work = before.then(() => once<Answer>(code, asked));
  before = work.catch(() => undefined);
  return work;
}

function once<Answer>(code: URL, asked: unknown): Promise<Answer | null> {
  const thread = new Worker(code, {
    workerData: asked,
    resourceLimits: { maxOldGenerationSizeMb: MEGABYTES },
  });
  const { promise, resolve, reject } = Promise.withResolvers<Answer | null>();
  const patience = setTimeout(() => resolve(null), PATIENCE_MS);
  thread.once('message', resolve);
  thread.once('error', (error: NodeJS.ErrnoException) =>
    error.code === 'ERR_WORKER_OUT_OF_MEMORY' ? resolve(null) : reject(error),
  );
  return promise.finally(() => {
    clearTimeout(patience);
    return thread.terminate();
  });
}
