import type { ConnectionOptions } from 'node:tls';
import { type ChainableCommander, Redis, type RedisOptions } from 'ioredis';
import { FerryError, outsideError } from '../../domain/errors.ts';
import type { Sight } from '../../domain/events.ts';

/**
 * Where Redis (or Valkey) listens: an address with optional credentials, or a local socket. With `sentinels` these
 * say where the server is that they call `name`; user, password and database are those of the address all the same.
 */
export type RedisConnection =
  | {
      url: string;
      /** Of `rediss://`: certificates as texts. */
      tls?: { ca?: string; cert?: string; key?: string };
      sentinels?: readonly { host: string; port: number }[];
      name?: string;
    }
  | { socketPath: string };

/**
 * What a connection is for decides what happens while Redis is away.
 * `commands`: nothing is kept for later, so that a caller learns the truth within two seconds and
 * a refused request is never carried out behind its back.
 * `worker`: commands wait for as long as it takes; BullMQ demands it of a worker's connections.
 * `subscriber`: as `worker`, but the subscription itself is renewed by `subscribe` below.
 */
export type RedisRole = 'commands' | 'worker' | 'subscriber';

/** Maps and doubles arrive as flat arrays and strings, the same from every version of Redis. */
type ClientOptions = RedisOptions & { replyMapping: 'legacy' };

const ROLE_OPTIONS: Readonly<Record<RedisRole, RedisOptions>> = {
  commands: {
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
  },
  worker: { maxRetriesPerRequest: null },
  subscriber: { maxRetriesPerRequest: null, autoResubscribe: false },
};

/** Slack waits 3 s for an answer; a call must have failed before that, with time left to say so. */
const CALL_LIMIT_MS = 1_800;
/** How much of that a call may spend waiting for a connection: a restart of Redis is not an error. */
const CONNECT_LIMIT_MS = 1_000;
/** Well below the wait for a connection, so that a call after a restart of Redis finds it back. */
const LONGEST_RECONNECT_DELAY_MS = 250;

/** Opens a client that reconnects for ever. The caller must listen to its `error` events. */
export function openRedis(connection: RedisConnection, role: RedisRole): Redis {
  const options: ClientOptions = {
    ...ROLE_OPTIONS[role],
    replyMapping: 'legacy',
    connectTimeout: 5_000,
    retryStrategy: (times) => Math.min(25 * 2 ** times, LONGEST_RECONNECT_DELAY_MS),
  };
  if ('socketPath' in connection) return new Redis({ ...options, path: connection.socketPath });
  const { url, tls, sentinels, name = '' } = connection;
  if (!sentinels) return new Redis(url, { ...options, ...(tls ? { tls } : {}) });
  return new Redis({ ...options, ...overSentinels(url, tls), sentinels: [...sentinels], name });
}

/** A server that became a replica says so to whoever still writes: they ask the sentinels again, and write there. */
const BECAME_REPLICA = /^READONLY/;
/** Tells ioredis to connect anew and send the command once more, which was not carried out. */
const RECONNECT_AND_RESEND = 2;

function overSentinels(url: string, tls: ConnectionOptions | undefined): Partial<ClientOptions> {
  const { username, password, pathname } = new URL(url);
  return {
    ...(username ? { username: decodeURIComponent(username) } : {}),
    ...(password ? { password: decodeURIComponent(password) } : {}),
    db: Number(pathname.slice(1) || 0),
    ...(tls ? { tls, sentinelTLS: tls, enableTLSForSentinelMode: true } : {}),
    // They vote for seconds before there is another server.
    sentinelRetryStrategy: () => LONGEST_RECONNECT_DELAY_MS,
    reconnectOnError: ({ message }) => BECAME_REPLICA.test(message) && RECONNECT_AND_RESEND,
  };
}

/**
 * Ends a connection for good. Of one that is about to reconnect ioredis says no end, and whoever waits
 * for that waits for ever: it is let try a last time.
 */
export function endRedis(client: Redis): void {
  client.options.retryStrategy = () => null;
  const isBetween = client.status === 'reconnecting';
  client.disconnect();
  if (!isBetween) return;
  client.connect().then(
    () => client.disconnect(),
    () => {},
  );
}

/** A connection for commands, with one rule for every call made through it. */
export interface RedisLink {
  readonly client: Redis;
  /**
   * Runs `work` against a ready connection. Rejects within two seconds with `store-unavailable` or
   * `store-full`; errors that have nothing to do with Redis pass through unchanged.
   */
  call<T>(work: (client: Redis) => Promise<T>): Promise<T>;
  /** Runs the composed commands together or not at all; rejects as `call` does. */
  transaction(compose: (commands: ChainableCommander) => ChainableCommander): Promise<void>;
  /** Runs one of `scripts.ts`; rejects as `call` does. */
  script(
    text: string,
    keys: readonly string[],
    values: readonly (string | number | Buffer)[],
  ): Promise<unknown>;
  /**
   * As `script`, with one more value at the end: the moment by Redis' clock, in milliseconds, when this
   * call has been given up. The script, which may have waited in Redis until then, does nothing after it
   * and returns -1: so nothing is carried out that somebody was told was not.
   */
  scriptInTime: RedisLink['script'];
  close(): void;
}

/** `sight` hears when Redis is away, and when it is back. */
export function openLink(connection: RedisConnection, sight?: Sight): RedisLink {
  const client = openRedis(connection, 'commands');
  let lastError: Error | null = null;
  let isReady = false;
  let ready = Promise.withResolvers<void>();
  client.on('error', (error: Error) => {
    lastError = error;
  });
  const lost = () => {
    if (isReady) ready = Promise.withResolvers();
    isReady = false;
  };
  client.on('ready', () => {
    sight?.back();
    isReady = true;
    lastError = null;
    ready.resolve();
    // The server hangs up a moment before the client notices; a call in between would be refused.
    client.stream.once('end', lost);
  });
  let isClosing = false;
  client.on('close', () => {
    lost();
    if (!isClosing) sight?.away(lastError?.message || 'the connection was closed');
  });

  async function call<T>(work: (client: Redis) => Promise<T>): Promise<T> {
    const limits = { connect: deadline(CONNECT_LIMIT_MS), call: deadline(CALL_LIMIT_MS) };
    try {
      await Promise.race([ready.promise, limits.connect.expired]);
      const result = await Promise.race([work(client), limits.call.expired]);
      sight?.back();
      return result;
    } catch (error) {
      if (error instanceof NoAnswer) sight?.away(error.message);
      throw explainRedisError(error, lastError);
    } finally {
      limits.connect.clear();
      limits.call.clear();
    }
  }

  return {
    client,
    call,
    async transaction(compose) {
      const replies = await call((redis) => compose(redis.multi()).exec());
      const failed = replies?.find(([error]) => error);
      if (failed) throw explainRedisError(failed[0]);
    },
    script: (text, keys, values) =>
      call((redis) => redis.eval(text, keys.length, ...keys, ...values)),
    scriptInTime(text, keys, values) {
      const calledAt = performance.now();
      return call(async (redis) => {
        const now = await serverTime(redis);
        const left = CALL_LIMIT_MS - (performance.now() - calledAt);
        const result = await redis.eval(text, keys.length, ...keys, ...values, now + left);
        if (result === -1) throw new NoAnswer('it was too late for that');
        return result;
      });
    },
    close() {
      isClosing = true;
      client.disconnect();
    },
  };
}

/** Milliseconds since the epoch by Redis' clock, the one clock all processes share. */
export async function serverTime(redis: Redis): Promise<number> {
  const [seconds, microseconds] = await redis.time();
  return Number(seconds) * 1000 + Math.floor(Number(microseconds) / 1000);
}

class NoAnswer extends Error {}

function deadline(milliseconds: number): { expired: Promise<never>; clear(): void } {
  const { promise, reject } = Promise.withResolvers<never>();
  // A timer that is late because this process was busy must not beat an answer that has already
  // arrived: one turn of the event loop lets the socket be read first.
  const timer = setTimeout(
    () => setImmediate(reject, new NoAnswer(`no answer within ${milliseconds} ms`)),
    milliseconds,
  );
  promise.catch(() => {});
  return { expired: promise, clear: () => clearTimeout(timer) };
}

/** Redis' own words for "I am here but cannot serve you now". */
const REFUSALS =
  /^(LOADING|READONLY|MASTERDOWN|BUSY|TRYAGAIN|CLUSTERDOWN|NOREPLICAS|MISCONF|NOAUTH|WRONGPASS|NOPERM|ERR max number of clients)/;
/** Memory used up under `noeviction`, or a disk that no longer takes the append-only file. */
const FULL = /OOM command not allowed|^MISCONF .*(No space left|writing to the AOF)/s;
/** Errors of ioredis itself that mean the connection was lost; it has no stable codes for them. */
const LOST =
  /^(Connection is closed|Stream isn't writeable|Command aborted|Reached the max retries|Socket closed|Command timed out)/;

/**
 * Turns an error of a Redis client into `store-unavailable` or `store-full`; anything else is
 * returned as it is.
 */
function explainRedisError(error: unknown, connectionError: Error | null = null): unknown {
  if (error instanceof FerryError || !(error instanceof Error)) return error;
  // A transaction that was given up carries the reason in the errors of its commands.
  if ('previousErrors' in error && Array.isArray(error.previousErrors)) {
    return explainRedisError(error.previousErrors[0], connectionError);
  }
  if (FULL.test(error.message)) {
    return outsideError(
      {
        code: 'store-full',
        message: 'The store (Redis) is full, so nothing new can be recorded.',
        suggestion:
          'Tell the operator: give Redis more memory or disk. Try again after that; builds that are running go on.',
        details: error.message,
        retryable: true,
      },
      error,
    );
  }
  if (!isConnectionLoss(error)) return error;
  return outsideError(
    {
      code: 'store-unavailable',
      message:
        'The store (Redis) does not answer, so Conda Ferry can look nothing up and record nothing.',
      suggestion: 'Try again in a minute. If it stays so, tell the operator to look at Redis.',
      details: [error.message, connectionError?.message].filter(Boolean).join('; '),
      retryable: true,
    },
    error,
  );
}

/** Whether it says of Redis that it cannot be reached, and nothing of what was asked. */
export function isConnectionLoss(error: Error): boolean {
  return (
    error instanceof NoAnswer ||
    'syscall' in error ||
    LOST.test(error.message) ||
    REFUSALS.test(error.message)
  );
}

export interface Subscription {
  /** Resolves once the first subscription stands; pending for as long as Redis is away. */
  readonly established: Promise<void>;
  close(): void;
}

/**
 * Listens to a channel for ever. `subscribed` is called after every (re)subscription: messages may
 * have been missed before it, none will be after it.
 */
export function subscribe(options: {
  connection: RedisConnection;
  channel: string;
  message(text: string): void;
  subscribed(isFirst: boolean): void;
  /** Called when the connection is lost: from here on messages may be missed. */
  lost?(): void;
}): Subscription {
  const client = openRedis(options.connection, 'subscriber');
  const established = Promise.withResolvers<void>();
  let isFirst = true;
  // The client reports every failed attempt to connect; it goes on trying, so there is nothing to do.
  client.on('error', () => {});
  client.on('message', (_channel: string, text: string) => options.message(text));
  client.on('close', () => options.lost?.());
  client.on('ready', () => {
    client.subscribe(options.channel).then(
      () => {
        options.subscribed(isFirst);
        isFirst = false;
        established.resolve();
      },
      // Lost again before the answer came: the next `ready` repeats the subscription.
      () => {},
    );
  });
  return { established: established.promise, close: () => client.disconnect() };
}
