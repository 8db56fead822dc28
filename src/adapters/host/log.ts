import { hostname } from 'node:os';
import { type Logger, pino } from 'pino';
import { EVENTS, type Listener } from '../../domain/events.ts';
import { MARK, withoutSecrets } from '../../domain/secrets.ts';
import { prettyLine } from './pretty.ts';

/** Structured logging: `log.info({ buildId }, 'build started')`, `log.info('a line')`. */
export type Log = Logger;

export interface LogOptions {
  level: string;
  /** `auto`: for people where it goes to a terminal, and JSON where it does not. */
  format: 'auto' | 'json' | 'pretty';
  /** Null: standard error. */
  file: string | null;
}

/**
 * Lines on standard error, or appended to a file. Every line is redacted as a whole, whatever field a
 * secret is in. Writing is synchronous: the last words before a crash are the ones that matter.
 */
export function createLog(options: LogOptions, secrets: readonly string[] = []): Log {
  const redact = createRedactor(secrets);
  const terminal = options.file === null && process.stderr.isTTY ? process.stderr : null;
  const isPretty = options.format === 'auto' ? terminal !== null : options.format === 'pretty';
  // Node knows NO_COLOR, FORCE_COLOR and dumb terminals.
  const isColoured = terminal?.hasColors() ?? false;
  const write = (line: string) => prettyLine(redact(line), isColoured);
  return pino(
    {
      level: options.level,
      base: { host: hostname(), pid: process.pid },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: pino.stdSerializers.err, error: pino.stdSerializers.err },
      hooks: { streamWrite: isPretty ? write : redact },
    },
    pino.destination({ dest: options.file ?? 2, sync: true, mkdir: true, mode: 0o640 }),
  );
}

/** Writes events as lines of their own: `event`, and what it carries. */
export function logEvents(log: Log): Listener {
  return ({ name, fields }) => {
    const known = Object.entries(fields).filter(([, value]) => value !== null);
    log[EVENTS[name].level]({ event: name, ...Object.fromEntries(known) });
  };
}

/** Shorter values would take ordinary words out of every line. */
const SHORTEST_SECRET = 4;

/** Returns the way to take secrets out of any text: the given values, and all that look like one. */
export function createRedactor(secrets: readonly string[]): (text: string) => string {
  // A value may stand in JSON or in an address, where some characters are written differently.
  const forms = secrets
    .filter((secret) => secret.length >= SHORTEST_SECRET)
    .flatMap((secret) => [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret)]);
  // The longest first: a secret may be the beginning of another.
  const values = [...new Set(forms)].sort((left, right) => right.length - left.length);
  return (text) => {
    let redacted = text;
    for (const value of values) redacted = redacted.replaceAll(value, MARK);
    return withoutSecrets(redacted, 'log');
  };
}

/** `createRedactor` for a single text. */
export function redact(text: string, secrets: readonly string[] = []): string {
  return createRedactor(secrets)(text);
}
