import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '../adapters/host/log.ts';
import { untilRedis } from '../adapters/redis/examine.ts';
import { requireConfigFile } from '../config/find.ts';
import { LOG_FORMATS } from '../config/schema.ts';
import { loadConfig } from '../config.ts';
import { Cancelled, EXIT_CODES } from '../domain/errors.ts';
import { type Foundation, layFoundation } from '../foundation.ts';
import { CONFIG_OPTION, readArguments, untilStopped } from './command.ts';
import { compiledFolder, pruneCompiled } from './compiled.ts';
import { secretsAside } from './secrets-aside.ts';

export const SERVICE_OPTIONS = {
  config: CONFIG_OPTION,
  log: {
    type: 'string',
    value: 'FORMAT',
    choices: LOG_FORMATS,
    says: '`pretty` for people, `json`, or `auto`: pretty on a terminal; else what is configured',
  },
} as const;

interface Service {
  close(): Promise<void>;
  /** Resolves when it has nothing more to do; rejects when it must not go on. */
  over?: Promise<void>;
  /** Finishes what it does, takes no more, and is over then. */
  drain?(): void;
}

/** Resolves when what it starts is at work; `signal` is aborted when that is not wanted any more. */
type Start = (foundation: Foundation, signal: AbortSignal) => Promise<Service>;

/**
 * Comes before services: waits while Redis is away, and says what of it puts records at risk. Errors:
 * `redis-refused`, as a service would ask for ever what no waiting mends.
 */
export const awaitRedis: Start = async ({ config, connection, log }, signal) => {
  if (config.redisUrl !== null) {
    const faults = await untilRedis(connection, { signal, say: (text) => log.warn(text) });
    for (const { text, fix } of faults) log.warn({ fix }, `Redis: ${text}`);
  }
  return { close: async () => {} };
};

/** Milliseconds in which services close; what has not by then is left: its jobs are taken over. */
const CLOSE_LIMIT_MS = 8_000;
/** Milliseconds after which the process ends, though something holds it still. */
const EXIT_LIMIT_MS = 500;

/**
 * Runs services until SIGINT or SIGTERM, or until a worker of them has drained (asked for through Redis, or by
 * SIGUSR2: Node keeps SIGUSR1 for its debugger), then closes them side by side, within ten seconds whatever is
 * away. They are closed as well, so that jobs go back to their queue, when the embedded Redis is gone for
 * good (exit code 2) and when an error was caught by nobody (70).
 */
export async function runService(
  words: readonly string[],
  usage: string,
  starts: readonly Start[],
): Promise<number> {
  // From the beginning on: the first process of a container gets no signal that it does not listen to.
  const signalled = untilStopped();
  const environment = { ...process.env, ...secretsAside() };
  const { values } = readArguments(words, SERVICE_OPTIONS, usage);
  const format = LOG_FORMATS.find((known) => known === values.log) ?? null;
  const file = await requireConfigFile(values.config, process.env);
  const config = await loadConfig({ file, environment });
  const laying = layFoundation(
    format === null ? config : { ...config, log: { ...config.log, format } },
    { watched: true },
  );
  const foundation = await Promise.race([laying, signalled.then(() => null)]);
  if (foundation === null) return abandon(laying);
  const { log, watch } = foundation;
  const compiled = compiledFolder();
  // Nobody waits for it, and where it cannot be the next start has another try.
  if (compiled !== null) void pruneCompiled(compiled).catch(() => {});
  const stopped = signalled.then((signal) => {
    log.info({ signal }, 'stopping');
    return 0;
  });
  const over = Promise.race([stopped, untilDefect(log), foundation.lost]);
  const running: Service[] = [];
  const stopping = new AbortController();
  const started = (async () => {
    for (const start of starts) {
      const service = await start(foundation, stopping.signal);
      // Nobody would close what was started while the others were closed.
      if (stopping.signal.aborted) return service.close();
      running.push(service);
    }
    watch.is(null);
  })();
  const drain = () => {
    for (const service of running) service.drain?.();
  };
  process.on('SIGUSR2', () => void started.then(drain, () => {}));
  try {
    // Slack or Redis may be away, so that starting takes until somebody stops it.
    return await Promise.race([
      over,
      started.then(() => {
        const ends = running.flatMap((service) => service.over?.then(() => 0) ?? []);
        return Promise.race([over, ...ends]);
      }),
    ]);
  } finally {
    stopping.abort(new Cancelled('shutdown'));
    watch.is('stopping');
    await within(
      CLOSE_LIMIT_MS,
      running.map((service) => service.close()),
      log,
    );
    await foundation.stop();
    await Promise.all([watch.close(), foundation.tracing.close()]);
    endSoon();
  }
}

/** Stopped while what services stand on is still being laid: it goes as soon as it is there, or with the process. */
function abandon(laying: Promise<Foundation>): number {
  laying.then((foundation) => foundation.stop()).catch(() => {});
  endSoon();
  return 0;
}

function endSoon(): void {
  setTimeout(() => process.exit(), EXIT_LIMIT_MS).unref();
}

async function within(limit: number, closing: readonly Promise<void>[], log: Log): Promise<void> {
  const late = new AbortController();
  const closed = Promise.allSettled(closing);
  const ends = await Promise.race([closed, sleep(limit, null, { signal: late.signal })]);
  late.abort();
  if (ends === null) log.warn('not everything could be closed in time');
  for (const end of ends ?? []) {
    if (end.status === 'rejected') log.warn({ error: end.reason }, 'could not be closed');
  }
}

/** Resolves with the exit code once an error was caught by nobody. */
function untilDefect(log: Log): Promise<number> {
  return new Promise((resolve) => {
    const tell = (error: unknown) => {
      log.fatal({ error }, 'an error that nobody caught ends this process');
      process.stderr.write('conda-ferry: ended by a defect; the log has the whole story.\n');
      resolve(EXIT_CODES.defect);
    };
    for (const event of ['unhandledRejection', 'uncaughtException']) process.on(event, tell);
  });
}
