import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { RunRequest } from '../../../src/domain/ports.ts';
import { execFileSync } from '../../harness/command.ts';
import { startWorld, type World, withoutSshd } from './world.ts';

describe('running a command on an edge node', { skip: withoutSshd }, () => {
  let world: World;
  let temporary: string;
  before(async () => {
    world = await startWorld();
    temporary = join(world.directory, 'temporary');
    mkdirSync(temporary);
    world.config.env = { TMPDIR: temporary };
  });
  after(() => world[Symbol.asyncDispose]());

  const run = (command: string, change: Partial<RunRequest> = {}, log?: (line: string) => void) =>
    world
      .edge()
      .run(
        { command, directory: null, files: {}, timeoutSeconds: 20, ...change },
        { signal: world.progress.signal, log: log ?? (() => {}) },
      );
  /** Resolves when no process has the text in its command line; a test's time limit is the bound. */
  const untilGone = async (text: string) => {
    for (;;) {
      const all = execFileSync('ps', ['-eo', 'args'], { encoding: 'utf8' });
      if (!all.split('\n').some((line) => line.includes(text) && !line.startsWith('ps '))) return;
      await delay(50);
    }
  };

  it('returns what the command said and its exit code', async () => {
    const result = await run('echo out; echo err >&2; exit 7');
    assert.deepEqual(result, { code: 7, timedOut: false, stdout: 'out\n', stderr: 'err\n' });
  });

  it('runs in a fresh private folder with the files put first, and removes it', async () => {
    const content = 'it\'s\n$(id) `id` \\ "x" €\nno newline at the end';
    const result = await run('pwd; stat -c %a ..; cat check.py', {
      files: { 'check.py': content },
    });
    const [folder, mode, ...rest] = result.stdout.split('\n');
    assert.ok(folder?.startsWith(`${temporary}/conda-ferry.`), folder);
    assert.equal(mode, '700');
    assert.equal(rest.join('\n'), content);
    assert.deepEqual(readdirSync(temporary), []);
  });

  it('runs in the folder asked for, which must exist', async () => {
    const folder = join(world.directory, "a folder with ' and $x");
    mkdirSync(folder);
    const result = await run('pwd; cat a.txt', { directory: folder, files: { 'a.txt': 'A' } });
    assert.equal(result.stdout, `${folder}\nA`);
    assert.deepEqual(readdirSync(folder), ['a.txt']);
    await assert.rejects(run('touch ran', { directory: join(world.directory, 'nowhere') }), {
      code: 'edge-directory-missing',
    });
    assert.deepEqual(readdirSync(temporary), []);
  });

  it("has the login shell's environment, with the configured variables over it", async () => {
    const home = join(world.directory, 'host', 'home');
    writeFileSync(
      join(home, '.profile'),
      'echo noise; echo noise >&2; export SPARK_HOME=/opt/spark FLAVOUR=profile; cd /\n',
    );
    const edge = world.edge({ env: { ...world.config.env, FLAVOUR: "con'fig" } });
    const result = await edge.run(
      { command: 'echo $SPARK_HOME $FLAVOUR', directory: null, files: {}, timeoutSeconds: 20 },
      world.progress,
    );
    assert.deepEqual([result.stdout, result.stderr], ["/opt/spark con'fig\n", '']);
  });

  it('has no input, so that a command that asks a question ends', async () => {
    assert.equal((await run('read answer || echo none')).stdout, 'none\n');
  });

  it('ends the whole group when the time is up, even one that ignores SIGTERM', async () => {
    const started = performance.now();
    const result = await run("trap '' TERM; (sleep 98761 & sleep 98762); sleep 98763", {
      timeoutSeconds: 1,
    });
    assert.deepEqual([result.code, result.timedOut], [null, true]);
    assert.ok(performance.now() - started < 12_000);
    await untilGone('sleep 9876');
    assert.deepEqual(readdirSync(temporary), []);
  });

  it('ends what the command left running', async () => {
    assert.equal((await run('sleep 98764 & echo done')).stdout, 'done\n');
    await untilGone('sleep 98764');
  });

  it('ends the group when the caller stops', async () => {
    const controller = new AbortController();
    const reason = new Error('stopped');
    await assert.rejects(
      world.edge().run(
        { command: 'echo started; sleep 98765', directory: null, files: {}, timeoutSeconds: 60 },
        {
          signal: controller.signal,
          log: (line) => {
            if (line === 'started') controller.abort(reason);
          },
        },
      ),
      reason,
    );
    await untilGone('sleep 98765');
  });

  it('ends the group when the link is cut, does not run it again and calls the outcome unknown', async () => {
    const witness = join(world.directory, 'witness');
    const result = await run(`echo ran >>${witness}; echo started; sleep 98766`, {}, (line) => {
      if (line === 'started') world.link.cutNow();
    });
    assert.deepEqual([result.code, result.timedOut], [null, false]);
    await untilGone('sleep 98766');
    assert.equal(readFileSync(witness, 'utf8'), 'ran\n');
  });

  it('says how a killed command ended', async () => {
    assert.equal((await run('kill -KILL $$')).code, 137);
  });

  it('keeps the end of a flood in bounded memory and ends it', { timeout: 60_000 }, async () => {
    const result = await run('yes 0123456789; echo never', { timeoutSeconds: 50 });
    assert.equal(result.code, null);
    assert.equal(result.timedOut, false);
    assert.ok(result.stdout.length <= 1024 * 1024 + 10);
    assert.match(result.stderr, /ended by Conda Ferry/);
    assert.doesNotMatch(result.stdout, /never/);
  });

  it('keeps the tail of much output, and the log gets lines of bounded length', async () => {
    const lines: string[] = [];
    const result = await run(
      "head -c 1500000 /dev/zero | tr '\\0' a; echo; printf 'b\\377ad\\n'; echo last",
      {},
      (line) => lines.push(line),
    );
    assert.equal(result.code, 0);
    assert.ok(result.stdout.startsWith('[…]\naaa'));
    assert.ok(result.stdout.endsWith('a\nb\ufffdad\nlast\n'));
    assert.ok(lines.every((line) => line.length <= 2_000));
    assert.equal(lines.at(-1), 'last');
  });

  it('refuses file names that are more than a name', async () => {
    for (const name of ['../x', 'a/b', '-x', '.bashrc', 'a b', '$(id)']) {
      await assert.rejects(run('true', { files: { [name]: '' } }), { code: 'bad-name' }, name);
    }
    await assert.rejects(run('true', { files: { 'a.txt': '\0' } }), { code: 'bad-file' });
  });
});
