import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import {
  type Command,
  cleanEnvironment,
  run,
  spawnService,
} from '../../../src/adapters/host/process.ts';
import { Cancelled, FerryError } from '../../../src/domain/errors.ts';

const folder = mkdtempSync(join(tmpdir(), 'process-'));
after(() => rmSync(folder, { recursive: true, force: true }));

function shell(script: string, options: Partial<Command> = {}): Command {
  return {
    file: '/bin/sh',
    args: ['-c', script],
    cwd: folder,
    env: cleanEnvironment({ home: folder }),
    signal: new AbortController().signal,
    timeoutSeconds: 20,
    idleSeconds: null,
    ...options,
  };
}

async function refusal(promise: Promise<unknown>): Promise<FerryError> {
  const error = await promise.then(() => null).catch((thrown: unknown) => thrown);
  assert.ok(error instanceof FerryError, String(error));
  return error;
}

function isAlive(pid: number): boolean {
  try {
    // Without an init process the dead stay as zombies.
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

describe('process', () => {
  test('metacharacters reach the program as literal text', async () => {
    const args = ['%s\n', "a'; id", '$(id)', 'x y', '', '--', '-n', '*', 'ümläut'];
    const result = await run(shell('', { file: 'printf', args }));
    assert.equal(result.stdout, `${args.slice(1).join('\n')}\n`);
  });

  test('nothing of our environment is inherited', async () => {
    process.env.PROCESS_TEST_SECRET = 'xoxb-1';
    const result = await run(shell('', { file: 'env', args: [] }));
    delete process.env.PROCESS_TEST_SECRET;
    const names = result.stdout
      .trim()
      .split('\n')
      .map((line) => line.split('=')[0]);
    assert.deepEqual(names.sort(), ['HOME', 'LANG', 'PATH']);
  });

  test('a failing program is a result, not an exception', async () => {
    const result = await run(shell('echo out; echo err >&2; exit 3'));
    assert.equal(result.code, 3);
    assert.equal(result.stdout, 'out\n');
    assert.deepEqual([...result.tail].sort(), ['err', 'out']);
  });

  test('a program that is not there is named', async () => {
    const error = await refusal(run(shell('', { file: 'no-such-program' })));
    assert.equal(error.code, 'program-missing');
    assert.match(error.message, /`no-such-program`/);
  });

  test('standard input carries the input and then ends', async () => {
    const result = await run(shell('cat', { input: 'specs\n' }));
    assert.equal(result.stdout, 'specs\n');
  });

  test('a flood of output stays within bounds and its tail is kept', async () => {
    const script = 'head -c 60000000 /dev/zero | tr "\\0" "x"; echo; seq 1 300000; echo last';
    const before = process.memoryUsage().rss;
    const result = await run(shell(script, { outputLimit: 1000 }));
    assert.equal(result.stdout.length, 1000);
    assert.equal(result.truncated, true);
    assert.equal(result.tail.length, 200);
    assert.equal(result.tail.at(-1), 'last');
    assert.ok(process.memoryUsage().rss - before < 150e6);
  });

  test('a huge line is cut and invalid UTF-8 survives', async () => {
    const lines: string[] = [];
    const script = `head -c 100000 /dev/zero | tr "\\0" "x"; printf '\\nb\\377d\\nprogress 1\\rprogress 2\\nend'`;
    await run(shell(script, { onLine: (line) => lines.push(line) }));
    assert.equal(lines[0]?.length, 16 * 1024 + 1);
    assert.deepEqual(lines.slice(1), ['b\ufffdd', 'progress 1', 'progress 2', 'end']);
  });

  test('silence for too long ends the program, and its last words are told', async () => {
    const command = shell('echo solving; sleep 60', { idleSeconds: 0.3 });
    const error = await refusal(run(command));
    assert.equal(error.code, 'program-hung');
    assert.match(error.message, /wrote nothing for 0.3 s/);
    assert.equal(error.details, 'solving');
  });

  test('a talkative program is still ended at its deadline', async () => {
    const command = shell('while :; do echo tick; sleep 0.05; done', {
      timeoutSeconds: 0.5,
      idleSeconds: 10,
    });
    const error = await refusal(run(command));
    assert.equal(error.code, 'program-hung');
    assert.match(error.message, /not done after 0.5 s/);
  });

  test('cancelling ends the whole group, also members that ignore the polite signal', async () => {
    const cancel = new AbortController();
    const pids: number[] = [];
    const script = 'trap "" TERM; sh -c \'trap "" TERM; echo $$; sleep 60\' & echo $$; wait';
    const command = shell(script, {
      signal: cancel.signal,
      onLine: (line) => {
        pids.push(Number(line));
        if (pids.length === 2) cancel.abort(new Cancelled('shutdown'));
      },
    });
    const error = await run(command)
      .then(() => null)
      .catch((thrown: unknown) => thrown);
    assert.ok(error instanceof Cancelled);
    assert.equal(error.reason, 'shutdown');
    assert.equal(pids.length, 2);
    for (const pid of pids) assert.equal(isAlive(pid), false, `${pid} lives`);
  });

  test('a background process that keeps the pipe open does not keep us waiting', async () => {
    let pid = 0;
    const command = shell('setsid sh -c "echo \\$\\$; exec sleep 30" & sleep 0.2; exit 0', {
      onLine: (line) => {
        pid = Number(line);
      },
    });
    const result = await run(command);
    assert.equal(result.code, 0);
    assert.ok(result.seconds < 10);
    process.kill(pid, 'SIGKILL');
  });

  test('a program ended from outside is told apart from one that failed', async () => {
    const result = await run(shell('echo last; kill -9 $$'));
    assert.equal(result.code, null);
    assert.equal(result.signal, 'SIGKILL');
    assert.equal(result.stdout, 'last\n');
  });

  test('a signal that is already aborted starts nothing', async () => {
    const marker = join(folder, 'marker');
    const command = shell(`touch ${marker}`, { signal: AbortSignal.abort() });
    await assert.rejects(run(command), Cancelled);
    assert.throws(() => readFileSync(marker));
  });

  test('a program dies with us even when we are killed', async () => {
    const script = join(folder, 'parent.ts');
    const source = new URL('../../../src/adapters/host/process.ts', import.meta.url).pathname;
    writeFileSync(
      script,
      `import { run, cleanEnvironment } from ${JSON.stringify(source)};
       await run({ file: '/bin/sh', args: ['-c', 'echo $$; exec sleep 60'], cwd: '/', signal: new AbortController().signal,
         env: cleanEnvironment({ home: '/' }), timeoutSeconds: 60, idleSeconds: null, onLine: (line) => console.log(line) });`,
    );
    const pids: number[] = [];
    let heard = () => {};
    const spoken = new Promise<void>((resolve) => {
      heard = resolve;
    });
    const parent = spawnService({
      file: process.execPath,
      args: [script],
      cwd: folder,
      env: cleanEnvironment({ home: folder }),
      onLine: (line) => {
        if (/^\d+$/.test(line)) pids.push(Number(line));
        heard();
      },
    });
    await Promise.race([spoken, parent.ended]);
    process.kill(parent.pid, 'SIGKILL');
    await parent.ended;
    const [pid = 0] = pids;
    assert.ok(pid > 0);
    const limit = Date.now() + 5000;
    while (isAlive(pid) && Date.now() < limit) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    assert.equal(isAlive(pid), false);
  });
});
