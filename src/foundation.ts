import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createChannels } from './adapters/channels/channels.ts';
import { createLog, createRedactor, type Log, logEvents } from './adapters/host/log.ts';
import {
  type Dispatcher,
  type Network,
  prepareNetwork,
  useNetwork,
} from './adapters/host/network.ts';
import { ensurePython } from './adapters/host/python.ts';
import { connectionOf } from './adapters/redis/connection.ts';
import { createErrands } from './adapters/redis/errands.ts';
import { keepRedisServer } from './adapters/redis/kept-server.ts';
import { createQueue } from './adapters/redis/queue.ts';
import type { RedisConnection } from './adapters/redis/redis.ts';
import { createStore } from './adapters/redis/store.ts';
import { type Config, secretsOf, settingsOf } from './config.ts';
import { platformsOfEdges } from './domain/edge-platforms.ts';
import { outsideError } from './domain/errors.ts';
import { createEvents, type Events, type Sight, watchedBy } from './domain/events.ts';
import type { Platform } from './domain/lock.ts';
import { measureEvents } from './domain/measured-events.ts';
import { createServices } from './pipeline/services.ts';
import { ROOT } from './root.ts';
import { LEASE } from './slack/leading.ts';
import { openTracing, openWatch, type Tracing, UNTRACED, UNWATCHED, type Watch } from './watch.ts';

/** What a bot and a worker in one process share. */
export interface Foundation {
  config: Config;
  connection: RedisConnection;
  /** Keys of everything of ours in Redis begin with this. */
  prefix: string;
  log: Log;
  /** What happens, for all who listen: the log, and the metrics. */
  events: Events;
  /** Whether Redis can be reached, for all connections of this process. */
  sight: Sight;
  redact(text: string): string;
  /** Proxies and certificates, for whatever is reached and for the programs that reach it. */
  network: Network;
  /** The operator's environment with them. */
  environment: Readonly<Record<string, string | undefined>>;
  /** What requests of this process go through where there is a proxy. */
  dispatcher: Dispatcher | null;
  /** The interpreter with py-rattler and uv: the configured one, or a private one made on first use. */
  python(): Promise<string>;
  /** Where both are seen from outside, as far as they are. */
  watch: Watch;
  tracing: Tracing;
  /** What the configured channels hold, read once for both. */
  channels: ReturnType<typeof createChannels>;
  /** Rejects when the embedded Redis is gone for good: nothing can go on without. */
  lost: Promise<never>;
  /** Lets the channels be, and ends the embedded Redis, if this process started one. */
  stop(): Promise<void>;
}

/** What all installations share that use the same Redis. */
export const REDIS_PREFIX = 'conda-ferry';

/** The pinned Python packages the product runs. */
const REQUIREMENTS = join(ROOT, 'deploy', 'requirements.txt');

/**
 * `quiet` is for commands whose answer is for a person: only warnings go to the log. `watched` is for
 * services: they can be seen from outside where that is configured.
 */
export async function layFoundation(
  config: Config,
  { quiet = false, watched = false } = {},
): Promise<Foundation> {
  await mkdir(config.dataDirectory, { recursive: true, mode: 0o700 }).catch((error: unknown) => {
    throw unwritable('dataDirectory', config.dataDirectory, error);
  });
  const secrets = secretsOf(config);
  const level = quiet && config.log.level === 'info' ? 'warn' : config.log.level;
  const log = openLog({ ...config.log, level }, secrets);
  const redact = createRedactor(secrets);
  const network = await prepareNetwork(process.env, config.network, config.dataDirectory);
  const environment = { ...process.env, ...network };
  const dispatcher = useNetwork(network);
  // Before all that may be away: whoever watches should see that it waits for that.
  const watch = watched ? await openWatch(config, log) : UNWATCHED;
  const tracing = watched ? await openTracing(config) : UNTRACED;
  const events = createEvents([logEvents(log), measureEvents(watch.meters)]);
  const sight = watchedBy(() => performance.now(), {
    away: (reason) => events.emit('redis-away', { reason }),
    back: (seconds) => events.emit('redis-back', { seconds }),
  });
  let interpreter: Promise<{ python: string }> | null = null;
  const python = async () => {
    interpreter ??= ensurePython({
      existing: config.python,
      python3: 'python3',
      directory: join(config.dataDirectory, 'python'),
      requirementsFile: REQUIREMENTS,
      log: (line) => log.info(line),
      environment,
    }).catch((error: unknown) => {
      // Whoever asks next tries again: the network may be there by then.
      interpreter = null;
      throw error;
    });
    return (await interpreter).python;
  };
  const channels = createChannels({
    channels: config.channels,
    platform: config.platform,
    platforms: platformsBuilt(config),
    network,
    credentials: config.credentials,
    log: (line) => log.debug(line),
  });
  const common = {
    ...{ config, log, events, sight, redact, watch, tracing, python, channels },
    ...{ network, environment, dispatcher, prefix: REDIS_PREFIX },
  };
  if (config.redisUrl !== null) {
    const connection = await connectionOf({ redisUrl: config.redisUrl, redis: config.redis });
    const lost = new Promise<never>(() => {});
    return { ...common, connection, lost, stop: async () => channels.close() };
  }
  const server = await keepRedisServer({
    directory: join(config.dataDirectory, 'redis'),
    python,
    log: (line) => log.debug(line),
    complain: (line) => log.error(line),
  });
  const connection = { socketPath: server.socketPath };
  return {
    ...common,
    connection,
    lost: server.lost,
    async stop() {
      channels.close();
      await server.stop();
    },
  };
}

/** Those of all edges, and the one of this build host. */
const platformsBuilt = (config: Config): Platform[] => [
  ...new Set([...platformsOfEdges(settingsOf(config)), config.worker.platform]),
];

function openLog(options: Config['log'], secrets: readonly string[]): Log {
  try {
    return createLog(options, secrets);
  } catch (error) {
    throw options.file === null ? error : unwritable('log.file', options.file, error);
  }
}

function unwritable(key: string, path: string, error: unknown) {
  const why = (error as NodeJS.ErrnoException).code ?? String(error);
  return outsideError(
    {
      code: 'host-denied',
      message: `\`${path}\` cannot be written: ${why}.`,
      suggestion: `Give it to the user that Conda Ferry runs as, or set another \`${key}\`.`,
    },
    error,
  );
}

/**
 * The services over this foundation's Redis. `login`: who runs the command line, which only says who
 * asks.
 */
export function openServices(foundation: Foundation, login: string | null = null) {
  const { config, connection, prefix, channels, events, sight } = foundation;
  const store = createStore({ connection, prefix, audit: config.audit, sight });
  const { telemetry } = foundation.tracing;
  const queue = createQueue({ connection, telemetry, prefix });
  const errands = createErrands({ connection, telemetry, prefix });
  const { clock } = store;
  const settings = settingsOf(config);
  foundation.watch.follow({
    ping: () => store.ping(),
    totals: () =>
      store.totals({
        platforms: platformsOfEdges(settings),
        edges: config.edges.map(({ name }) => name),
        environmentLimit: config.quota.environments,
        leader: LEASE,
      }),
  });
  const services = createServices({
    ...{ store, queue, errands, clock, settings, channels, login, events },
    followAfterMs: config.notify.followAfterSeconds * 1000,
    newId: newBuildId,
  });
  return {
    store,
    queue,
    clock,
    services,
    async close() {
      await errands.close();
      await queue.close();
      await store.close();
    },
  };
}

/** Short enough to type, and an allowed name so that it can be typed wherever a name can. */
function newBuildId(): string {
  return `b${randomBytes(5).toString('hex')}`;
}
