import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { startEdge } from '../../../deploy/lab/edge/edge.ts';
import { type Link, startLink } from '../../../deploy/lab/edge/link.ts';
import type { EdgeConfig } from '../../../src/adapters/edge/edge.ts';
import { execFileSync } from '../../harness/command.ts';
import { makeArchive, startWorld, type World, withoutSshd } from './world.ts';

const PASSPHRASE = 'open sesame';

function sha256Of(file: string): string {
  return createHash('sha256').update(readFileSync(file)).digest('hex');
}

describe('an edge behind a jump host', { skip: withoutSshd }, () => {
  let world: World;
  let jump: Awaited<ReturnType<typeof startEdge>>;
  /** What lies between the build host and the jump host; the other link lies between that and the edge. */
  let link: Link;
  let proxyJump: NonNullable<EdgeConfig['proxyJump']>;
  before(async () => {
    world = await startWorld();
    jump = await startEdge({ directory: join(world.directory, 'jump') });
    link = await startLink(jump);
    const { user, privateKeyFile, hostKey } = jump;
    proxyJump = { host: link.host, port: link.port, user, privateKeyFile, hostKey };
  });
  after(async () => {
    await link.stop();
    await jump.stop();
    await world[Symbol.asyncDispose]();
  });

  const profile = (change: Partial<EdgeConfig> = {}, attempts = 1) =>
    world.edge({ proxyJump, ...change }, { attempts }).profile(world.progress);

  it('is asked and has archives staged, each host with a key and a host key of its own', async () => {
    assert.equal((await profile()).manager, 'yarn');
    const request = makeArchive(world.directory, { padding: 3_000_000 });
    const staging = await world.edge({ proxyJump }).stage(request, world.progress);
    assert.equal(sha256Of(staging.archivePath), request.archive.sha256);
    assert.ok(link.traffic.connections >= 2);
  });

  it('is reached by nothing else: both connections end with each other', async () => {
    const edge = world.edge({ proxyJump }, { attempts: 1, keepMilliseconds: 60_000 });
    await edge.profile(world.progress);
    assert.equal(link.open() + world.link.open(), 2);
    edge.close();
    // What both servers and both links need to say goodbye.
    for (let waited = 0; link.open() + world.link.open() > 0; waited += 1) {
      assert.ok(waited < 60, 'a connection stayed open');
      await delay(50);
    }
  });

  it('tells which of the two hosts shows another host key', async () => {
    await assert.rejects(profile({ proxyJump: { ...proxyJump, hostKey: world.config.hostKey } }), {
      code: 'host-key-mismatch',
      message: /^The jump host of edge edge1 shows another host key/,
    });
    await assert.rejects(profile({ hostKey: jump.hostKey }), {
      code: 'host-key-mismatch',
      message: /^Edge edge1 shows another host key/,
    });
    await assert.rejects(profile({ proxyJump: { ...proxyJump, hostKey: null } }), {
      code: 'host-key-unknown',
      message: /^No host key is configured for the jump host of edge edge1/,
    });
  });

  it('tells which of the two does not let us in', async () => {
    const stranger = join(world.directory, 'stranger');
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', stranger]);
    await assert.rejects(profile({ proxyJump: { ...proxyJump, privateKeyFile: stranger } }), {
      code: 'edge-denied',
      message: /^The jump host of edge edge1 does not let/,
    });
    await assert.rejects(profile({ privateKeyFile: stranger }), {
      code: 'edge-denied',
      message: /^Edge edge1 does not let/,
    });
  });

  it('tells which of the two cannot be reached or does not answer in time', async () => {
    const silent = createServer((socket) => void socket.resume()).listen(0, '127.0.0.1');
    await new Promise((resolve) => silent.once('listening', resolve));
    const { port } = silent.address() as { port: number };
    const mute = { ...proxyJump, port };
    await assert.rejects(profile({ connectTimeoutSeconds: 0.4, proxyJump: mute }), {
      code: 'edge-unreachable',
      message: /^The jump host of edge edge1 \(127/,
    });
    // As long holds for the jump host, which does answer, on a busy machine after a while.
    await assert.rejects(profile({ connectTimeoutSeconds: 3, port }), {
      code: 'edge-unreachable',
      message: /^Edge edge1 \(127/,
    });
    silent.close();
    await new Promise((resolve) => silent.once('close', resolve));
    await assert.rejects(profile({ port }), {
      code: 'edge-unreachable',
      message: /^Edge edge1 .* through the jump host of edge edge1: .*refused/,
      suggestion: /AllowTcpForwarding/,
    });
  });

  it('goes on after the jump host was cut off in the middle of a command', async () => {
    const request = makeArchive(world.directory, { environment: 'cut', padding: 3_000_000 });
    Object.assign(link.faults, { cutAfter: 1_000_000, cuts: 1 });
    const edge = world.edge({ proxyJump }, { attempts: 4 });
    const staging = await edge.stage(request, world.progress);
    assert.equal(sha256Of(staging.archivePath), request.archive.sha256);
  });

  it('notices that the edge behind a healthy jump host has fallen silent', async () => {
    const edge = world.edge({ proxyJump }, { attempts: 1, silenceMilliseconds: 600 });
    const result = await edge.run(
      { command: 'echo started; sleep 60', directory: null, files: {}, timeoutSeconds: 60 },
      {
        signal: world.progress.signal,
        log: (line) => {
          if (line === 'started') world.link.faults.frozen = true;
        },
      },
    );
    assert.deepEqual([result.code, result.timedOut], [null, false]);
    world.link.cutNow();
    world.link.thaw();
  });

  it('is logged in to with an encrypted key and its passphrase, from a file that is private', async () => {
    const key = join(world.directory, 'encrypted');
    execFileSync('cp', ['-p', jump.privateKeyFile, key]);
    execFileSync('ssh-keygen', ['-q', '-a', '1', '-p', '-P', '', '-N', PASSPHRASE, '-f', key]);
    const passphraseFile = join(world.directory, 'passphrase');
    const withPassphrase = (mode: number, text: string) => {
      writeFileSync(passphraseFile, `${text}\n`, { mode });
      return { proxyJump: { ...proxyJump, privateKeyFile: key, passphraseFile } };
    };
    assert.equal((await profile(withPassphrase(0o600, PASSPHRASE))).manager, 'yarn');
    const saidOf = async (change: Partial<EdgeConfig>) => {
      const error = (await profile(change).catch((caught) => caught)) as Error & { code: string };
      assert.equal(error.code, 'edge-denied');
      assert.ok(!JSON.stringify(error).includes('sesame'));
      return error.message;
    };
    assert.match(
      await saidOf(withPassphrase(0o600, 'sesame wrong')),
      /jump host .* cannot be used/,
    );
    const alone = { proxyJump: { ...proxyJump, privateKeyFile: key } };
    assert.match(await saidOf(alone), /jump host .* cannot be used: .*[Ee]ncrypted/);
    execFileSync('chmod', ['644', passphraseFile]);
    const open = { proxyJump: { ...proxyJump, privateKeyFile: key, passphraseFile } };
    assert.match(await saidOf(open), /passphrase .* is not used, as ssh would not/);
  });
});
