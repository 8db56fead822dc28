import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  cleanEnvironment,
  findExecutable,
  spawnService,
} from '../../../src/adapters/host/process.ts';
import { keepRedisServer } from '../../../src/adapters/redis/kept-server.ts';
import { startRedisServer } from '../../../src/adapters/redis/server.ts';
import { labPython, whyNoLabPython } from '../engines/lab.ts';

const folder = mkdtempSync(join(tmpdir(), 'redis-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const skip = findExecutable('valkey-server', process.env.PATH ?? '') ? false : whyNoLabPython();
const source = new URL('../../../src/adapters/redis/server.ts', import.meta.url).pathname;

function start(name: string, log: (line: string) => void = () => {}) {
  return startRedisServer({ directory: join(folder, name), python: async () => labPython, log });
}

/** Sends one command in Redis's inline form and returns the answer. */
function ask(socketPath: string, command: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(socketPath, () => socket.write(`${command}\r\nQUIT\r\n`));
    let answer = '';
    socket.on('data', (chunk) => {
      answer += chunk;
    });
    socket.on('error', reject);
    socket.on('close', () => resolve(answer));
  });
}

/** Writes over the append-only file of a server. */
function damage(name: string): void {
  const directory = join(folder, name, 'appendonlydir');
  for (const file of readdirSync(directory).filter((each) => each.endsWith('.aof'))) {
    writeFileSync(join(directory, file), 'no such thing\r\n'.repeat(9));
  }
}

/** A server that is started again, and what is said of it. */
async function keep(name: string) {
  const complaints: string[] = [];
  const server = await keepRedisServer({
    directory: join(folder, name),
    python: async () => labPython,
    log: () => {},
    complain: (line) => complaints.push(line),
  });
  const untilAnotherThan = async (pid: number) => {
    while (server.pid() === pid) await Promise.race([sleep(20), server.lost]);
  };
  return { server, complaints, untilAnotherThan };
}

/** A process that starts a server and stays; `leave` ends it the hard way. */
async function elsewhere(name: string) {
  let tell = (_line: string) => {};
  const told = new Promise<string>((resolve) => {
    tell = resolve;
  });
  const script = `
    import { startRedisServer } from ${JSON.stringify(source)};
    const server = await startRedisServer({ directory: ${JSON.stringify(join(folder, name))},
      python: async () => ${JSON.stringify(labPython)}, log: () => {} });
    console.log(JSON.stringify({ pid: server.pid, adopted: server.adopted, socketPath: server.socketPath }));
    setInterval(() => {}, 1000);`;
  const service = spawnService({
    file: process.execPath,
    args: ['--input-type=module-typescript', '--eval', script],
    cwd: folder,
    env: cleanEnvironment({ home: folder, path: process.env.PATH ?? '' }),
    onLine: (line) => {
      if (line.startsWith('{')) tell(line);
    },
  });
  const line = await Promise.race([told, service.ended.then(({ tail }) => tail.join('\n'))]);
  const server: { pid: number; adopted: boolean; socketPath: string } = JSON.parse(line);
  const leave = async () => {
    process.kill(service.pid, 'SIGKILL');
    await service.ended;
  };
  return { ...server, leave };
}

describe('redis server', { skip }, () => {
  test('listens on a private socket alone and never evicts', async () => {
    const server = await start('private');
    try {
      assert.equal(statSync(join(folder, 'private')).mode & 0o777, 0o700);
      assert.equal(statSync(server.socketPath).mode & 0o777, 0o700);
      assert.match(await ask(server.socketPath, 'CONFIG GET port'), /\r\n0\r\n/);
      const policy = await ask(server.socketPath, 'CONFIG GET maxmemory-policy');
      assert.match(policy, /noeviction/);
    } finally {
      await server.stop();
    }
    assert.equal(existsSync(server.socketPath), false);
  });

  test('what was answered survives kill -9', async () => {
    const first = await start('durable');
    assert.match(await ask(first.socketPath, 'SET queue job-1'), /OK/);
    process.kill(first.pid, 'SIGKILL');
    await first.stop();
    const second = await start('durable');
    try {
      assert.match(await ask(second.socketPath, 'GET queue'), /job-1/);
    } finally {
      await second.stop();
    }
  });

  test('a second start on the same folder uses the first one and leaves it running', async () => {
    const first = await start('shared');
    const lines: string[] = [];
    const second = await start('shared', (line) => lines.push(line));
    assert.equal(second.adopted, true);
    assert.equal(second.pid, first.pid);
    assert.match(lines.join(), /already runs/);
    await second.stop();
    assert.match(await ask(first.socketPath, 'PING'), /PONG/);
    await first.stop();
  });

  test('two starts at the same moment give one server', async () => {
    const [left, right] = await Promise.all([start('race'), start('race')]);
    assert.equal(left.pid, right.pid);
    assert.equal(Number(left.adopted) + Number(right.adopted), 1);
    await Promise.all([left.stop(), right.stop()]);
  });

  test('a server whose starter was killed gives way to a new one', async () => {
    const first = await elsewhere('left');
    assert.match(await ask(first.socketPath, 'SET queue job-2'), /OK/);
    await first.leave();
    const second = await start('left');
    try {
      assert.equal(second.adopted, false);
      assert.match(await ask(second.socketPath, 'GET queue'), /job-2/);
    } finally {
      await second.stop();
    }
  });

  test('a data folder with a long path still gets a socket', async () => {
    const server = await start('x'.repeat(120));
    try {
      assert.ok(Buffer.byteLength(server.socketPath) < 104);
      assert.match(await ask(server.socketPath, 'PING'), /PONG/);
    } finally {
      await server.stop();
      rmSync(join(server.socketPath, '..'), { recursive: true });
    }
  });

  test('a damaged append-only file is an error that says so', async () => {
    const first = await start('damaged');
    await ask(first.socketPath, 'SET queue job-3');
    await first.stop();
    damage('damaged');
    await assert.rejects(start('damaged'), { code: 'redis-failed' });
  });

  test('a server that is killed is started again and has what was answered', async () => {
    const { server, complaints, untilAnotherThan } = await keep('kept');
    try {
      assert.match(await ask(server.socketPath, 'SET queue job-4'), /OK/);
      const pid = server.pid();
      process.kill(pid, 'SIGKILL');
      await untilAnotherThan(pid);
      assert.match(await ask(server.socketPath, 'GET queue'), /job-4/);
      assert.match(complaints.join(), /ended \(SIGKILL.*starting it again/s);
    } finally {
      await server.stop();
    }
    assert.equal(existsSync(server.socketPath), false);
  });

  test('who had a server that ended lets the one be that another has started since', async () => {
    const first = await start('replaced');
    process.kill(first.pid, 'SIGKILL');
    await first.ended;
    const second = await start('replaced');
    try {
      await first.stop();
      assert.match(await ask(second.socketPath, 'PING'), /PONG/);
    } finally {
      await second.stop();
    }
  });

  test('a server of another process that ended is started by who uses it along', async () => {
    const first = await elsewhere('inherited');
    const { server, untilAnotherThan } = await keep('inherited');
    try {
      assert.equal(server.pid(), first.pid);
      assert.match(await ask(server.socketPath, 'SET queue job-5'), /OK/);
      await first.leave();
      await untilAnotherThan(first.pid);
      assert.match(await ask(server.socketPath, 'GET queue'), /job-5/);
    } finally {
      await server.stop();
    }
  });

  test('a server that cannot be started again is lost, with its last words', async () => {
    const { server, complaints } = await keep('lost');
    await ask(server.socketPath, 'SET queue job-6');
    damage('lost');
    process.kill(server.pid(), 'SIGKILL');
    await assert.rejects(server.lost, { code: 'redis-failed' });
    assert.match(complaints.at(-1) ?? '', /is lost: .*(Bad file format|append only file)/s);
    await server.stop();
  });

  test('a machine without any server is told what to do', async () => {
    const missing = startRedisServer({
      directory: join(folder, 'none'),
      executable: '/no/such/valkey-server',
      python: async () => labPython,
      log: () => {},
    });
    await assert.rejects(missing, { code: 'redis-missing' });
  });
});
