/** Programs of the edge that a signal ends, as a lost connection and a shutdown do: nothing stays. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { after, before, test } from 'node:test';

const SCRIPTS = join(import.meta.dirname, '../../../src/adapters/edge/scripts');
const SHA = 'a'.repeat(64);
const SIGNALS = [
  ['SIGHUP', 129],
  ['SIGINT', 130],
  ['SIGPIPE', 141],
  ['SIGTERM', 143],
] as const;

let directory: string;
before(() => {
  directory = mkdtempSync(join(tmpdir(), 'ferry-signals-'));
});
after(() => rmSync(directory, { recursive: true, force: true }));

/** What a program of the test's own says it on: the edge's have uses for the first. */
const SAYING = 4;

/** Starts a program of the edge with these variables; something was said when this resolves. */
async function start(name: string, variables: Record<string, string>) {
  const program = ['common.sh', `${name}.sh`].map((file) =>
    readFileSync(join(SCRIPTS, file), 'utf8'),
  );
  const shell = spawn('sh', ['-c', `write_files() { :; }\n${program.join('\n')}`], {
    env: { PATH: `${join(directory, 'bin')}:/usr/bin:/bin`, HOME: directory, ...variables },
    stdio: ['pipe', 'ignore', 'ignore', 'ignore', 'pipe'],
    detached: true,
  });
  const [said] = await once(shell.stdio[SAYING] as Readable, 'data');
  return {
    said: String(said).trim(),
    /** The shell alone, or it and what it runs, as a terminal does. */
    async end(signal: NodeJS.Signals, whom: 'shell' | 'group'): Promise<unknown[]> {
      process.kill(whom === 'shell' ? (shell.pid as number) : -(shell.pid as number), signal);
      return once(shell, 'close');
    },
  };
}

const partsOf = (root: string): string[] =>
  readdirSync(join(root, 'archives')).filter((name) => name.includes('.part'));

for (const [signal, code] of SIGNALS) {
  test(`${signal} ends a command with its group and its folder`, async () => {
    const temporary = mkdtempSync(join(directory, 'temporary-'));
    const variables = {
      ...{ TMPDIR: temporary, directory: '', exports: '', seconds: '60', grace: '1' },
      ...{ marker: 'marker', command: `echo $$ >&${SAYING}; exec sleep 60` },
    };
    const running = await start('run', variables);
    const pid = Number(running.said);
    assert.ok(existsSync(`/proc/${pid}`), 'it runs');
    assert.equal(readdirSync(temporary).length, 1);
    assert.deepEqual(await running.end(signal, 'shell'), [code, null]);
    assert.deepEqual(readdirSync(temporary), []);
    assert.ok(!existsSync(`/proc/${pid}`), 'nothing of it runs on');
  });

  test(`${signal} while an archive goes to HDFS leaves no folder behind`, async () => {
    const root = mkdtempSync(join(directory, 'root-'));
    for (const each of [join(root, 'archives', SHA), join(directory, 'bin')])
      mkdirSync(each, { recursive: true });
    const archive = join(root, 'archives', SHA, 'churn.zip');
    writeFileSync(archive, 'bytes');
    // Finds nothing, and puts until it is ended.
    const hdfs = [
      '#!/bin/sh',
      `case "$*" in *-put*) echo putting >&${SAYING}; exec sleep 60 ;; esac`,
      'echo "No such file or directory"; exit 1',
    ].join('\n');
    writeFileSync(join(directory, 'bin/hdfs'), hdfs, { mode: 0o755 });
    const variables = {
      ...{ action: 'put', archive, root, base: '/envs', ancestors: '/envs', sha: SHA },
      ...{ name: 'churn.zip', bytes: '5', kerberos: 'no' },
    };
    const putting = await start('hdfs', variables);
    assert.equal(partsOf(root).length, 1, `it is ${putting.said}`);
    assert.deepEqual(await putting.end(signal, 'group'), [code, null]);
    assert.deepEqual(partsOf(root), []);
  });
}
