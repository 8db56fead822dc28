import type { Telemetry } from 'bullmq';
import type { Log } from './adapters/host/log.ts';
import type { Watched, WhyNot } from './adapters/watch/watched.ts';
import type { Config } from './config.ts';
import { type Meters, NO_METERS } from './domain/metrics.ts';
import { NO_SPANS, type Span } from './domain/spans.ts';
import { VERSION } from './version.ts';

/** How a bot or a worker is seen from outside: whether it is ready, and what is measured of it. */
export interface Watch {
  meters: Meters;
  /** Says of the process as a whole why it is not ready; null once it is. It begins as `starting`. */
  is(state: 'starting' | 'stopping' | null): void;
  /** Adds a part to what `/readyz` tells. */
  ask(part: string, whyNot: WhyNot): void;
  /** What is told of the store and the whole installation. */
  follow(watched: Watched): void;
  close(): Promise<void>;
}

/** Nobody sees it. */
export const UNWATCHED: Watch = {
  meters: NO_METERS,
  is() {},
  ask() {},
  follow() {},
  async close() {},
};

/**
 * Listens where the configuration says so; where it does not, nothing of this is even loaded. Rejects with
 * `cannot-listen`.
 */
export async function openWatch(config: Config, log: Log): Promise<Watch> {
  const { host, port } = config.watch;
  if (port === null) return UNWATCHED;
  const [{ createWatched }, { serveWatch }] = await Promise.all([
    import('./adapters/watch/watched.ts'),
    import('./adapters/watch/server.ts'),
  ]);
  const { pages, ...watch } = createWatched({
    version: VERSION,
    dataDirectory: config.dataDirectory,
  });
  const server = await serveWatch({ host, port }, pages, (error) =>
    log.error({ error }, 'a look from outside could not be answered'),
  );
  log.info({ address: server.url }, 'health and metrics are served');
  return { ...watch, close: () => server.close() };
}

/** How what is done can be followed from outside, from a command to a program on an edge. */
export interface Tracing {
  telemetry: Telemetry | null;
  span: Span;
  close(): Promise<void>;
}

/** Nobody follows it. */
export const UNTRACED: Tracing = { telemetry: null, span: NO_SPANS, async close() {} };

/** Sends traces where the configuration says so; where it does not, nothing of this is even loaded. */
export async function openTracing({ watch }: Config): Promise<Tracing> {
  const { endpoint } = watch.tracing;
  if (endpoint === null) return UNTRACED;
  const { startTracing } = await import('./adapters/watch/tracing.ts');
  return startTracing({ endpoint, version: VERSION });
}
