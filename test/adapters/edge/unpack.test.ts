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

for (const [signal, code] of [
  ['SIGHUP', 129],
  ['SIGTERM', 143],
] as const) {
  test(`${signal} while unpacking leaves no folder behind`, async () => {
    const root = mkdtempSync(join(tmpdir(), 'ferry-unpack-'));
    try {
      const folder = join(root, 'envs/churn');
      for (const each of [folder, join(root, 'archives', SHA), join(root, 'bin')])
        mkdirSync(each, { recursive: true });
      // Says that it is at work, and is until it is ended.
      writeFileSync(join(root, 'bin/unzip'), '#!/bin/sh\necho unpacking\nexec sleep 60\n', {
        mode: 0o755,
      });
      const program = ['common.sh', 'unpack.sh'].map((name) =>
        readFileSync(join(SCRIPTS, name), 'utf8'),
      );
      const shell = spawn('sh', ['-c', program.join('\n')], {
        env: {
          PATH: `${join(root, 'bin')}:/usr/bin:/bin`,
          ...{ root, sha: SHA, short: 'aaaa', name: 'churn.zip', environment: 'churn' },
          ...{ revision: '1', alias: 'MYGLOBALENV', manifest: '{}' },
        },
        stdio: ['ignore', 'pipe', 'inherit'],
        detached: true,
      });
      await once(shell.stdout, 'data');
      assert.deepEqual(
        readdirSync(folder).filter((name) => name.includes('.part-')).length,
        1,
        'it is unpacking',
      );
      // As a terminal or sshd does: the shell and what it runs.
      process.kill(-(shell.pid as number), signal);
      assert.deepEqual(await once(shell, 'close'), [code, null]);
      assert.deepEqual(
        readdirSync(folder).filter((name) => name !== '.lock'),
        [],
      );
    } finally {
      rmSync(root, { recursive: true, force: true });
    }
  });
}
