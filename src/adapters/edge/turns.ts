import { once } from 'node:events';

/** Runs tasks with the same key one after another; who is stopped while waiting does not wait. */
export function createTurns() {
  const last = new Map<string, Promise<unknown>>();
  return async <T>(key: string, signal: AbortSignal, task: () => Promise<T>): Promise<T> => {
    signal.throwIfAborted();
    const before = last.get(key) ?? Promise.resolve();
    const stopped = new AbortController();
    const turn = Promise.race([
      before,
      once(signal, 'abort', { signal: stopped.signal }).catch(() => {}),
    ]);
    const mine = turn.then(() => {
      stopped.abort();
      signal.throwIfAborted();
      return task();
    });
    const both = Promise.allSettled([before, mine]);
    last.set(key, both);
    try {
      return await mine;
    } finally {
      if (last.get(key) === both) both.then(() => last.get(key) === both && last.delete(key));
    }
  };
}
