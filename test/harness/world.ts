import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { stringify } from 'yaml';
import { laboratory } from '../../deploy/lab/laboratory.ts';
import { type SlackEmulator, startSlackEmulator } from '../../deploy/lab/slack/index.ts';
import { createStore } from '../../src/adapters/redis/store.ts';
import type { Store } from '../../src/domain/ports.ts';
import { REDIS_PREFIX } from '../../src/foundation.ts';
import { type RedisServer, startServer } from '../adapters/redis/fixture.ts';
import { type EdgeNode, startEdgeNode } from './edge-node.ts';
import { type Environment, endProduct, type Product, startProduct } from './product.ts';

/** What may differ between the worlds of two test files. */
export interface WorldOptions {
  mode?: 'socket' | 'http';
  engine?: 'auto' | 'conda' | 'rattler';
  /** Further variables of the processes under test, such as CONDA_EXE. */
  environment?(): Environment;
  /** Keys that replace those of the configuration, given the edge nodes it would have. */
  configure?(world: { directory: string }, edges: readonly [EdgeEntry]): Record<string, unknown>;
  /** The `conda-ferry` processes to start; `start` is bot and worker in one. */
  processes?: readonly ('start' | 'bot' | 'worker')[];
  /** What starts them in place of the sources: an installed package, say. */
  program?(): string;
}

/** The product and everything around it, on free ports and in a folder of its own. */
export interface World {
  directory: string;
  configFile: string;
  /** What the processes under test are started with. */
  environment: Environment;
  slack: SlackEmulator;
  edge: EdgeNode;
  redis: RedisServer;
  /** The records, as the product keeps them. */
  store: Store;
  /** The processes under test that should be running now. */
  products: Set<Product>;
  /** Starts another one, with other variables where some are given, and waits until it is ready. */
  start(command: 'start' | 'bot' | 'worker', change?: Environment): Promise<Product>;
  /** Ends one in the way given; from then on its end is expected. */
  stop(product: Product, signal: NodeJS.Signals): Promise<number | null>;
  /** Throws when a process under test has ended by itself. */
  checkAlive(): void;
  /** Resolves with the first answer of `probe` that is not null, undefined or false. */
  until<T>(
    what: string,
    probe: () => Promise<T> | T,
    seconds?: number,
  ): Promise<Exclude<T, null | undefined | false>>;
  end(): Promise<void>;
}

export type EdgeEntry = ReturnType<typeof edgeEntry>;

/** The channel that answers; of the others, one never does and one is not there. */
export const LAB_CHANNEL = {
  ...{ name: 'lab', url: pathToFileURL(laboratory.channel).href, default: true },
};

const ANSWER_SECONDS = 90;
const POLL_MS = 40;
const RECORD = join(import.meta.dirname, '../.out/slack');
/** Where a test's process finds the programs it may use; no conda is among them. */
const SYSTEM_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

export async function startWorld(options: WorldOptions = {}): Promise<World> {
  const mode = options.mode ?? 'socket';
  const program = options.program && [options.program()];
  const directory = mkdtempSync(join(tmpdir(), 'ferry-path-'));
  const [slack, edge, redis, silent] = await Promise.all([
    startSlackEmulator({ record: RECORD }),
    startEdgeNode(directory),
    startServer(),
    startSilence(),
  ]);
  const socketPath = 'socketPath' in redis.connection ? redis.connection.socketPath : '';
  const store = createStore({ connection: redis.connection, prefix: REDIS_PREFIX });
  const configFile = join(directory, 'conda-ferry.yaml');
  const entry = edgeEntry(edge);
  writeFileSync(
    configFile,
    stringify({
      slack: { mode, apiUrl: slack.apiUrl, port: 0, operators: ['U0OMARHAD1'] },
      dataDirectory: join(directory, 'data'),
      engine: options.engine ?? 'auto',
      python: laboratory.python,
      channels: [
        LAB_CHANNEL,
        // Accepts and never answers: a solve from here lasts as long as a test wants.
        { name: 'silent', url: `http://127.0.0.1:${silent.port}/silent` },
        { name: 'gone', url: 'http://127.0.0.1:9/gone' },
      ],
      edges: [entry],
      verify: { timeoutSeconds: 60 },
      worker: { lockSeconds: 10, stalledSeconds: 1 },
      ...options.configure?.({ directory }, [entry]),
    }),
  );

  const environment: Environment = {
    PATH: SYSTEM_PATH,
    HOME: directory,
    TMPDIR: tmpdir(),
    REDIS_URL: socketPath,
    SLACK_BOT_TOKEN: slack.botToken,
    SLACK_APP_TOKEN: slack.appToken,
    SLACK_SIGNING_SECRET: slack.signingSecret,
    ...options.environment?.(),
  };
  const products = new Set<Product>();
  const world: World = {
    directory,
    configFile,
    environment,
    slack,
    edge,
    redis,
    store,
    products,
    async start(command, change = {}) {
      const words = [command, '--config', configFile];
      const product = startProduct(words, { ...environment, ...change }, program);
      products.add(product);
      const isReady = {
        start: /"bot ready"/,
        bot: /"bot ready"/,
        worker: /"worker ready"/,
      }[command];
      await world.until(`${command} to be ready`, () => isReady.test(product.output()), 60);
      const [, url] = /"url":"(http[^"]+)"/.exec(product.output()) ?? [];
      if (url) slack.setRequestUrl(url);
      return product;
    },
    async stop(product, signal) {
      products.delete(product);
      product.kill(signal);
      return product.ended;
    },
    checkAlive() {
      const gone = [...products].find((product) => product.exit() !== null);
      if (!gone) return;
      const { code, signal } = gone.exit() ?? {};
      throw new Error(
        `conda-ferry ended by itself (code ${code}, signal ${signal}):\n${end(gone)}`,
      );
    },
    async until(what, probe, seconds = ANSWER_SECONDS) {
      const deadline = Date.now() + seconds * 1000;
      for (;;) {
        world.checkAlive();
        const found = await probe();
        if (found !== null && found !== undefined && found !== false) {
          return found as Exclude<typeof found, null | undefined | false>;
        }
        if (Date.now() > deadline) {
          const logs = [...products].map(end).join('\n');
          throw new Error(`waited ${seconds} s for ${what}; the end of the log:\n${logs}`);
        }
        await wait(POLL_MS);
      }
    },
    async end() {
      await Promise.all([...products].map(endProduct));
      await store.close();
      await Promise.all([slack.stop(), edge.stop(), redis.remove(), silent.stop()]);
      rmSync(directory, { recursive: true, force: true });
    },
  };
  try {
    const commands = options.processes ?? (['start'] as const);
    for (const command of commands) await world.start(command);
    if (mode === 'socket' && commands.some((command) => command !== 'worker')) {
      await world.until('Slack’s socket', () => slack.connections() > 0, 30);
    }
  } catch (error) {
    await world.end();
    throw error;
  }
  return world;
}

/** An edge node as an operator configures it: through the link, without Spark, without HDFS. */
function edgeEntry({ address, link, root }: EdgeNode) {
  const { user, privateKeyFile, hostKey } = address;
  return {
    name: 'edge',
    ...{ host: link.host, port: link.port, user, privateKeyFile, hostKey, root },
    hdfs: null,
    env: { PATH: SYSTEM_PATH },
    cluster: { manager: 'yarn' },
    connectTimeoutSeconds: 5,
  };
}

function end(product: Product): string {
  return product.output().trimEnd().split('\n').slice(-12).join('\n');
}

/** A server that accepts everybody and says nothing. */
async function startSilence(): Promise<{ port: number; stop(): Promise<void> }> {
  const server = createServer((socket) => socket.on('error', () => undefined));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const open = new Set<Socket>();
  server.on('connection', (socket) => {
    open.add(socket);
    socket.on('close', () => open.delete(socket));
  });
  const address = server.address();
  return {
    port: typeof address === 'object' && address ? address.port : 0,
    async stop() {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
