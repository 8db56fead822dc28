import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import {
  endProcesses,
  freePorts,
  isRunning,
  type LabProcess,
  startProcess,
  waitUntil,
} from '../../deploy/lab/processes.ts';

const directory = mkdtempSync(join(tmpdir(), 'ferry-processes-'));
const logFile = join(directory, 'log');
after(() => rmSync(directory, { recursive: true }));

const shell = (name: string, script: string) => ({
  name,
  command: 'sh',
  args: ['-c', script, `${directory}/${name}`],
  env: { PATH: process.env.PATH },
  logFile,
  mark: `${directory}/${name}`,
  owner: 'parent' as const,
});

test('a process is known by its command line, not by its number alone', async () => {
  const started = await startProcess(shell('known', 'sleep 60 & wait'));
  assert.equal(isRunning(started), true);
  assert.equal(isRunning({ ...started, mark: 'another command line' }), false);
  await endProcesses([started]);
  assert.equal(isRunning(started), false);
});

test('a process that does not listen is made to end', async () => {
  const started = await startProcess(
    shell('stubborn', 'trap "" TERM; while :; do sleep 0.1; done'),
  );
  await delay(100); // until the trap is set
  await endProcesses([started], 300);
  assert.equal(isRunning(started), false);
});

test('a process that ends while starting is reported with the end of its log', async () => {
  const started = await startProcess(
    shell('broken', 'echo port 80: permission denied >&2; exit 3'),
  );
  const waiting = waitUntil(() => false, { process: started, logFile, seconds: 10 });
  await assert.rejects(waiting, /broken ended while starting.*\n?.*port 80: permission denied/s);
});

test('what a parent owns ends when the parent is killed', async () => {
  const module = join(import.meta.dirname, '../../deploy/lab/processes.ts');
  const options = JSON.stringify(shell('orphan', 'sleep 60 & wait'));
  const program = `
    const { startProcess } = await import(${JSON.stringify(module)});
    console.log(JSON.stringify(await startProcess(${options})));
    setInterval(() => {}, 1000);`;
  const parent = spawn(process.execPath, ['--input-type=module', '--eval', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(parent.stdout, 'data')) as [Buffer];
  const orphan = JSON.parse(line.toString()) as LabProcess;
  assert.equal(isRunning(orphan), true);
  parent.kill('SIGKILL');
  await once(parent, 'exit');
  const deadline = Date.now() + 2000;
  while (isRunning(orphan) && Date.now() < deadline) await delay(10);
  assert.equal(isRunning(orphan), false);
});

test('free ports are all different', async () => {
  const ports = await freePorts(20);
  assert.equal(new Set(ports).size, 20);
});
