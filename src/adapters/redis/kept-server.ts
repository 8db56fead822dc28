import { setTimeout as sleep } from 'node:timers/promises';
import { outsideError } from '../../domain/errors.ts';
import { type RedisServer, type RedisServerRequest, startRedisServer } from './server.ts';

export interface KeptServerRequest extends Omit<RedisServerRequest, 'signal'> {
  /** What an operator should look at. */
  complain: (line: string) => void;
}

export interface KeptServer extends Pick<RedisServer, 'socketPath'> {
  /** The process id of the one that runs now. */
  pid(): number;
  /** Rejects with `redis-failed` or `redis-missing` once it is not started again any more. */
  lost: Promise<never>;
  stop(): Promise<void>;
}

/** Milliseconds before it is started again; one that ends more often within `WITHIN_MS` is lost. */
const PAUSES_MS = [200, 1_000, 5_000, 5_000, 5_000];
const WITHIN_MS = 10 * 60_000;

/**
 * The server of `startRedisServer`, started again on the same data and socket whenever it ends by
 * itself: clients reconnect. Of several processes that use it the first one does it, and the others use
 * it along. Damaged data or a full disk do not pass by trying again: then it is lost.
 */
export async function keepRedisServer(request: KeptServerRequest): Promise<KeptServer> {
  const stopping = new AbortController();
  const { signal } = stopping;
  const stopped = new Promise<null>((resolve) => {
    signal.addEventListener('abort', () => resolve(null), { once: true });
  });
  const lost = Promise.withResolvers<never>();
  // Not everybody waits for it: a command that ends soon has its own errors.
  lost.promise.catch(() => {});
  let server = await startRedisServer(request);

  async function keep(): Promise<void> {
    let ends: number[] = [];
    for (;;) {
      const how = await Promise.race([server.ended, stopped]);
      if (how === null) return;
      ends = [...ends.filter((at) => Date.now() - at < WITHIN_MS), Date.now()];
      const pause = PAUSES_MS[ends.length - 1];
      if (pause === undefined) throw restless(ends.length, how);
      request.complain(`the Redis-compatible server ended (${how}); starting it again`);
      await sleep(pause, undefined, { signal });
      server = await startRedisServer({ ...request, signal });
    }
  }
  const keeping = keep().catch((error) => {
    if (signal.aborted) return;
    request.complain(`the Redis-compatible server is lost: ${error.details ?? error}`);
    lost.reject(error);
  });

  return {
    socketPath: server.socketPath,
    pid: () => server.pid,
    lost: lost.promise,
    async stop() {
      stopping.abort();
      await keeping;
      await server.stop();
    },
  };
}

function restless(times: number, how: string) {
  return outsideError({
    code: 'redis-failed',
    message: `The Redis-compatible server ended ${times} times within ${WITHIN_MS / 60_000} minutes.`,
    suggestion: 'See what ends it: the memory of this machine, or its last words in the log.',
    details: how,
  });
}
