import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '../adapters/host/log.ts';
import { requireConfigFile } from '../config/find.ts';
import { LOG_FORMATS } from '../config/schema.ts';
import { loadConfig } from '../config.ts';
import { EXIT_CODES } from '../domain/errors.ts';
import { type Foundation, layFoundation } from '../foundation.ts';
import { CONFIG_OPTION, readArguments, untilStopped, usageError } from './command.ts';
import { compiledFolder, pruneCompiled } from './compiled.ts';
import { secretsAside } from './secrets-aside.ts';

export const SERVICE_OPTIONS = {
  config: CONFIG_OPTION,
  log: {
    type: 'string',
    value: 'FORMAT',
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

type Start = (foundation: Foundation) => Promise<Service>;

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
  const environment = { ...process.env, ...secretsAside() };
  const { values } = readArguments(words, SERVICE_OPTIONS, usage);
  const format = values.log === undefined ? null : formatOf(values.log, usage);
  const file = await requireConfigFile(values.config, process.env);
  const config = await loadConfig({ file, environment });
  const foundation = await layFoundation(
    format === null ? config : { ...config, log: { ...config.log, format } },
    { watched: true },
  );
  const { log, watch } = foundation;
  const compiled = compiledFolder();
  // Nobody waits for it, and where it cannot be the next start has another try.
  if (compiled !== null) void pruneCompiled(compiled).catch(() => {});
  const stopped = untilStopped().then((signal) => {
    log.info({ signal }, 'stopping');
    return 0;
  });
  const over = Promise.race([stopped, untilDefect(log), foundation.lost]);
  const running: Service[] = [];
  const started = (async () => {
    for (const start of starts) running.push(await start(foundation));
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
    watch.is('stopping');
    await within(
      CLOSE_LIMIT_MS,
      running.map((service) => service.close()),
      log,
    );
    await foundation.stop();
    await Promise.all([watch.close(), foundation.tracing.close()]);
    setTimeout(() => process.exit(), EXIT_LIMIT_MS).unref();
  }
}

function formatOf(word: string, usage: string) {
  const format = LOG_FORMATS.find((known) => known === word);
  if (format) return format;
  throw usageError(`\`--log\` takes ${LOG_FORMATS.join(', ')}, and no \`${word}\`.`, usage);
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
