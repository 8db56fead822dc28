import { connect, createServer } from 'node:net';
import type { RedisConnection } from '../../src/adapters/redis/redis.ts';

/** Redis as a process sees it through a door that somebody watches. */
export interface RedisProxy {
  /** The socket to use in place of Redis' own. */
  socketPath: string;
  /**
   * Calls `then` once Redis has answered the next command whose bytes have `text`, before the answer is
   * passed on; the text of a script is in its command.
   */
  afterCommand(text: string, then: () => void): void;
  close(): void;
}

/** Listens at `socketPath`, a file that is not there yet. */
export async function startRedisProxy(
  redis: RedisConnection,
  socketPath: string,
): Promise<RedisProxy> {
  if (!('socketPath' in redis)) throw new Error('the Redis of tests has a socket');
  let watched: { text: string; then: () => void } | null = null;
  const server = createServer((process) => {
    const store = connect(redis.socketPath);
    let answered: (() => void) | null = null;
    process.on('data', (bytes) => {
      if (watched && bytes.includes(watched.text)) {
        answered = watched.then;
        watched = null;
      }
      store.write(bytes);
    });
    store.on('data', (bytes) => {
      answered?.();
      answered = null;
      process.write(bytes);
    });
    for (const [one, other] of [
      [process, store],
      [store, process],
    ] as const) {
      one.on('error', () => {});
      one.on('close', () => other.destroy());
    }
  });
  await new Promise<void>((resolve) => server.listen(socketPath, resolve));
  return {
    socketPath,
    afterCommand(text, then) {
      watched = { text, then };
    },
    close: () => void server.close(),
  };
}
