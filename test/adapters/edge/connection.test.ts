import assert from 'node:assert/strict';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { type Connections, createConnections } from '../../../src/adapters/edge/connections.ts';
import { type EdgeConfig, targetOf } from '../../../src/adapters/edge/edge.ts';
import { openSession, type SessionSettings } from '../../../src/adapters/edge/session.ts';
import { connect, type SshConnection } from '../../../src/adapters/edge/ssh.ts';
import { unreachable } from '../../../src/adapters/edge/target.ts';
import { Cancelled } from '../../../src/domain/errors.ts';
import type { Edge } from '../../../src/domain/ports.ts';
import { execFileSync } from '../../harness/command.ts';
import { startWorld, type World, withoutSshd } from './world.ts';

/** Connections of which each is opened so, and none is kept. */
function openedBy(open: Connections['open']): Connections {
  const { giveUp, isGivenUp } = createConnections(targetOf(ELSEWHERE, 0), 0);
  return { open, giveUp, isGivenUp, giveBack() {}, async openAhead() {}, close() {} };
}

/** Nobody is asked there. */
const ELSEWHERE: EdgeConfig = {
  ...{ name: 'edge1', host: 'edge1.example.com', port: 22, user: 'ferry', root: '/data' },
  ...{ privateKeyFile: null, hostKey: null, alias: 'GLOBAL', hdfs: null, cluster: {}, env: {} },
};

describe('an edge that does not answer', () => {
  const target = targetOf(ELSEWHERE, 1_000);
  const failing = (code: string) => async () => {
    throw unreachable(target, code, Object.assign(new Error(code), { code }));
  };
  /** What is said to people while a session tries to connect, and how often it tries. */
  async function tries(connections: Connections, change: Partial<SessionSettings> = {}) {
    const said: string[] = [];
    let count = 0;
    const open: Connections['open'] = (signal) => {
      count += 1;
      return connections.open(signal);
    };
    const session = openSession({
      ...{ target, connections: { ...connections, open }, environment: {}, attempts: 5 },
      ...{ backoffMilliseconds: 1, log: () => undefined, detail: (text) => said.push(text) },
      ...{ signal: new AbortController().signal, ...change },
    });
    const error = await session.withConnection(async () => null).catch((error: Error) => error);
    return { count, said, error };
  }

  for (const [code, most] of [
    ['ENOTFOUND', 2],
    ['EHOSTUNREACH', 3],
    ['ECONNREFUSED', 5],
    ['ETIMEDOUT', 5],
  ] as const) {
    it(`is tried ${most} times where that is ${code}`, async () => {
      const { count, error } = await tries(openedBy(failing(code)));
      assert.equal(count, most);
      assert.match(String(error), new RegExp(`${code} \\(${most} attempts\\)`));
    });
  }

  it('is said with the first try, and for how long it is tried again', async () => {
    const { said } = await tries(openedBy(failing('ECONNREFUSED')), { attempts: 3 });
    assert.equal(said.length, 3);
    assert.match(said[0] ?? '', /^does not answer \(ECONNREFUSED\); tried again for \d+\.\d s$/);
    assert.equal(said[2], 'does not answer (ECONNREFUSED)');
  });

  it('is tried once where another task gave it up a moment ago, until somebody has connected', async () => {
    let isAway = true;
    const { promise: ended } = Promise.withResolvers<void>();
    const connection = { execute: async () => ({ code: 0, signal: null }), ended, close() {} };
    const refused = failing('ECONNREFUSED');
    const connections = openedBy(async () => (isAway ? refused() : connection));
    // Who has no time for more gives it up for nobody else.
    assert.equal((await tries(connections, { attempts: 2, isBrief: true })).count, 2);
    assert.equal((await tries(connections)).count, 5);
    const next = await tries(connections);
    assert.equal(next.count, 1);
    assert.doesNotMatch(String(next.error), /attempts/);
    isAway = false;
    assert.equal((await tries(connections)).error, null);
  });
});

describe('connecting to an edge node', { skip: withoutSshd }, () => {
  let world: World;
  before(async () => {
    world = await startWorld();
  });
  after(() => world[Symbol.asyncDispose]());

  const fingerprint = () =>
    execFileSync('ssh-keygen', ['-lf', join(world.directory, 'host', 'host_ed25519.pub')], {
      encoding: 'utf8',
    }).split(' ')[1] as string;
  const serverLog = () => readFileSync(join(world.directory, 'host', 'sshd.log'), 'utf8');
  const logins = () => serverLog().split('Accepted publickey').length - 1;

  it('accepts the configured key as a line, as a known_hosts line and as a fingerprint', async () => {
    const line = world.config.hostKey as string;
    for (const hostKey of [line, `[127.0.0.1]:22 ${line} comment`, fingerprint()]) {
      const cluster = await world.edge({ hostKey }).profile(world.progress);
      assert.equal(cluster.manager, 'yarn');
    }
  });

  it('refuses to connect without a host key and says which one to configure', async () => {
    const before = logins();
    await assert.rejects(world.edge({ hostKey: null }).profile(world.progress), (error) => {
      const { code, message, suggestion } = error as Record<string, string>;
      assert.equal(code, 'host-key-unknown');
      assert.ok(message?.includes(fingerprint()), message);
      assert.ok(suggestion?.includes(world.config.hostKey as string), suggestion);
      return true;
    });
    assert.equal(logins(), before);
  });

  it('names what is wrong with a hostKey that is neither a key nor a fingerprint', async () => {
    await assert.rejects(world.edge({ hostKey: 'MD5:aa:bb' }).profile(world.progress), {
      code: 'host-key-unknown',
      message: /neither a key nor a fingerprint/,
    });
  });

  it('refuses a changed host key once, before logging in, naming both fingerprints', async () => {
    const expected = fingerprint();
    await world.changeHostKey();
    const before = { logins: logins(), connections: world.link.traffic.connections };
    await assert.rejects(world.edge().profile(world.progress), (error) => {
      const { code, message } = error as Record<string, string>;
      assert.equal(code, 'host-key-mismatch');
      assert.ok(message?.includes(expected) && message.includes(fingerprint()), message);
      return true;
    });
    assert.equal(world.link.traffic.connections, before.connections + 1);
    assert.equal(logins(), before.logins);
    world.config.hostKey = readFileSync(
      join(world.directory, 'host', 'host_ed25519.pub'),
      'utf8',
    ).trim();
  });

  it('does not try again when the key is not accepted', async () => {
    const stranger = join(world.directory, 'stranger');
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', stranger]);
    const { connections } = world.link.traffic;
    await assert.rejects(world.edge({ privateKeyFile: stranger }).profile(world.progress), {
      code: 'edge-denied',
      retryable: false,
      suggestion: /authorized_keys/,
    });
    assert.equal(world.link.traffic.connections, connections + 1);
  });

  it('explains a private key that is missing, encrypted or no key at all', async () => {
    const encrypted = join(world.directory, 'encrypted');
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', 'secret', '-f', encrypted]);
    const noKey = join(world.directory, 'no-key');
    writeFileSync(noKey, 'Port 22\n', { mode: 0o600 });
    const cases = [
      [join(world.directory, 'nowhere'), /cannot be read/],
      [encrypted, /cannot be used: .*[Ee]ncrypted/],
      [noKey, /cannot be used/],
    ] as const;
    for (const [privateKeyFile, message] of cases) {
      await assert.rejects(world.edge({ privateKeyFile }).profile(world.progress), {
        code: 'edge-denied',
        message,
      });
    }
  });

  it('does not use a private key that others may read or write', async () => {
    const file = world.config.privateKeyFile as string;
    const { connections } = world.link.traffic;
    for (const mode of [0o644, 0o640, 0o602]) {
      chmodSync(file, mode);
      await assert.rejects(world.edge().profile(world.progress), {
        code: 'edge-denied',
        retryable: false,
        message: /others may read or write it \(mode 06[0-4][0-4]\)/,
        suggestion: `\`chmod 600 ${file}\` on the build host.`,
      });
    }
    assert.equal(world.link.traffic.connections, connections);
    chmodSync(file, 0o600);
    assert.equal((await world.edge().profile(world.progress)).manager, 'yarn');
  });

  it('tries a refused connection again, then says how often it tried', async () => {
    world.link.faults.refuse = true;
    await assert.rejects(world.edge().profile(world.progress), {
      code: 'edge-unreachable',
      retryable: true,
      message: /3 attempts/,
    });
    world.link.faults.refuse = false;
    assert.equal((await world.edge().profile(world.progress)).manager, 'yarn');
  });

  it('survives an sshd that is started again, and then has all its tries anew', async () => {
    const edge = world.edge();
    world.link.faults.refuse = true;
    await assert.rejects(edge.profile(world.progress), { code: 'edge-unreachable' });
    // Another task has given it up: this one tries once, and by then it is there.
    world.link.faults.refuse = false;
    assert.equal((await edge.profile(world.progress)).manager, 'yarn');
    world.link.faults.refuse = true;
    const log = (line: string) => {
      if (line.includes('trying again')) world.link.faults.refuse = false;
    };
    const { stdout } = await edge.run(
      { command: 'echo back', directory: null, files: {}, timeoutSeconds: 20 },
      { ...world.progress, log },
    );
    assert.equal(stdout, 'back\n');
  });

  it('is stopped while it waits to try again, and says why', async () => {
    world.link.faults.refuse = true;
    const stop = new AbortController();
    const stopped = new Cancelled('shutdown');
    const log = (line: string) => {
      if (line.includes('trying again')) setTimeout(() => stop.abort(stopped), 20);
    };
    const edge = world.edge({}, { backoffMilliseconds: 5000 });
    await assert.rejects(edge.profile({ ...world.progress, signal: stop.signal, log }), stopped);
    world.link.faults.refuse = false;
  });

  it('gives up a server that accepts and then says nothing', async () => {
    const silent = createServer(() => {}).listen(0, '127.0.0.1');
    await new Promise((resolve) => silent.once('listening', resolve));
    const { port } = silent.address() as { port: number };
    await assert.rejects(
      world.edge({ port, connectTimeoutSeconds: 0.3 }, { attempts: 2 }).profile(world.progress),
      { code: 'edge-unreachable' },
    );
    silent.close();
  });

  it('reads what a program says as it was said, however it comes in pieces', async () => {
    const connection: SshConnection = {
      async execute(_, { input, onStdout, onStderr }) {
        let text = '';
        await input?.(
          async (chunk) => {
            text += chunk;
          },
          new Promise<void>(() => {}),
        );
        const marker = /marker=([\w-]+)/.exec(text)?.[1];
        for (const byte of Buffer.from(`${marker}\nowner Zoë\n`)) onStdout?.(Buffer.of(byte));
        for (const byte of Buffer.from('größer')) onStderr?.(Buffer.of(byte));
        return { code: 0, signal: null };
      },
      ended: new Promise(() => {}),
      close() {},
    };
    const { facts, stderr } = await openSession({
      target: targetOf(world.config, 1_000),
      connections: openedBy(async () => connection),
      ...{ environment: {}, attempts: 1, backoffMilliseconds: 0, log: () => undefined },
      signal: world.progress.signal,
    }).script({ name: 'examine', variables: { root: world.root } });
    assert.deepEqual([facts.get('owner'), stderr], ['Zoë', 'größer']);
  });

  it('settles when the link is frozen while a program runs', async () => {
    const edge = world.edge({}, { attempts: 1 });
    const running = edge.run(
      { command: 'echo started; sleep 60', directory: null, files: {}, timeoutSeconds: 60 },
      {
        signal: world.progress.signal,
        log: (line) => {
          if (line === 'started') world.link.faults.frozen = true;
        },
      },
    );
    const result = await running;
    assert.deepEqual([result.code, result.timedOut], [null, false]);
    assert.match(world.log.join('\n') + result.stdout, /started/);
    world.link.cutNow();
    world.link.thaw();
  });

  it('hears the exit code of a command whose whole answer comes at once, as to a busy process', async () => {
    const { name, host, port, user, privateKeyFile, hostKey } = world.config;
    const { signal } = world.progress;
    const connection = await connect(
      {
        ...{ edge: name, host, port, user, privateKeyFile, hostKey },
        ...{ connectTimeoutMilliseconds: 5_000, silenceMilliseconds: 60_000 },
      },
      signal,
    );
    // While nothing is read for so long, the start, the output and the end of the command gather.
    const idle = new Int32Array(new SharedArrayBuffer(4));
    const busy = setInterval(() => Atomics.wait(idle, 0, 0, 200), 1);
    try {
      const operation = { signal, deadlineMilliseconds: 60_000 };
      assert.deepEqual(await connection.execute('exit 3', operation), { code: 3, signal: null });
    } finally {
      clearInterval(busy);
      connection.close();
    }
  });

  describe('kept open', () => {
    const keeping = (keepMilliseconds = 60_000) => {
      const edge = world.edge({}, { keepMilliseconds });
      return Object.assign(edge, { [Symbol.dispose]: () => edge.close() });
    };
    const asked = { directory: null, files: {}, timeoutSeconds: 20 };
    const say = (edge: Edge, command: string) =>
      edge.run({ ...asked, command }, { signal: world.progress.signal, log: () => {} });
    const openedBy = async (task: () => Promise<unknown>) => {
      const { connections } = world.link.traffic;
      await task();
      return world.link.traffic.connections - connections;
    };

    it('serves the next task, and two at once by one each', async () => {
      using edge = keeping();
      assert.equal(await openedBy(() => edge.expect(world.progress.signal)), 1);
      const one = () => say(edge, 'echo one');
      assert.equal(await openedBy(async () => assert.equal((await one()).stdout, 'one\n')), 0);
      assert.equal(await openedBy(() => Promise.all([one(), one()])), 1);
      assert.equal(await openedBy(() => Promise.all([one(), one()])), 0);
    });

    it('runs a command once where the kept one was cut, or fell silent, unseen', async () => {
      using edge = keeping();
      const file = join(world.directory, 'ran');
      const { stdout } = await say(edge, 'echo first');
      assert.equal(stdout, 'first\n');
      world.link.cutNow();
      assert.equal((await say(edge, `echo x >>${file}`)).code, 0);
      assert.equal(await openedBy(() => say(edge, `echo x >>${file}`)), 0);
      world.link.faults.frozen = true;
      const later = say(edge, `echo x >>${file}`);
      // What is kept does not answer: there is another one.
      const { connections } = world.link.traffic;
      while (world.link.traffic.connections === connections) await delay(20);
      world.link.thaw();
      assert.equal((await later).code, 0);
      assert.equal(readFileSync(file, 'utf8'), 'x\nx\nx\n');
    });

    it('has none of a task that failed or was stopped, and ends when idle or closed', async () => {
      using edge = keeping();
      await say(edge, 'true');
      const stop = new AbortController();
      const running = edge.run(
        { ...asked, command: 'echo begun; sleep 60' },
        { signal: stop.signal, log: (line) => line === 'begun' && stop.abort() },
      );
      await assert.rejects(running, { name: 'AbortError' });
      assert.equal(await openedBy(() => say(edge, 'true')), 1);
      edge.close();
      assert.equal(await openedBy(() => say(edge, 'true')), 1);
      assert.equal(await openedBy(() => say(edge, 'true')), 1, 'nothing is kept once it is closed');

      using hasty = keeping(1);
      await say(hasty, 'true');
      while (world.link.open() > 0) await delay(20);
    });
  });

  it('stops connecting when the caller stops', async () => {
    world.link.faults.frozen = true;
    const controller = new AbortController();
    const reason = new Error('stopped');
    setTimeout(() => controller.abort(reason), 100);
    await assert.rejects(
      world.edge().profile({ signal: controller.signal, log: () => {} }),
      reason,
    );
    world.link.cutNow();
    world.link.thaw();
  });
});
