import { setTimeout as sleep } from 'node:timers/promises';
import { type Fault, failed, type Look, warning } from '../../domain/doctor.ts';
import { type FerryError, outsideError, throwIfStopped } from '../../domain/errors.ts';
import { size } from '../../domain/figures.ts';
import { openRedis, type RedisConnection } from './redis.ts';

/** The oldest that has the commands of BullMQ and of ours. */
const OLDEST = [6, 2] as const;
/** Bytes: less is full after some hundred environments. */
const LEAST_MEMORY = 256e6;
/** Of a bound on memory, from which on it is nearly full. */
const NEARLY = 0.9;
const PATIENCE_MS = 5_000;
/** How often Redis is asked for while it is away, and how often that is said. */
const ASK_AGAIN_MS = 1_000;
const SAY_AGAIN_MS = 60_000;

/** Looks at the server alone, over a connection of its own. Errors: `redis-away` (retryable), `redis-refused`. */
export async function examineRedis(connection: RedisConnection): Promise<Look> {
  return judgeRedis(await readInfo(connection));
}

/**
 * Resolves when the server can be worked with, with what is not as it should be all the same. Waits while it is
 * away and says so, once a minute at most. Errors: `redis-refused`, which no waiting mends.
 */
export async function untilRedis(
  connection: RedisConnection,
  { signal, say }: { signal: AbortSignal; say: (text: string) => void },
): Promise<readonly Fault[]> {
  let saidAt = Number.NEGATIVE_INFINITY;
  for (;;) {
    throwIfStopped(signal);
    try {
      const info = await readInfo(connection);
      const cannot = whyUnfit(info);
      // Sentinels have another server soon, where this one became a replica.
      if (cannot && !('sentinels' in connection)) throw refused(cannot.text, cannot.fix);
      return judgeRedis(info).faults;
    } catch (error) {
      const { retryable, message } = error as FerryError;
      if (!retryable) throw error;
      if (performance.now() - saidAt >= SAY_AGAIN_MS) {
        saidAt = performance.now();
        say(`${message} Waiting for it.`);
      }
    }
    await sleep(ASK_AGAIN_MS, undefined, { signal }).catch(() => throwIfStopped(signal));
  }
}

/** What is wrong with a server, by what it says of itself (INFO). */
export function judgeRedis(info: string): Look {
  const { version, field } = reader(info);
  const unfit = whyUnfit(info);
  const most = Number(field('maxmemory'));
  const used = Number(field('used_memory'));
  const policy = field('maxmemory_policy');
  const faults: (Fault | false | null)[] = [
    unfit,
    field('aof_enabled') === '0' &&
      failed(
        'it keeps no append-only file, so a restart loses environments, builds and who owns what',
        'Set `appendonly yes` and `appendfsync everysec` or `always` (redis.conf, and `CONFIG SET appendonly yes` for the one that runs).',
      ),
    field('aof_last_write_status') === 'err' &&
      failed(
        'it cannot write its append-only file',
        'See the space and the rights of the folder it writes to (`CONFIG GET dir`).',
      ),
    policy !== 'noeviction' &&
      policy !== '' &&
      failed(
        `it drops keys when its memory is full (maxmemory-policy ${policy}), and with them builds and environments`,
        'Set `maxmemory-policy noeviction` (redis.conf, and `CONFIG SET maxmemory-policy noeviction` for the one that runs).',
      ),
    most > 0 &&
      used > most * NEARLY &&
      failed(
        `its memory is nearly full: ${size(used)} of ${size(most)}`,
        'Raise `maxmemory`; let environments go that nobody uses.',
      ),
    most > 0 &&
      most < LEAST_MEMORY &&
      warning(
        `it may have ${size(most)} of memory, which is soon full`,
        `Raise \`maxmemory\` to ${size(LEAST_MEMORY)} or more; about 1 GB is enough for thousands of environments.`,
      ),
  ];
  return { text: version, faults: faults.filter((fault) => fault !== null && fault !== false) };
}

/** Why nothing can be done with this server, however long somebody waits. */
function whyUnfit(info: string): Fault | null {
  const { version, numbers, field } = reader(info);
  const [major = 0, minor = 0] = numbers;
  if (major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1])) {
    return failed(
      `${version} is too old`,
      `Install Redis ${OLDEST.join('.')} or newer, or Valkey; or leave \`redisUrl\` out for an embedded one.`,
    );
  }
  if (field('role') === 'slave') {
    const master = field('master_host');
    return failed(
      'it is a replica, which can only be read',
      `Name the primary${master ? ` (${master}:${field('master_port')})` : ''} in REDIS_URL or \`redisUrl\`.`,
    );
  }
  return null;
}

function reader(info: string) {
  const field = (name: string): string =>
    new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(info)?.[1] ?? '';
  const valkey = field('valkey_version');
  const redis = field('redis_version');
  const version = valkey ? `Valkey ${valkey}` : `Redis ${redis}`;
  return { version, numbers: redis.split('.').map(Number), field };
}

/** Removes every key that begins with a prefix and a colon. Rejects where Redis is away. */
export async function removeKeys(connection: RedisConnection, prefix: string): Promise<void> {
  const client = openRedis(connection, 'worker');
  // What went wrong comes with the command that it went wrong for.
  client.on('error', () => {});
  try {
    for await (const keys of client.scanStream({ match: `${prefix}:*`, count: 1_000 })) {
      if (keys.length > 0) await client.unlink(...keys);
    }
  } finally {
    client.disconnect();
  }
}

async function readInfo(connection: RedisConnection): Promise<string> {
  const client = openRedis(connection, 'commands');
  client.options.retryStrategy = () => null;
  let last: Error | null = null;
  client.on('error', (error: Error) => {
    last = error;
  });
  const ended = new Promise<never>((_, reject) => client.once('end', () => reject(last)));
  const ready = new Promise<void>((resolve) => client.once('ready', resolve));
  const late = new AbortController();
  const limit = sleep(PATIENCE_MS, null, { signal: late.signal }).then(() => {
    throw new Error(`no answer within ${PATIENCE_MS / 1000} s`);
  });
  for (const each of [ended, limit]) each.catch(() => {});
  try {
    await Promise.race([ready, ended, limit]);
    return await Promise.race([client.info(), limit]);
  } catch (error) {
    // What is said of a closed connection says less than what closed it.
    throw explain(last ?? error);
  } finally {
    late.abort();
    client.disconnect();
  }
}

/** Redis' words for "not you", and what to do about each. */
const REFUSALS: readonly [words: RegExp, text: string, fix: string][] = [
  [
    /^NOAUTH|HELLO must be called with the client already authenticated/,
    'Redis wants a password, and none is given.',
    'Set REDIS_URL to `redis://:PASSWORD@HOST:6379`, in the environment or in the file that `redisUrlFile` names.',
  ],
  [
    /^WRONGPASS|invalid password|AUTH.* called without any password/,
    'Redis does not accept the user or the password.',
    'Correct them in REDIS_URL or in the file that `redisUrlFile` names: `redis://USER:PASSWORD@HOST:6379`, with what is no letter or digit written as in an address (`@` is `%40`).',
  ],
  [
    /^NOPERM/,
    'Redis does not let this user do what is needed.',
    'Give it all commands on the keys `conda-ferry:*` and the channels of the same name (`ACL SETUSER USER ~conda-ferry:* &conda-ferry:* +@all`).',
  ],
  [
    /certificate|self.signed|wrong version number|SSL routines/i,
    'Redis and this host do not agree on TLS.',
    'Write `rediss://` where the server listens with TLS and `redis://` where not, and let this host trust its certificate (NODE_EXTRA_CA_CERTS).',
  ],
];

function explain(error: unknown): FerryError {
  const words = error instanceof Error ? error.message : String(error);
  const known = REFUSALS.find(([pattern]) => pattern.test(words));
  if (known) return refused(known[1], known[2], words);
  return outsideError(
    {
      code: 'redis-away',
      message: `Redis does not answer: ${words.replace(/\.$/, '')}.`,
      suggestion:
        'See that it runs, that REDIS_URL or `redisUrl` names it, and that this host may reach its port.',
      retryable: true,
    },
    error,
  );
}

function refused(message: string, suggestion: string, details: string | null = null): FerryError {
  const sentence = /[.]$/.test(message) ? message : `Redis cannot be used: ${message}.`;
  return outsideError({ code: 'redis-refused', message: sentence, suggestion, details });
}
