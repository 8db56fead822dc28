import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { createServer, type Server } from 'node:tls';
import { freePorts } from '../../../deploy/lab/processes.ts';
import { connectionOf, type RedisConfig } from '../../../src/adapters/redis/connection.ts';
import { createQueue } from '../../../src/adapters/redis/queue.ts';
import { openLink } from '../../../src/adapters/redis/redis.ts';
import { createWorker } from '../../../src/adapters/redis/worker.ts';
import { createEvents } from '../../../src/domain/events.ts';
import { type CorporateNetwork, startCorporateNetwork } from '../../harness/corporate-network.ts';
import { buildFor } from './builds-fixture.ts';
import { noServer, type RedisServer, serverFile, startServer } from './fixture.ts';

const folder = mkdtempSync(join(tmpdir(), 'ferry-remote-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const NONE = { caFile: null, certFile: null, keyFile: null, sentinels: [], name: null };

/** Has a build go through queue and worker; resolves with what the worker was given. */
async function oneJob(config: RedisConfig, during: () => Promise<void> = async () => {}) {
  const connection = await connectionOf(config);
  const queue = createQueue({ connection, prefix: 'remote' });
  const done = Promise.withResolvers<string>();
  const worker = createWorker({
    ...{ connection, prefix: 'remote', platform: 'linux-64', concurrency: 1 },
    ...{ lockDurationMs: 10_000, stalledIntervalMs: 1_000, events: createEvents([]) },
    async run(job) {
      await during();
      done.resolve(job.buildId);
    },
    async abandoned() {},
  });
  try {
    await worker.ready();
    await queue.enqueue(buildFor('b1'), 'linux-64', 'build');
    return await done.promise;
  } finally {
    await worker.close();
    await queue.close();
  }
}

describe('Redis over TLS', { skip: noServer, timeout: 30_000 }, () => {
  let company: CorporateNetwork;
  let server: RedisServer;
  let front: Server;
  let redisUrl: string;
  let client: { certFile: string; keyFile: string };
  const shown: string[] = [];
  before(async () => {
    company = await startCorporateNetwork(join(folder, 'company'));
    server = await startServer();
    const { certFile, keyFile } = company.certificateFor('redis');
    client = company.certificateFor('worker');
    const certificate = { cert: readFileSync(certFile), key: readFileSync(keyFile) };
    const ca = readFileSync(company.caFile);
    // What the server asks for where `tls-auth-clients` is on; the one at hand speaks no TLS itself.
    front = createServer({ ...certificate, ca, requestCert: true, rejectUnauthorized: true });
    front.on('secureConnection', (socket) => {
      shown.push(socket.getPeerCertificate().subject.CN as string);
      const behind = connect((server.connection as { socketPath: string }).socketPath);
      for (const each of [socket, behind]) each.on('error', () => each.destroy());
      socket.pipe(behind).pipe(socket);
    });
    front.on('tlsClientError', () => {});
    await new Promise<void>((resolve) => front.listen(0, '127.0.0.1', resolve));
    redisUrl = `rediss://localhost:${(front.address() as AddressInfo).port}/0`;
  });
  after(async () => {
    front.close();
    company.close();
    await server.remove();
  });

  it('takes and runs a job, with an authority and a client certificate from files', async () => {
    const redis = { ...NONE, ...client, caFile: company.caFile };
    assert.equal(await oneJob({ redisUrl, redis }), 'b1');
    assert.deepEqual([...new Set(shown)], ['worker']);
  });

  it('trusts nobody whom the authority does not vouch for', async () => {
    const link = openLink(await connectionOf({ redisUrl, redis: { ...NONE, ...client } }));
    await assert.rejects(
      link.call((redis) => redis.ping()),
      { code: 'store-unavailable', details: /certificate/ },
    );
    link.close();
  });

  it('says which file cannot be used, and that a key is open to others', async () => {
    const open = join(folder, 'open.key');
    writeFileSync(open, 'key', { mode: 0o644 });
    const saying = (change: Partial<RedisConfig['redis']>, message: RegExp) =>
      assert.rejects(connectionOf({ redisUrl, redis: { ...NONE, ...change } }), {
        code: 'redis-certificates',
        message,
      });
    await saying({ caFile: '/nowhere.pem' }, /`redis\.caFile` names \/nowhere\.pem.*ENOENT/);
    await saying({ keyFile: open }, /`redis\.keyFile`.*others may read/);
  });
});

describe('Redis watched by Sentinel', { skip: noServer, timeout: 60_000 }, () => {
  const children = new Map<string, ChildProcess>();
  let ports: { first: number; second: number; sentinel: number };

  async function start(name: string, words: readonly string[]): Promise<void> {
    const directory = join(folder, name);
    mkdirSync(directory, { recursive: true });
    const child = spawn(serverFile ?? '', words, {
      ...{ cwd: directory, stdio: ['ignore', 'pipe', 'inherit'] },
    });
    children.set(name, child);
    for await (const line of createInterface({ input: child.stdout as NodeJS.ReadableStream })) {
      if (/Ready to accept connections|Sentinel ID is/.test(line)) break;
    }
    child.stdout?.resume();
  }
  async function end(name: string, how: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const child = children.get(name);
    children.delete(name);
    if (!child) return;
    const exited = once(child, 'exit');
    child.kill(how);
    await exited;
  }

  before(async () => {
    const [first = 0, second = 0, sentinel = 0] = await freePorts(3);
    ports = { first, second, sentinel };
    const common = ['--bind', '127.0.0.1', '--appendonly', 'yes', '--save', '', '--requirepass'];
    const passwords = ['pw', '--masterauth', 'pw', '--repl-diskless-sync-delay', '0'];
    const server = (port: number) => ['--port', `${port}`, ...common, ...passwords];
    await start('first', server(first));
    await start('second', [...server(second), '--replicaof', `127.0.0.1 ${first}`]);
    const file = join(folder, 'sentinel.conf');
    writeFileSync(
      file,
      [
        ...[`port ${sentinel}`, 'bind 127.0.0.1', `sentinel monitor main 127.0.0.1 ${first} 1`],
        ...['sentinel auth-pass main pw', 'sentinel down-after-milliseconds main 500'],
        'sentinel failover-timeout main 3000',
      ].join('\n'),
    );
    await start('sentinel', [file, '--sentinel']);
  });
  after(async () => {
    for (const name of [...children.keys()]) await end(name);
  });

  const config = (): RedisConfig => ({
    redisUrl: 'redis://:pw@ignored/0',
    redis: { ...NONE, sentinels: [`127.0.0.1:${ports.sentinel}`], name: 'main' },
  });

  /** Until the sentinel knows the replica and has it in step; before that nobody can take over. */
  async function untilReplicated(): Promise<void> {
    const asked = openLink({ url: `redis://:pw@127.0.0.1:${ports.first}` });
    const watched = openLink({ url: `redis://127.0.0.1:${ports.sentinel}` });
    try {
      for (;;) {
        const replicas = await asked.call((redis) => redis.info('replication'));
        const known = await watched.call((redis) => redis.info('sentinel'));
        if (/state=online/.test(replicas) && /slaves=1/.test(known)) return;
        await delay(100);
      }
    } finally {
      asked.close();
      watched.close();
    }
  }

  it('goes on with a build when the server dies in the middle of it and another takes over', async () => {
    await untilReplicated();
    const began = performance.now();
    let writtenAfter = 0;
    const id = await oneJob(config(), async () => {
      if (!children.has('first')) return;
      await end('first');
      const link = openLink(await connectionOf(config()));
      try {
        while (writtenAfter === 0) {
          await link
            .call((redis) => redis.set('after', 'yes'))
            .then(
              () => {
                writtenAfter = performance.now();
              },
              (error: { code: string }) => assert.equal(error.code, 'store-unavailable'),
            );
        }
      } finally {
        link.close();
      }
    });
    assert.equal(id, 'b1');
    const direct = openLink({ url: `redis://:pw@127.0.0.1:${ports.second}` });
    assert.equal(await direct.call((redis) => redis.get('after')), 'yes');
    direct.close();
    assert.ok(writtenAfter - began < 20_000);
  });
});
