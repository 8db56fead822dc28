/** The pipeline over nothing but memory: everything succeeds, except what a test makes fail. */
import type { Engine } from '../../src/domain/ports.ts';
import type { BuildPorts } from '../../src/pipeline/context.ts';
import { runBuild } from '../../src/pipeline/run.ts';
import { build, settings, staging } from '../answers/samples.ts';
import { createMemory } from '../slack/memory.ts';

export interface World extends ReturnType<typeof createMemory> {
  ports: BuildPorts;
  /** Runs the newest build of an environment to its end, as a worker does. */
  work(environment: string): Promise<void>;
}

export function createWorld(change: Partial<BuildPorts> = {}): World {
  const memory = createMemory();
  const { archive } = build('ready');
  if (archive === null) throw new Error('the sample of a ready build has an archive');
  const engine: Engine = {
    name: 'rattler',
    describe: async () => ({
      ...{ name: 'rattler', version: 'py-rattler 0', executable: 'python', reason: 'a test' },
    }),
    solve: async () => ({ platform: 'linux-64', packages: [] }),
    create: async () => undefined,
  };
  const ports: BuildPorts = {
    store: memory.store,
    engine,
    projects: { pin: async () => [], install: async () => undefined },
    packer: {
      pack: async () => ({
        ...{ archive, segments: [], unpackedBytes: 1, warnings: [] },
        cache: { hits: 0, misses: 0 },
      }),
    },
    workspace: {
      acquirePrefix: async () => ({ path: '/prefix', release: async () => undefined }),
      archivePath: async () => '/archive/churn.zip',
      holdsArchive: async () => false,
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
          profile: async () => staging().cluster,
          stage: async () => staging(name),
          isIntact: async () => true,
          run: async () => ({ code: 0, timedOut: false, stdout: '', stderr: '' }),
          sweep: async () => undefined,
        },
      ]),
    ),
    clock: { now: Date.now },
    platform: 'linux-64',
    channels: settings.channels.map((channel) => ({ ...channel, url: 'file:///channel' })),
    verification: { enabled: false, timeoutSeconds: 1, executors: 1 },
    directNoticeAfterSeconds: 300,
    redact: (text) => text.replaceAll('hunter2', '«secret»'),
    ...change,
  };
  return {
    ...memory,
    ports,
    async work(environment) {
      const [newest] = await memory.store.listBuilds({ environment, limit: 1 });
      if (!newest) throw new Error(`no build of ${environment}`);
      await runBuild(ports, newest.id, new AbortController().signal);
    },
  };
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
