/** The pipeline over nothing but memory: everything succeeds, except what a test makes fail. */
import { execute } from '../../commands/execute.ts';
import { commandHelp, commands } from '../../commands/registry.ts';
import { type Build, isTried } from '../../src/domain/build.ts';
import { placeOf } from '../../src/domain/environment.ts';
import type { LockedPackage } from '../../src/domain/lock.ts';
import type { Engine } from '../../src/domain/ports.ts';
import type { Reply } from '../../src/domain/reply.ts';
import type { BuildPorts } from '../../src/pipeline/context.ts';
import type { DutyPorts } from '../../src/pipeline/duties.ts';
import { runErrand } from '../../src/pipeline/errands/run.ts';
import { runBuild, runProof } from '../../src/pipeline/run.ts';
import { build, settings, staging } from '../answers/samples.ts';
import { createMemory } from '../slack/memory.ts';

export interface World extends ReturnType<typeof createMemory> {
  ports: DutyPorts;
  /** What somebody types after the slash command, and what is answered. */
  say(user: string, text: string): Promise<Reply>;
  /** The newest build of an environment; there must be one. */
  newest(environment: string): Promise<Build>;
  /** Runs the newest build of an environment to its end, as a worker does. */
  work(environment: string): Promise<void>;
  /** Asks the executors of a build that is ready once more, as a worker does. */
  proveAgain(id: string): Promise<void>;
}

export function createWorld(
  change: Partial<Omit<BuildPorts, 'queue'>> = {},
  services: Parameters<typeof createMemory>[1] = {},
): World {
  const memory = createMemory(undefined, services);
  const { archive } = build('ready');
  if (archive === null) throw new Error('the sample of a ready build has an archive');
  const engine: Engine = {
    name: 'rattler',
    describe: async () => ({
      ...{ name: 'rattler', version: 'py-rattler 0', executable: 'python', reason: 'a test' },
    }),
    solve: async () => ({ platform: 'linux-64', packages: [] }),
    create: async () => undefined,
    createSome: null,
    close: async () => undefined,
  };
  const ports: DutyPorts = {
    store: memory.store,
    services: memory.services,
    engine,
    pip: { indexes: ['pypi'], resolve: async () => [], fetch: async () => [] },
    projects: { pin: async () => [], install: async () => undefined },
    packer: {
      pack: async () => ({
        ...{ archive, segments: [], unpackedBytes: 1, warnings: [] },
        cache: { hits: 0, misses: 0 },
      }),
      assemble: async () => null,
      lacking: () => null,
      complete: async () => null,
    },
    workspace: {
      acquirePrefix: async () => ({ path: '/prefix', release: async () => undefined }),
      prefixes: () => ['/prefix'],
      archivePath: async () => '/archive/churn.zip',
      holdsArchive: async () => false,
      removeArchive: async () => undefined,
      sweepArchives: async () => [],
      sweepBuilds: async () => [],
      projectDirectory: async () => '/projects',
      importNames: async () => ({}),
      modules: async () => ({ sklearn: ['scikit-learn'] }),
      clear: async () => undefined,
    },
    edges: new Map(
      settings.edges.map(({ name }) => [
        name,
        {
          name,
          expect: async () => undefined,
          profile: async () => staging().cluster,
          sendAhead: async () => ({ segments: 0, found: new Map(), seconds: 0 }),
          stage: async (_request, _progress, following) => {
            await following?.begins(placeOf(staging(name)));
            return staging(name);
          },
          isIntact: async () => true,
          restore: async () => null,
          launch: async (staging) => staging,
          point: async () => undefined,
          numbers: async () => ({ numbers: [], owner: null }),
          environments: async () => [],
          async *papers() {},
          recover: async () => null,
          run: async () => ({ code: 0, timedOut: false, stdout: '', stderr: '' }),
          remove: async () => undefined,
          applications: async () => [],
          discard: async () => undefined,
          sweep: async () => undefined,
          close: () => undefined,
        },
      ]),
    ),
    clock: { now: Date.now },
    queue: memory.queue,
    platform: 'linux-64',
    channels: settings.channels.map((channel) => ({ ...channel, url: 'file:///channel' })),
    verification: { enabled: false, timeoutSeconds: 1, executors: 1 },
    directNoticeAfterSeconds: 300,
    retention: settings.retention,
    sign: null,
    history: { days: 365, builds: 200 },
    events: memory.events,
    redact: (text) => text.replaceAll('hunter2', '«secret»'),
    ...change,
  };
  const never = new AbortController().signal;
  memory.errands.worker = (errand) =>
    runErrand(ports, errand, { signal: never, log: () => undefined, detail: () => undefined });
  async function newest(environment: string): Promise<Build> {
    const [build] = await memory.store.listBuilds({ environment, limit: 1 });
    if (!build) throw new Error(`no build of ${environment}`);
    return build;
  }
  return {
    ...memory,
    ports,
    newest,
    say: (user, text) =>
      execute(text, commands, {
        ...{ user, channel: 'C1', team: null },
        ...{ services: memory.services, commands: commandHelp },
      }),
    async work(environment) {
      const { id, attempt } = await newest(environment);
      const job = { buildId: id, attempt };
      await runBuild(ports, job, never);
      if (isTried(await newest(environment))) await runProof(ports, job, never);
    },
    async proveAgain(id) {
      const { attempt } = await memory.store.updateBuild(id, (current) => ({
        ...current,
        verifying: true,
      }));
      await runProof(ports, { buildId: id, attempt }, never);
    },
  };
}

/** The same where nobody answers errands: a build finds out by itself whether it can be. */
export function createLoneWorld(change: Partial<Omit<BuildPorts, 'queue'>> = {}): World {
  const world = createWorld(change);
  world.errands.worker = null;
  return world;
}

/** The job of a build's first attempt, as the queue hands it to a worker. */
export const jobFor = (buildId: string) => ({ buildId, attempt: 1 });

/** A package of a lock; the same text has the same bytes: `numpy 2.2.6`. */
export function locked(text: string): LockedPackage {
  const [name = '', version = '1.0'] = text.split(' ');
  const url = `https://channel.example/linux-64/${name}-${version}-0.conda`;
  return {
    ...{ name, version, url, build: '0', subdir: 'linux-64', channel: 'conda-forge' },
    ...{ sha256: Buffer.from(text).toString('hex').padEnd(64, '0'), md5: null, size: null },
  };
}

/** An engine that solves everything to these packages; a function may decide anew each time. */
export function engineSolving(solve: Engine['solve']): Engine {
  return { ...createWorld().ports.engine, solve };
}

/** An engine whose solves fail with what `refuse` throws; null lets one pass. */
export function engineRefusing(refuse: (specs: readonly string[]) => Error | null): Engine {
  const { engine } = createWorld().ports;
  return {
    ...engine,
    solve: async (request, progress) => {
      const error = refuse(request.specs.map(({ name, version }) => `${name}${version ?? ''}`));
      if (error) throw error;
      return engine.solve(request, progress);
    },
  };
}
