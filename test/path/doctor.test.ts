/** What `conda-ferry check` finds: a real server, edge node or folder for each fault, and what it says of it. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { parse, stringify } from 'yaml';
import { startSlackEmulator } from '../../deploy/lab/slack/index.ts';
import { judgeRedis } from '../../src/adapters/redis/examine.ts';
import { openRedis } from '../../src/adapters/redis/redis.ts';
import { createStore } from '../../src/adapters/redis/store.ts';
import type { CheckResult } from '../../src/domain/doctor.ts';
import { REDIS_PREFIX } from '../../src/foundation.ts';
import { startServer } from '../adapters/redis/fixture.ts';
import { runProduct, startProduct } from '../harness/product.ts';
import { printedBy } from '../harness/typed.ts';
import { type Context, cannotWalk, ferry } from '../harness.ts';

/** What a fault changes: keys of the configuration, variables, and what must be there for it. */
interface Change {
  config?: (config: Config, ctx: Context) => void;
  environment?: Record<string, string>;
  /** Takes back what was changed of the world. */
  restore?(): void;
}

// biome-ignore lint/suspicious/noExplicitAny: the file as it was written, whose keys each fault breaks
type Config = any;

interface Fault {
  name: string;
  /** The row that tells of it. */
  row: string;
  status?: 'failed' | 'warning' | 'unknown';
  says: RegExp;
  /** What the operator is told to do. */
  fix: RegExp;
  /** It hides other rows, or needs what other faults change. */
  isAlone?: true;
  change(ctx: Context): Promise<Change> | Change;
}

/** Started for a fault, and ended after the last. */
const ends: (() => Promise<void> | void)[] = [];

async function redis(settings: Record<string, string>): Promise<string> {
  const server = await startServer(settings);
  ends.push(() => server.remove());
  return 'socketPath' in server.connection ? server.connection.socketPath : '';
}

/** A server of pages: what it answers by path, 404 for others. */
async function pages(answers: Record<string, string>): Promise<string> {
  const server = createServer((request, response) => {
    const body = answers[request.url ?? ''] ?? answers['*'];
    response.writeHead(body === undefined ? 404 : 200).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  ends.push(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const withRedis = (settings: Record<string, string>) => async (): Promise<Change> => ({
  environment: { REDIS_URL: await redis(settings) },
});
/** An emulator of its own. */
function otherSlack(
  options: Parameters<typeof startSlackEmulator>[0],
  environment: Record<string, string> = {},
): Fault['change'] {
  return async () => {
    const { apiUrl, botToken, appToken, stop } = await startSlackEmulator(options);
    ends.push(() => stop());
    return {
      config: (config) => Object.assign(config.slack, { apiUrl }),
      environment: { SLACK_BOT_TOKEN: botToken, SLACK_APP_TOKEN: appToken, ...environment },
    };
  };
}

const withConfig =
  (config: Change['config']): Fault['change'] =>
  () => ({ ...(config && { config }) });

/** What logs in is told by `authorized_keys`: a command in place of the login shell. */
const forced =
  (command: string): Fault['change'] =>
  (ctx) => {
    const file = join(ctx.directory, 'host', 'authorized_keys');
    const key = readFileSync(file, 'utf8');
    writeFileSync(file, `command=${JSON.stringify(command)} ${key}`);
    return { restore: () => writeFileSync(file, key) };
  };

/** A folder with programs in place of those of the edge. */
function programs(ctx: Context, texts: Record<string, string>): string {
  const folder = join(ctx.directory, `bin-${Object.keys(texts).join('-')}`);
  mkdirSync(folder, { recursive: true });
  for (const [name, text] of Object.entries(texts)) {
    writeFileSync(join(folder, name), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
  }
  return folder;
}

/** A folder that is a file system of its own, as small as is said. */
function small(ctx: Context, options: string): string {
  const folder = join(ctx.directory, `small-${options.replace(/\W/g, '-')}`);
  mkdirSync(folder);
  execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', folder]);
  ends.push(() => void execFileSync('umount', [folder]));
  return folder;
}

/** Another root on the same edge, which says that it is a machine of ARM. */
function armBeside(edge: Config, ctx: Context): Config {
  const bin = programs(ctx, { uname: 'echo aarch64', 'spark-submit': 'exit 1' });
  const cluster = { ...edge.cluster, architecture: 'aarch64' };
  return {
    ...edge,
    name: 'arm',
    root: `${edge.root}-arm`,
    env: { PATH: `${bin}:${SYSTEM}` },
    cluster,
  };
}

const onEdge =
  (change: (edge: Config, ctx: Context) => void): Fault['change'] =>
  (ctx) => ({ config: ({ edges: [edge] }) => change(edge, ctx) });

const FAULTS: readonly Fault[] = [
  {
    name: 'Redis without an append-only file',
    row: 'redis',
    says: /keeps no append-only file/,
    fix: /appendonly yes/,
    change: withRedis({ appendonly: 'no' }),
  },
  {
    name: 'Redis that evicts',
    row: 'redis',
    says: /drops keys .* allkeys-lru/,
    fix: /maxmemory-policy noeviction/,
    change: withRedis({ 'maxmemory-policy': 'allkeys-lru' }),
  },
  {
    name: 'Redis with little memory',
    row: 'redis',
    status: 'warning',
    says: /may have 105 MB of memory/,
    fix: /Raise `maxmemory`/,
    change: withRedis({ maxmemory: '100mb' }),
  },
  {
    name: 'Redis that is full',
    row: 'redis',
    says: /its memory is nearly full/,
    fix: /Raise `maxmemory`/,
    change: withRedis({ maxmemory: '1mb' }),
  },
  {
    name: 'Redis that is a read-only replica',
    row: 'redis',
    says: /replica, which can only be read/,
    fix: /Name the primary \(127\.0\.0\.1:9\)/,
    change: withRedis({ replicaof: '127.0.0.1 9' }),
  },
  {
    name: 'Redis that wants a password',
    row: 'redis',
    says: /wants a password, and none is given/,
    fix: /REDIS_URL/,
    change: withRedis({ requirepass: 'sesame' }),
  },
  {
    name: 'Redis with another password',
    row: 'redis',
    says: /does not accept the user or the password/,
    fix: /redisUrlFile/,
    change: async () => {
      const port = await freePort();
      await redis({ requirepass: 'sesame', port: `${port}` });
      return { environment: { REDIS_URL: `redis://:wrong@127.0.0.1:${port}` } };
    },
  },
  {
    name: 'Redis that is away',
    row: 'redis',
    says: /Redis does not answer: .*ECONNREFUSED/,
    fix: /REDIS_URL/,
    change: () => ({ environment: { REDIS_URL: 'redis://127.0.0.1:9' } }),
  },
  {
    name: 'a bot token that is wrong',
    isAlone: true,
    row: 'slack',
    says: /bot token \(invalid_auth\)/,
    fix: /OAuth & Permissions/,
    change: () => ({ environment: { SLACK_BOT_TOKEN: 'xoxb-of-another-workspace' } }),
  },
  {
    name: 'an app token that is wrong',
    isAlone: true,
    row: 'slack app token',
    says: /app-level token \(invalid_auth\)/,
    fix: /App-Level Tokens/,
    // One that has not been asked too often yet.
    change: otherSlack({}, { SLACK_APP_TOKEN: 'xapp-of-another-app' }),
  },
  {
    name: 'an address that is not Slack’s',
    isAlone: true,
    row: 'slack',
    says: /not Slack’s Web API/,
    fix: /slack\.apiUrl/,
    change: async () => {
      const apiUrl = `${await pages({ '*': '<html>Log in</html>' })}/api/`;
      return { config: ({ slack }) => Object.assign(slack, { apiUrl }) };
    },
  },
  {
    name: 'a scope that is missing',
    isAlone: true,
    row: 'slack',
    says: /lacks the scopes? .*usergroups:read/,
    fix: /install the app again/,
    change: otherSlack({ scopes: ['chat:write', 'channels:history'] }),
  },
  {
    name: 'a channel for approvals that the bot is not in',
    row: 'approvals C0N0SUCH',
    says: /not there, or private/,
    fix: /\/invite/,
    change: withConfig((config) => {
      config.roles = [{ name: 'platform', members: ['U0ANARUIZ1'] }];
      config.approvals = { rules: [{ by: 'platform', where: 'C0N0SUCH' }] };
    }),
  },
  {
    name: 'a signing secret, which nobody can know',
    row: 'slack settings',
    status: 'unknown',
    says: /signing secret .* first request/,
    fix: /Signing Secret/,
    change: withConfig(({ slack }) => Object.assign(slack, { mode: 'http' })),
  },
  {
    name: 'a slash command of another name',
    row: 'slack settings',
    status: 'unknown',
    says: /here it is `\/envs`/,
    fix: /deploy\/manifest\.yaml has `\/conda-env`/,
    change: withConfig(({ slack }) => Object.assign(slack, { command: '/envs' })),
  },
  {
    name: 'a port that is taken',
    row: 'port',
    says: /another program has 127\.0\.0\.1:\d+/,
    fix: /slack\.port/,
    change: async () => {
      const { port } = new URL(await pages({}));
      return { config: ({ slack }) => Object.assign(slack, { mode: 'http', port: Number(port) }) };
    },
  },
  {
    name: 'a key of an edge that others may read',
    row: 'edge edge',
    says: /others may read or write it/,
    fix: /chmod 600/,
    change: onEdge((edge, { directory }) => {
      const open = join(directory, 'open-key');
      copyFileSync(edge.privateKeyFile, open);
      chmodSync(open, 0o644);
      edge.privateKeyFile = open;
    }),
  },
  {
    name: 'a signing key that others may read',
    row: 'signing',
    says: /could not be signed/,
    fix: /signing\.keyFile/,
    change: withConfig((config, { directory, edge }) => {
      const open = join(directory, 'open-signing-key');
      copyFileSync(edge.address.privateKeyFile, open);
      chmodSync(open, 0o644);
      config.signing = { keyFile: open };
    }),
  },
  {
    name: 'an edge with another host key',
    row: 'edge edge',
    says: /another host key than configured/,
    fix: /reinstalled/,
    change: onEdge((edge) => Object.assign(edge, { hostKey: `SHA256:${'A'.repeat(43)}` })),
  },
  {
    name: 'an edge that lets nobody in',
    row: 'edge edge',
    says: /does not let `\S+` in/,
    fix: /authorized_keys/,
    change: onEdge((edge, { directory }) => {
      const other = join(directory, 'other-key');
      execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', other]);
      edge.privateKeyFile = other;
    }),
  },
  {
    name: 'an edge that does not answer',
    row: 'edge edge',
    says: /cannot be reached: .*ECONNREFUSED/,
    fix: /the host is up/,
    change: onEdge((edge) => Object.assign(edge, { port: 9 })),
  },
  {
    name: 'a login shell that refuses',
    row: 'edge edge',
    says: /runs no commands; it said: This account is currently not available/,
    fix: /chsh -s \/bin\/bash/,
    change: forced('echo This account is currently not available.; exit 1'),
  },
  {
    name: 'a login shell that prints',
    row: 'edge edge',
    status: 'warning',
    says: /print where nobody reads: Welcome to edge/,
    fix: /only for people/,
    change: forced('echo Welcome to edge; exec sh -s'),
  },
  {
    name: 'an edge without Spark',
    row: 'edge edge',
    says: /there is no Spark/,
    fix: /SPARK_HOME/,
    change: onEdge((edge) => Object.assign(edge, { env: { PATH: SYSTEM } })),
  },
  {
    name: 'an edge without the programs of staging',
    row: 'edge edge',
    says: /it lacks setsid, tar, .*unzip or python3 or jar/,
    fix: /Install them/,
    change: onEdge((edge, ctx) => {
      const bin = join(ctx.directory, 'bare');
      mkdirSync(bin);
      for (const name of ['sh', 'bash', ...BARE]) execFileSync('ln', ['-s', which(name), bin]);
      edge.env = { PATH: bin };
    }),
  },
  {
    name: 'an edge that is not of the architecture that is configured',
    row: 'edge edge',
    says: /it is x86_64, and its `cluster\.architecture` is aarch64/,
    fix: /`cluster\.architecture: x86_64`/,
    change: onEdge(({ cluster }) => Object.assign(cluster, { architecture: 'aarch64' })),
  },
  {
    name: 'an edge whose glibc is older than what is compiled here needs',
    row: 'edge edge',
    status: 'warning',
    says: /its glibc is 2\.17, and what is compiled on this build host/,
    fix: /no newer than/,
    change: withConfig((config) => {
      config.sdists = [{ name: '*' }];
      config.edges[0].cluster.glibc = '2.17';
    }),
  },
  {
    name: 'a clock that is far off',
    row: 'edge edge',
    says: /its clock is 60 min behind/,
    fix: /NTP/,
    change: onEdge((edge, ctx) => {
      const bin = programs(ctx, { date: `exec /bin/date -d '-1 hour' "$@"` });
      edge.env.PATH = `${bin}:${edge.env.PATH}`;
    }),
  },
  {
    name: 'a root that cannot be written',
    row: 'edge edge',
    says: /cannot write to `\/sys`, and `root` is `\/sys\/conda-ferry`/,
    fix: /mkdir -p \/sys\/conda-ferry && chown/,
    change: onEdge((edge) => Object.assign(edge, { root: '/sys/conda-ferry' })),
  },
  {
    name: 'a root that is full',
    row: 'edge edge',
    says: /has 10 MB left, and no environment fits/,
    fix: /another `root`/,
    change: onEdge((edge, ctx) => Object.assign(edge, { root: small(ctx, 'size=10m,mode=755') })),
  },
  {
    name: 'a root that takes no more files',
    row: 'edge edge',
    says: /takes only \d+ more files/,
    fix: /inodes/,
    change: onEdge((edge, ctx) => {
      edge.root = small(ctx, 'size=9g,nr_inodes=50,mode=755');
    }),
  },
  {
    name: 'a channel that is gone',
    row: 'channel lab',
    says: /nothing is at http:.*\/gone \(404\)/,
    fix: /Correct `url`/,
    change: async () => {
      const url = `${await pages({})}/gone`;
      return { config: ({ channels: [channel] }) => Object.assign(channel, { url }) };
    },
  },
  {
    name: 'a channel that is not conda’s',
    row: 'channel lab',
    says: /no channel of conda’s: a web page is at/,
    fix: /Correct `url`/,
    change: async () => {
      const url = await pages({ '*': '<html>Log in</html>' });
      return { config: ({ channels: [channel] }) => Object.assign(channel, { url }) };
    },
  },
  {
    name: 'a folder that is no channel',
    row: 'channel lab',
    says: /has neither linux-64\/repodata\.json/,
    fix: /conda index/,
    change: withConfig(({ channels: [channel] }, { directory }) => {
      channel.url = `file://${directory}`;
    }),
  },
  {
    name: 'an index of pip packages that is gone',
    row: 'index inside',
    says: /Nothing is at http:.*\(404\)/,
    fix: /Correct `url` of this index/,
    change: async () => {
      const url = await pages({});
      return {
        config: (config) => Object.assign(config, { indexes: [{ name: 'inside', url }] }),
      };
    },
  },
  {
    name: 'a data folder that cannot be written',
    isAlone: true,
    row: 'data folder',
    says: /`\/sys\/conda-ferry` cannot be written: .*\(\/sys\)/,
    fix: /dataDirectory/,
    change: withConfig((config) => Object.assign(config, { dataDirectory: '/sys/conda-ferry' })),
  },
  {
    name: 'a data folder that is full',
    row: 'data folder',
    says: /has 10 MB left, and no environment fits/,
    fix: /cacheGigabytes/,
    change: withConfig((config, ctx) => {
      config.dataDirectory = small(ctx, 'size=10m,mode=700');
    }),
  },
  {
    name: 'a log that cannot be written',
    row: 'log',
    says: /cannot be written/,
    fix: /log\.file/,
    change: withConfig((config) => Object.assign(config, { log: { file: '/sys/ferry/log' } })),
  },
  {
    name: 'an engine that is not there',
    row: 'engine',
    says: /asks for conda/,
    fix: /engine: auto/,
    change: withConfig((config) => Object.assign(config, { engine: 'conda' })),
  },
  {
    name: 'an engine that is too old',
    row: 'engine',
    says: /conda 4\.5\.0 is too old/,
    fix: /conda 4\.12 or newer/,
    change: (ctx) => ({
      environment: { CONDA_EXE: join(programs(ctx, { conda: 'echo conda 4.5.0' }), 'conda') },
    }),
  },
  {
    name: 'an edge that is not of the platform of the configuration',
    isAlone: true,
    row: 'edge edge',
    says: /it is x86_64, and its environments are built for linux-aarch64/,
    fix: /`cluster\.architecture: x86_64` for this edge, with a worker of linux-64/,
    change: withConfig((config) => {
      config.platform = 'linux-aarch64';
      config.worker = { platform: 'linux-64' };
    }),
  },
  {
    name: 'an edge whose platform nobody builds for',
    isAlone: true,
    row: 'workers',
    status: 'warning',
    says: /no worker takes builds for linux-64 at present, which `edge` must have/,
    fix: /`worker\.platform: linux-64`/,
    change: async () => {
      const socketPath = await redis({ appendonly: 'yes' });
      const store = createStore({ connection: { socketPath }, prefix: REDIS_PREFIX });
      await store.ping();
      const at = store.clock.now();
      await store.tellPresence({
        ...{ id: 'arm:1', host: 'arm', version: '0.1.0', platform: 'linux-aarch64' },
        ...{ concurrency: 1, startedAt: at, at, isDraining: false, isOver: false, work: [] },
      });
      await store.close();
      return { environment: { REDIS_URL: socketPath } };
    },
  },
  {
    name: 'default edges of two platforms',
    isAlone: true,
    row: 'configuration',
    status: 'warning',
    says: /the default edges are for linux-64 and linux-aarch64/,
    fix: /one platform alone/,
    change: withConfig((config, ctx) => {
      const [edge] = config.edges;
      config.edges = [
        { ...edge, default: true },
        { ...armBeside(edge, ctx), default: true },
      ];
    }),
  },
  {
    name: 'a build host of another platform',
    isAlone: true,
    row: 'build host',
    says: /this host is x64, and environments are to be built for linux-aarch64/,
    fix: /Set `worker\.platform`/,
    change: withConfig((config) => {
      config.worker = { platform: 'linux-aarch64' };
    }),
  },
];

/**
 * One fault of each row at a time: the first of each, the second of each, and so on. What hides another row is alone,
 * so that nothing hides another fault.
 */
const ROUNDS: readonly (readonly Fault[])[] = (() => {
  const rounds: Fault[][] = [];
  for (const fault of FAULTS.filter(({ isAlone }) => !isAlone)) {
    const free = rounds.find((round) => round.every(({ row }) => row !== fault.row));
    if (free) free.push(fault);
    else rounds.push([fault]);
  }
  return [...rounds, ...FAULTS.filter(({ isAlone }) => isAlone).map((fault) => [fault])];
})();

const SYSTEM = '/usr/sbin:/usr/bin:/sbin:/bin';
/** All that staging takes but setsid, tar, and what unpacks zip. */
const BARE = [
  ...[
    'awk',
    'chmod',
    'cp',
    'cut',
    'date',
    'df',
    'find',
    'id',
    'ln',
    'mkdir',
    'mktemp',
    'mv',
    'paste',
  ],
  ...[
    'readlink',
    'rm',
    'rmdir',
    'sed',
    'stat',
    'tr',
    'wc',
    'sha256sum',
    'gzip',
    'uname',
    'getconf',
    'head',
  ],
];
const which = (name: string): string =>
  execFileSync('sh', ['-c', 'command -v "$1"', 'sh', name], { encoding: 'utf8' }).trim();

async function freePort(): Promise<number> {
  const { port } = new URL(await pages({}));
  return Number(port) + 1;
}

/** Some faults are file systems that are full. */
const cannotMount = process.getuid?.() === 0 ? false : 'mounting a small file system needs root';

describe('the doctor', { skip: cannotWalk || cannotMount }, () => {
  // Before the world goes, which has file systems of theirs in it.
  after(async () => {
    for (const end of ends.reverse()) await end();
  });
  const runTest = ferry({ processes: [] });

  /** Where everything is as it should be: of an edge that has Spark. */
  const whole = (ctx: Context): Config => {
    const config = parse(readFileSync(ctx.configFile, 'utf8'));
    config.channels = config.channels.filter(({ name }: { name: string }) => name === 'lab');
    const bin = programs(ctx, { 'spark-submit': 'exit 1' });
    config.edges[0].env = { PATH: `${bin}:${SYSTEM}` };
    config.edges[0].cluster = { manager: 'yarn', spark: '3.5.9' };
    return config;
  };
  const examine = async (ctx: Context, { config: change, environment }: Change) => {
    const config = whole(ctx);
    change?.(config, ctx);
    const file = join(ctx.directory, 'doctor.yaml');
    writeFileSync(file, stringify(config));
    const began = performance.now();
    const finished = await runProduct(['check', '--json', '--config', file], {
      ...ctx.environment,
      ...environment,
    });
    const seconds = (performance.now() - began) / 1000;
    assert.match(finished.stdout, /^\{"checks"/, finished.stderr);
    const { checks }: { checks: CheckResult[] } = printedBy('check', finished.stdout);
    return { checks, seconds, code: finished.code, stderr: finished.stderr };
  };

  test('finds nothing where everything is as it should be', () =>
    runTest(async (ctx) => {
      const { checks, code, stderr } = await examine(ctx, {});
      const wrong = checks.filter(({ status }) => !['ok', 'unknown'].includes(status));
      assert.deepEqual(wrong, []);
      assert.equal(code, 0);
      assert.equal(stderr, '');
    }));

  for (const round of ROUNDS) {
    test(`finds, all at once, ${round.map(({ name }) => name).join('; ')}`, () =>
      runTest(async (ctx) => {
        const changes: Change[] = [];
        for (const { change } of round) changes.push(await change(ctx));
        const { checks, code } = await examine(ctx, {
          config: (config) => {
            for (const { config: change } of changes) change?.(config, ctx);
          },
          environment: Object.assign({}, ...changes.map(({ environment }) => environment)),
        }).finally(() => {
          for (const { restore } of changes) restore?.();
        });
        for (const { name, row, status = 'failed', says, fix } of round) {
          const told = checks.filter((each) => each.name === row && each.status === status);
          const found = told.find(({ text }) => says.test(text));
          assert.ok(found, `${name}: ${JSON.stringify(checks, null, 1)}`);
          assert.match(found.fix ?? '', fix);
        }
        const rows = round.filter(({ status = 'failed' }) => status === 'failed');
        const expected = new Set(rows.map(({ row }) => row));
        const others = checks.filter(
          ({ name, status }) => status === 'failed' && !expected.has(name),
        );
        assert.deepEqual(others, [], 'nothing else is told to be wrong');
        assert.equal(code, rows.length > 0 ? 2 : 0);
      }));
  }

  const full = (ctx: Context, change: Change['config'] = () => {}) => {
    const config = whole(ctx);
    // Nothing says which Spark it is, so that it is tried on the edge alone.
    config.edges[0].cluster = { manager: 'yarn' };
    change(config, ctx);
    const file = join(ctx.directory, 'full.yaml');
    writeFileSync(file, stringify(config));
    return startProduct(['check', '--full', '--config', file], ctx.environment);
  };
  /** What a doctor leaves that made an environment: nothing in Redis nor on the edge. */
  const assertGone = async (ctx: Context) => {
    const client = openRedis(ctx.redis.connection, 'worker');
    try {
      assert.deepEqual(await client.keys('*:check:*'), []);
    } finally {
      client.disconnect();
    }
    assert.deepEqual(
      ctx.edge.published().filter((path) => /archives|conda-ferry-check\/\d/.test(path)),
      [],
    );
    assert.deepEqual(ctx.edge.leftovers(), []);
  };

  test('makes an environment end to end where it is asked to, says so before, and leaves nothing', () =>
    runTest(async (ctx) => {
      const doctor = full(ctx);
      assert.equal(await doctor.ended, 0, doctor.output());
      const [first, ...then] = doctor.output().split('\n');
      assert.match(first ?? '', /^Making `conda-ferry-check`.*staging it on edge/);
      assert.match(
        then.join('\n'),
        /✓ full: made, .* in [\d.]+ s: solve [\d.]+ s, create [\d.]+ s, .*pack [\d.]+ s, stage [\d.]+ s, verify [\d.]+ s/,
      );
      // There is no Spark on this edge that could prove more.
      assert.match(then.join('\n'), /! full: edge: smoke-tested/);
      assert.equal((await ctx.store.listBuilds({ limit: 5 })).length, 0, 'nobody else sees it');
      await assertGone(ctx);
    }));

  test('makes none for edges of a platform that this host does not build for, and says so', () =>
    runTest(async (ctx) => {
      const doctor = full(ctx, (config) => {
        config.edges = [{ ...config.edges[0], default: true }, armBeside(config.edges[0], ctx)];
      });
      assert.equal(await doctor.ended, 0, doctor.output());
      assert.match(doctor.output(), /staging it on edge, and/);
      assert.match(
        doctor.output(),
        /\? full: nothing is made for arm, which is for linux-aarch64: this host builds for linux-64/,
      );
      assert.match(doctor.output(), /✓ full: made/);
      await assertGone(ctx);
    }));

  test('removes what it made, too, when it is stopped in between', () =>
    runTest(async (ctx) => {
      const doctor = full(ctx);
      await ctx.until('a step', () => /✓ pack/.test(doctor.output()), 60);
      doctor.kill('SIGINT');
      assert.equal(await doctor.ended, 130, doctor.output());
      await assertGone(ctx);
    }));

  test('removes first what one left that was killed', () =>
    runTest(async (ctx) => {
      const killed = full(ctx);
      await ctx.until('a step', () => /✓ stage/.test(killed.output()), 60);
      killed.kill('SIGKILL');
      await killed.ended;
      const doctor = full(ctx);
      assert.equal(await doctor.ended, 0, doctor.output());
      await assertGone(ctx);
    }));

  test('makes nothing where something is known to be wrong', () =>
    runTest(async (ctx) => {
      const doctor = full(ctx, ({ edges: [edge] }) => Object.assign(edge, { port: 9 }));
      assert.equal(await doctor.ended, 2, doctor.output());
      assert.match(doctor.output(), /\? full: no environment was made/);
    }));

  test('knows a Redis that is too old by its version', () => {
    const { faults } = judgeRedis('redis_version:5.0.14\r\nrole:master\r\naof_enabled:1\r\n');
    assert.match(faults.map(({ text }) => text).join(), /^Redis 5\.0\.14 is too old$/);
  });
});
