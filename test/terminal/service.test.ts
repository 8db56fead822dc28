import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { temporaryFolder } from '../packing/fake-prefix.ts';

const SERVICE = join(import.meta.dirname, '../../src/terminal/service.ts');
const CONFIG = `
channels: [{ name: conda-forge, url: 'https://conda.anaconda.org/conda-forge' }]
edges: [{ name: edge, host: edge.example.com }]
log: { level: debug }
`;

/** A process that runs services given as text; resolves once one of them has said `begun`. */
const run = (folder: string, ...services: string[]) => runWith({}, folder, ...services);

async function runWith(
  given: { config?: string; environment?: Record<string, string> },
  folder: string,
  ...services: string[]
) {
  const { config = CONFIG, environment } = given;
  const file = join(folder, 'conda-ferry.yaml');
  await writeFile(file, config);
  const script = `
    const { runService } = await import(${JSON.stringify(SERVICE)});
    // By the way that the log goes, so that all comes in its order.
    const say = (word) => console.error(word);
    // As the connections of a service do, it holds the process.
    setInterval(() => {}, 1000);
    process.exitCode = await runService(['--config', ${JSON.stringify(file)}], 'usage', [${services}]);`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
    env: {
      PATH: process.env.PATH,
      HOME: folder,
      // Nothing of ours asks it: each service here stands for one.
      ...(environment ?? { REDIS_URL: join(folder, 'no.sock') }),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const begun = Promise.withResolvers<void>();
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      if (output.includes('begun')) begun.resolve();
    });
  }
  const ended = new Promise<{ code: number | null; output: string }>((resolve) => {
    child.once('close', (code) => resolve({ code, output }));
  });
  await Promise.race([begun.promise, ended]);
  return { child, ended, said: () => output };
}

const CLOSES = "async () => ({ async close() { say('closed'); } })";
const NEVER = 'new Promise(() => {})';

describe('services', { concurrency: true }, () => {
  test('are stopped while one of them waits for what is away', async (context) => {
    const waits = `async () => { say('begun'); await ${NEVER}; }`;
    const { child, ended } = await run(await temporaryFolder(context), CLOSES, waits);
    child.kill('SIGTERM');
    const { code, output } = await ended;
    assert.equal(code, 0, output);
    assert.match(output, /closed/);
  });

  test('are stopped while what they stand on is still being laid', async (context) => {
    const folder = await temporaryFolder(context);
    // Takes the place of a Redis, says so, and is never ready.
    const server = 'echo begun >&2; exec sleep 60';
    await writeFile(join(folder, 'valkey-server'), `#!/bin/sh\n${server}\n`, { mode: 0o755 });
    const path = `${folder}:${process.env.PATH}`;
    const { child, ended } = await runWith({ environment: { PATH: path } }, folder, CLOSES);
    child.kill('SIGTERM');
    const { code, output } = await ended;
    assert.equal(code, 0, output);
    assert.doesNotMatch(output, /closed|defect/);
  });

  test('that come to be while the others are closed are closed, too', async (context) => {
    const late = `async (_, signal) => {
      say('begun');
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      return { async close() { say('late one closed'); } };
    }`;
    const { child, ended } = await run(await temporaryFolder(context), CLOSES, late);
    child.kill('SIGTERM');
    const { code, output } = await ended;
    assert.equal(code, 0, output);
    assert.match(output, /late one closed/);
  });

  test('that cannot close keep no other, and not the process, from ending', async (context) => {
    const clings = `async () => { say('begun'); return { close: () => ${NEVER} }; }`;
    const { child, ended } = await run(await temporaryFolder(context), CLOSES, clings);
    child.kill('SIGTERM');
    const { code, output } = await ended;
    assert.equal(code, 0, output);
    assert.match(output, /closed/);
    assert.match(output, /not everything could be closed in time/);
  });

  test('can be looked at from the first moment until they have closed', async (context) => {
    const told = `new Promise((go) => process.once('SIGUSR2', go))`;
    const closes = `async () => ({ close: () => ${told} })`;
    const begins = `async () => { say('begun'); await ${told};
      say('ready'); return { async close() {} }; }`;
    const folder = await temporaryFolder(context);
    const config = `${CONFIG}watch: { port: 0 }\n`;
    const { child, ended, said } = await runWith({ config }, folder, closes, begins);
    const [, url = ''] = /"address":"(http:[^"]+)"/.exec(said()) ?? [];
    const look = async (path: string) => {
      const response = await fetch(url + path);
      return { status: response.status, text: await response.text() };
    };
    /** Until the process as a whole is in this state. */
    const until = async (state: string) => {
      const limit = performance.now() + 10_000;
      for (
        let text = '';
        !text.includes(`"process":"${state}"`);
        text = (await look('/readyz')).text
      )
        assert.ok(performance.now() < limit, text);
    };
    await until('starting');
    assert.equal((await look('/healthz')).status, 200);
    assert.match((await look('/metrics')).text, /^conda_ferry_ready\{part="process"\} 0$/m);
    child.kill('SIGUSR2');
    await until('ready');
    child.kill('SIGTERM');
    await until('stopping');
    child.kill('SIGUSR2');
    const { code, output } = await ended;
    assert.equal(code, 0, output);
    assert.doesNotMatch(output, /not everything could be closed/);
    await assert.rejects(look('/healthz'));
  });

  test('remove what Node compiled long ago', async (context) => {
    const folder = await temporaryFolder(context);
    const cache = join(folder, 'node');
    const old = join(cache, 'v22', 'old');
    await mkdir(join(cache, 'v22'), { recursive: true });
    await writeFile(old, '');
    await utimes(old, 0, 0);
    const keeps = `process.getBuiltinModule('module').enableCompileCache(${JSON.stringify(cache)})`;
    // It ends by itself as soon as the file is gone, else by the limit of its own.
    const looks = `async () => {
      const { existsSync } = process.getBuiltinModule('fs');
      const limit = performance.now() + 10_000;
      while (existsSync(${JSON.stringify(old)}) && performance.now() < limit)
        await new Promise((resolve) => setTimeout(resolve, 10));
      say(existsSync(${JSON.stringify(old)}) ? 'begun, and it is there' : 'begun, and it is gone');
      return { async close() {} };
    }`;
    const { child, ended } = await run(folder, `(${keeps}, ${looks})`);
    child.kill('SIGTERM');
    assert.match((await ended).output, /it is gone/);
  });

  for (const [how, fails] of [
    ['a rejection', 'Promise.reject(new Error("boom xoxb-12345-secret"))'],
    ['an error', 'setImmediate(() => { throw new Error("boom xoxb-12345-secret"); })'],
  ]) {
    test(`are closed where nobody catches ${how}, and the process ends with 70 and a word`, async (context) => {
      const broken = `async () => { ${fails}; await ${NEVER}; }`;
      const { ended } = await run(await temporaryFolder(context), CLOSES, broken);
      const { code, output } = await ended;
      assert.equal(code, 70, output);
      assert.match(output, /closed/);
      assert.match(output, /"level":"fatal".*boom/);
      assert.match(output, /conda-ferry: ended by a defect/);
      assert.doesNotMatch(output, /12345/);
    });
  }
});
