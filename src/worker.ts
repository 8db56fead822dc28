import { hostname } from 'node:os';
import { createEdge } from './adapters/edge/edge.ts';
import { chooseEngine } from './adapters/engines/engine.ts';
import { rememberDescription } from './adapters/engines/remembered.ts';
import { sign } from './adapters/host/signature.ts';
import { createWorkspace, sweepLeft } from './adapters/host/workspace.ts';
import { createPacker } from './adapters/packers/packer.ts';
import { createPip } from './adapters/pip/pip.ts';
import { createProjects } from './adapters/projects/projects.ts';
import { createFileFetcher } from './adapters/projects/slack-files.ts';
import { createErrandWorker } from './adapters/redis/errand-worker.ts';
import { createWorker } from './adapters/redis/worker.ts';
import { Cancelled } from './domain/errors.ts';
import type { Work } from './domain/presence.ts';
import { type Foundation, openServices } from './foundation.ts';
import { type DutyPorts, keepDuties } from './pipeline/duties.ts';
import { runErrand } from './pipeline/errands/run.ts';
import { keepPresence, untilAnswered } from './pipeline/presence.ts';
import { abandonBuild, runBuild, runProof } from './pipeline/run.ts';
import { VERSION } from './version.ts';

/** Milliseconds that a connection to an edge stays open for the next build. */
const KEEP_CONNECTIONS = 5 * 60_000;

/**
 * Assembles a worker: builds of this platform are made here, as many at a time as configured, and
 * errands beside them. `warm`: channels are read once it is ready, before anybody asks.
 */
export async function startWorker(
  foundation: Foundation,
  { warm = true } = {},
): Promise<{ close(): Promise<void>; drain(): void; over: Promise<void> }> {
  const { config, connection, prefix, log, events, redact, tracing } = foundation;
  const { botToken, apiUrl } = config.slack;
  const { memoryGigabytes } = config.projects;
  // What a configuration can get wrong comes before the first connection, which would outlive it.
  const chosen = chooseEngine({
    configured: config.engine,
    environment: foundation.environment,
    credentials: config.credentials,
    dataDirectory: config.dataDirectory,
    python: foundation.python,
    cacheBytes: config.worker.cacheGigabytes * 1e9,
    sandbox: config.projects.sandbox,
  });
  const edges = new Map(
    config.edges.map((edge) => [
      edge.name,
      createEdge(edge, {
        log: (line) => log.debug({ edge: edge.name }, line),
        timing: { keepMilliseconds: KEEP_CONNECTIONS },
        observer: {
          sent: (bytes) =>
            foundation.watch.meters.count(
              'conda_ferry_sent_bytes_total',
              { edge: edge.name },
              bytes,
            ),
          span: tracing.span,
          free: (bytes) => void opened.store.noteFree(edge.name, bytes).catch(() => {}),
        },
      }),
    ]),
  );
  await sweepLeft(config.dataDirectory);
  const opened = openServices(foundation);
  const { store, queue, services, clock } = opened;
  await untilAnswered(() => store.requireFormat(VERSION));
  const engine = rememberDescription(chosen, clock);
  const { keyFile } = config.signing;
  const ports: DutyPorts = {
    store,
    queue,
    services,
    engine,
    projects: createProjects({
      config: config.projects,
      ...(memoryGigabytes === null ? {} : { limits: { totalBytes: memoryGigabytes * 1024 ** 3 } }),
      dataDirectory: config.dataDirectory,
      environment: foundation.environment,
      restricted: config.roles.flatMap(({ projects }) =>
        projects.filter((project) => project.startsWith('/')),
      ),
      // A worker without Slack's token builds everything but attached files.
      ...(botToken === null ? {} : { fetchFile: createFileFetcher({ botToken, apiUrl }) }),
    }),
    pip: createPip({
      ...{ python: foundation.python, indexes: config.indexes, sdists: config.sdists },
      dataDirectory: config.dataDirectory,
      cacheBytes: config.worker.cacheGigabytes * 1e9,
      network: foundation.network,
      credentials: config.credentials,
    }),
    packer: createPacker({
      dataDirectory: config.dataDirectory,
      cacheBytes: config.worker.cacheGigabytes * 1e9,
    }),
    workspace: createWorkspace({
      directory: config.dataDirectory,
      slots: config.worker.concurrency,
    }),
    edges,
    clock,
    platform: config.worker.platform,
    channels: config.channels,
    contents: foundation.channels,
    verification: config.verify,
    directNoticeAfterSeconds: config.notify.directAfterSeconds,
    retention: config.retention,
    sign: keyFile === null ? null : (text) => sign(text, keyFile),
    history: config.history,
    events,
    span: tracing.span,
    redact,
  };
  const work = new Map<object, Work>();
  const { telemetry } = tracing;
  const worker = createWorker({
    ...{ connection, telemetry },
    prefix,
    platform: config.worker.platform,
    concurrency: config.worker.concurrency,
    lockDurationMs: config.worker.lockSeconds * 1000,
    stalledIntervalMs: config.worker.stalledSeconds * 1000,
    async run(job, signal) {
      const { buildId, purpose } = job;
      work.set(job, { buildId, purpose, since: clock.now() });
      try {
        await (purpose === 'verify' ? runProof : runBuild)(ports, job, signal);
      } finally {
        work.delete(job);
      }
    },
    abandoned: (job, reason) => abandonBuild(ports, job, reason),
    events,
  });
  const errands = createErrandWorker({
    ...{ connection, telemetry, prefix, platform: config.worker.platform, events },
    run: (errand, signal) => {
      const noted = { errand: errand.id, kind: errand.kind };
      const line = (text: string) => log.debug(noted, text);
      return runErrand(ports, errand, { signal, log: line, detail: line });
    },
  });
  const duties = keepDuties(ports, store.once, (line) => log.info(line));
  await Promise.all([worker.ready(), errands.ready()]);
  log.info({ platform: config.worker.platform }, 'worker ready');
  const presence = keepPresence(
    { store, clock, events, log: (line, fields = {}) => log.info(fields, line) },
    {
      ...{ id: `${hostname()}:${process.pid}`, host: hostname(), version: VERSION },
      ...{ platform: config.worker.platform, concurrency: config.worker.concurrency },
    },
    {
      work: () => [...work.values()],
      drain: async () => void (await Promise.all([worker.drain(), errands.drain()])),
      undrain() {
        worker.undrain();
        errands.undrain();
      },
    },
  );
  const closing = new AbortController();
  foundation.watch.ask('worker', () => {
    const takesNone = closing.signal.aborted || presence.isDraining();
    return takesNone ? 'takes no more jobs' : null;
  });
  if (warm) {
    foundation.channels.warm();
    const channels = config.channels.filter((channel) => channel.default);
    const line = (text: string) => log.debug(text);
    const progress = { signal: closing.signal, log: line, detail: line };
    // Whoever asks meanwhile is answered by the same process, from what it has read by then.
    engine
      .warm?.(channels, config.worker.platform, progress)
      .catch((error: unknown) => log.debug({ error: String(error) }, 'channels were not read'));
  }
  return {
    drain: () => presence.drain(),
    over: presence.drained,
    async close() {
      closing.abort(new Cancelled('shutdown'));
      await Promise.all([worker.close(), errands.close(), duties.close()]);
      await presence.close();
      for (const edge of edges.values()) edge.close();
      await Promise.all([opened.close(), engine.close()]);
    },
  };
}
