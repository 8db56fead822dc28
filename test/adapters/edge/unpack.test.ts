/** The program that unpacks on the edge, ended in the middle as a lost connection ends it. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

const SCRIPTS = join(import.meta.dirname, '../../../src/adapters/edge/scripts');
const SHA = 'a'.repeat(64);

/** A root with an archive of `churn`, on a node whose `unzip` is at work until it is ended. */
function makeRoot(): string {
  const root = mkdtempSync(join(tmpdir(), 'ferry-unpack-'));
  for (const each of ['envs/churn', `archives/${SHA}`, 'bin'])
    mkdirSync(join(root, each), { recursive: true });
  writeFileSync(join(root, 'bin/unzip'), '#!/bin/sh\necho unpacking\nexec sleep 60\n', {
    mode: 0o755,
  });
  return root;
}

/** Starts the program; it is unpacking when this resolves. */
async function unpack(root: string) {
  const program = ['common.sh', 'packages.sh', 'unpacking.sh', 'unpack.sh'].map((name) =>
    readFileSync(join(SCRIPTS, name), 'utf8'),
  );
  const shell = spawn('sh', ['-c', program.join('\n')], {
    env: {
      PATH: `${join(root, 'bin')}:/usr/bin:/bin`,
      ...{ root, sha: SHA, short: 'aaaa', name: 'churn.zip', environment: 'churn' },
      ...{
        told: join(root, 'envs/churn/1'),
        revision: '1',
        alias: 'MYGLOBALENV',
        manifest: '{}',
        signature: '',
        bill: '',
      },
    },
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true,
  });
  let said = '';
  while (!said.includes('unpacking')) said += (await once(shell.stdout, 'data')).join();
  return {
    /** As a terminal or sshd does: the shell and what it runs. */
    async end(signal: NodeJS.Signals): Promise<unknown[]> {
      process.kill(-(shell.pid as number), signal);
      return once(shell, 'close');
    },
  };
}

const partsOf = (root: string): string[] =>
  readdirSync(join(root, 'envs/churn')).filter((name) => name.includes('.part-'));

for (const [signal, code] of [
  ['SIGHUP', 129],
  ['SIGTERM', 143],
] as const) {
  test(`${signal} while unpacking leaves no folder behind`, async () => {
    const root = makeRoot();
    try {
      const program = await unpack(root);
      assert.equal(partsOf(root).length, 1, 'it is unpacking');
      assert.deepEqual(await program.end(signal), [code, null]);
      assert.deepEqual(partsOf(root), []);
    } finally {
      rmSync(root, { recursive: true, force: true });
    }
  });
}

test('what an unpacking leaves that is killed, the next one of the environment removes', async () => {
  const root = makeRoot();
  try {
    await (await unpack(root)).end('SIGKILL');
    const [left] = partsOf(root);
    assert.ok(left);
    const next = await unpack(root);
    const now = partsOf(root);
    await next.end('SIGTERM');
    assert.equal(now.length, 1);
    assert.notEqual(now[0], left);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
});
