import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { after, before, describe, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { type Edge, startEdge } from '../../deploy/lab/edge/edge.ts';
import { type Link, startLink } from '../../deploy/lab/edge/link.ts';
import { isRunning, type LabProcess } from '../../deploy/lab/processes.ts';
import { run } from '../harness/command.ts';

const sshd = ['/usr/sbin/sshd', '/usr/local/sbin/sshd'].some((path) => existsSync(path));

describe('the lab edge', { skip: sshd ? false : 'openssh-server is not installed' }, () => {
  const directory = mkdtempSync(join(tmpdir(), 'ferry-edge-'));
  let edge: Edge;

  before(async () => {
    edge = await startEdge({
      directory,
      env: { SPARK_LOCAL_IP: '127.0.0.1', PATH: `/opt/spark bin:${process.env.PATH}` },
      hostKeyTypes: ['ed25519', 'ecdsa'],
    });
  });
  after(async () => {
    await edge.stop();
    rmSync(directory, { recursive: true });
  });

  const ssh = (...args: string[]) => run('ssh', ['-F', edge.sshConfigFile, ...args]);

  test('lets its own key in, as the current user', async () => {
    const { stdout } = await ssh('edge', 'id -un');
    assert.equal(stdout.trim(), edge.user);
  });

  test('gives sessions the variables of its profile, also with spaces', async () => {
    const { stdout } = await ssh('edge', 'echo "$SPARK_LOCAL_IP $HOME"; echo "$PATH"');
    const [first, second] = stdout.split('\n');
    assert.equal(first, `127.0.0.1 ${join(directory, 'home')}`);
    assert.ok(second?.startsWith('/opt/spark bin:'), second);
  });

  test('refuses another key, and says so in its log', async () => {
    const stranger = join(directory, 'stranger');
    await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', stranger]);
    await assert.rejects(
      ssh('-o', `IdentityFile=${stranger}`, '-i', stranger, '-F', 'none', ...destination(), 'true'),
      /Permission denied/,
    );
    assert.match(readFileSync(join(directory, 'sshd.log'), 'utf8'), /preauth|Failed/);
  });

  test('is refused by a client that knows another host key', async () => {
    const wrong = join(directory, 'wrong_hosts');
    const key = readFileSync(join(directory, 'id_ed25519.pub'), 'utf8');
    writeFileSync(wrong, `[127.0.0.1]:${edge.port} ${key}`);
    await assert.rejects(
      ssh('-o', `UserKnownHostsFile=${wrong}`, 'edge', 'true'),
      /Host key verification failed|IDENTIFICATION HAS CHANGED/,
    );
  });

  test('keeps its keys when it is started again', async () => {
    const own = join(directory, 'again');
    const first = await startEdge({ directory: own });
    await first.stop();
    const second = await startEdge({ directory: own });
    await second.stop();
    assert.equal(second.hostKey, first.hostKey);
    assert.equal(second.hostKeyFingerprint, first.hostKeyFingerprint);
    assert.match(second.hostKeyFingerprint, /^SHA256:\S{43}$/);
  });

  test('ends its sessions when it is stopped', async () => {
    const own = join(directory, 'own');
    const other = await startEdge({ directory: own });
    const session = run('ssh', ['-F', other.sshConfigFile, 'edge', 'echo ready; exec sleep 600']);
    await new Promise((resolve) => session.child.stdout?.once('data', resolve));
    // ssh says so with 255, whether the connection or the command of the session is ended first.
    await Promise.all([assert.rejects(session, /exit code 255/), other.stop()]);
    assert.equal(isRunning(other.process), false);
  });

  test('ends the commands that a lost connection left running', async () => {
    const own = join(directory, 'lost');
    const other = await startEdge({ directory: own });
    const session = run('ssh', ['-F', other.sshConfigFile, 'edge', 'echo $$; exec sleep 600']);
    const [pid] = (await once(session.child.stdout as Readable, 'data')) as [string];
    const command: LabProcess = { name: 'sleep', pid: Number(pid), mark: 'sleep 600' };
    const lost = assert.rejects(session);
    session.child.kill('SIGKILL');
    await lost;
    assert.equal(isRunning(command), true);
    await other.stop();
    assert.equal(isRunning(command), false);
  });

  describe('behind a bad link', () => {
    let link: Link;
    const megabyte = Buffer.alloc(1024 * 1024, 'x');

    before(async () => {
      link = await startLink(edge);
    });
    after(() => link.stop());

    /** Sends a megabyte to `wc -c` on the edge and answers what it counted. */
    const upload = async (...options: string[]): Promise<string> => {
      const sending = ssh(...viaLink(), ...options, 'edge', 'wc -c');
      sending.child.stdin?.on('error', () => {});
      sending.child.stdin?.end(megabyte);
      return (await sending).stdout.trim();
    };
    const viaLink = (): string[] => [
      ...[
        '-o',
        `Port=${link.port}`,
        '-o',
        'StrictHostKeyChecking=no',
        '-o',
        'UserKnownHostsFile=/dev/null',
      ],
      ...['-o', 'LogLevel=ERROR'],
    ];

    test('a good link passes every byte', async () => {
      assert.equal(await upload(), String(megabyte.length));
      assert.ok(link.traffic.fromClient > megabyte.length);
    });

    test('it cuts once after so many bytes, and then no more', async () => {
      const before = link.traffic.cut;
      Object.assign(link.faults, { cutAfter: 300_000, cuts: 1 });
      await assert.rejects(upload());
      assert.equal(link.traffic.cut, before + 1);
      assert.equal(await upload(), String(megabyte.length));
    });

    test('it resets what is open', async () => {
      link.faults.reset = true;
      const session = ssh(...viaLink(), 'edge', 'echo ready; exec sleep 600');
      await new Promise((resolve) => session.child.stdout?.once('data', resolve));
      const lost = assert.rejects(session, /reset|closed|Broken pipe/i);
      link.cutNow();
      await lost;
      link.faults.reset = false;
    });

    test('it is as slow as asked', async () => {
      Object.assign(link.faults, { rate: 1024 * 1024 });
      const began = performance.now();
      await upload();
      const seconds = (performance.now() - began) / 1000;
      assert.ok(seconds > 0.9 && seconds < 3, `${seconds} s for a megabyte at a megabyte a second`);
      link.faults.rate = Number.POSITIVE_INFINITY;
    });

    test('a rate that is changed is that of what is under way, too', async () => {
      const arrived = Promise.withResolvers<void>();
      const bytes = 32 * 1024;
      let came = 0;
      const target = createServer((socket) => {
        socket
          .on('error', () => undefined)
          .on('data', (chunk) => {
            came += chunk.length;
            if (came === bytes) arrived.resolve();
          });
      }).listen(0, '127.0.0.1');
      await once(target, 'listening');
      const { port } = target.address() as { port: number };
      const slow = await startLink({ host: '127.0.0.1', port }, { rate: 100 });
      try {
        const client = connect(slow.port, slow.host).on('error', () => undefined);
        await new Promise<void>((written) => client.write(Buffer.alloc(bytes), () => written()));
        while (slow.open() === 0) await wait(5);
        await wait(200);
        assert.equal(came, 0);
        // By the old rate the first of it were there in 40 s, all of it in five minutes.
        slow.faults.rate = Number.POSITIVE_INFINITY;
        const late = Symbol('late');
        assert.notEqual(
          await Promise.race([arrived.promise, wait(20_000, late, { ref: false })]),
          late,
        );
      } finally {
        await slow.stop();
        target.close();
      }
    });

    test('frozen, it holds everything back until it is thawed', async () => {
      const session = ssh(...viaLink(), 'edge', 'echo ready; read line; echo "got $line"');
      let heard = '';
      session.child.stdout?.on('data', (text: string) => {
        heard += text;
      });
      await new Promise((resolve) => session.child.stdout?.once('data', resolve));
      link.faults.frozen = true;
      session.child.stdin?.write('hello\n');
      await new Promise((resolve) => setTimeout(resolve, 300));
      assert.equal(heard, 'ready\n');
      link.thaw();
      await session;
      assert.equal(heard, 'ready\ngot hello\n');
    });

    test('refusing, it lets nobody in', async () => {
      const before = link.traffic.connections;
      link.faults.refuse = true;
      await assert.rejects(ssh(...viaLink(), 'edge', 'true'), { code: 255 });
      assert.equal(link.traffic.connections, before);
      link.faults.refuse = false;
    });
  });

  function destination(): string[] {
    return [
      ...['-p', String(edge.port), '-o', 'IdentitiesOnly=yes', '-o', 'BatchMode=yes'],
      ...['-o', `UserKnownHostsFile=${edge.knownHostsFile}`, `${edge.user}@127.0.0.1`],
    ];
  }
});
