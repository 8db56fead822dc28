import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { MAIN } from '../harness/product.ts';
import { onTerminal } from '../harness/pseudo-terminal.ts';
import { fakePrefix, PYTHON, temporaryFolder } from '../packing/fake-prefix.ts';

interface Ended {
  code: number | null;
  out: string;
  err: string;
}

function start(words: readonly string[]): { child: ChildProcess; ended: Promise<Ended> } {
  const child = spawn(process.execPath, [MAIN, ...words], { stdio: ['ignore', 'pipe', 'pipe'] });
  const text = { out: '', err: '' };
  child.stdout.setEncoding('utf8').on('data', (part: string) => {
    text.out += part;
  });
  child.stderr.setEncoding('utf8').on('data', (part: string) => {
    text.err += part;
  });
  const ended = new Promise<Ended>((resolve) => {
    child.once('close', (code) => resolve({ code, ...text }));
  });
  return { child, ended };
}

/** `{}` stands for a folder with a `log.gz`, an empty `empty.zip`, a `folder` and a prefix `p`. */
const MISTAKES: readonly [words: string, code: string, says: RegExp][] = [
  ['invoke --json {}/none.json', 'file-unreadable', /there is no such file/],
  ['invoke --json {}/folder', 'file-unreadable', /it is a folder/],
  ['diagnose --json {}/none.log', 'file-unreadable', /there is no such file/],
  ['diagnose --json {}/folder', 'file-unreadable', /it is a folder/],
  ['diagnose --json {}/log.gz', 'file-unreadable', /compressed with gzip/],
  ['lint --json {}/none.zip', 'file-not-found', /not a file/],
  ['lint --json {}/folder', 'file-not-found', /not a file/],
  ['pack --json {}/none -o {}/a.zip', 'not-a-prefix', /not a folder/],
  ['pack --json {}/log.gz -o {}/a.zip', 'not-a-prefix', /not a folder/],
  ['pack --json {}/folder -o {}/a.zip', 'not-a-prefix', /no `conda-meta`/],
  ['pack --json {}/p -o {}/no/such/a.zip', 'output-not-writable', /does not exist/],
  ['pack --json {}/p -o {}/log.gz/a.zip', 'output-not-writable', /log\.gz/],
  ['pack --json {}/p -o {}/taken.zip', 'output-not-writable', /taken\.zip` is a folder/],
  ['pack --packer archiver --json {}/p -o {}/no/a.zip', 'output-not-writable', /does not exist/],
];

test('everyday mistakes are answered in one sentence, and nothing is left', async (context) => {
  const folder = await temporaryFolder(context);
  await mkdir(join(folder, 'folder'));
  await mkdir(join(folder, 'taken.zip'));
  await writeFile(join(folder, 'log.gz'), gzipSync('a log'));
  await fakePrefix(join(folder, 'p'), { python: PYTHON });
  const before = await readdir(folder);
  for (const [words, code, says] of MISTAKES) {
    const { ended } = start(words.split(' ').map((word) => word.replace('{}', folder)));
    const { code: exitCode, out, err } = await ended;
    assert.equal(err, '', words);
    const { error } = JSON.parse(out);
    assert.deepEqual([exitCode, error.code], [1, code], words);
    assert.match(error.message, says);
    assert.ok(error.suggestion, words);
  }
  assert.deepEqual(await readdir(folder), before);
});

test('a mistake is told in lines that a terminal has room for, commands whole, and to a pipe in one', async () => {
  const words = ['create', 'churn', 'numpy>=1.26', 'pandas'];
  const said = "`conda-ferry exec -- 'create churn numpy>=1.26 pandas'`";
  const piped = await start(words).ended;
  assert.equal(
    piped.err,
    `conda-ferry: There is no command \`create\`.\nIt is said to the bot: ${said}\n`,
  );
  const terminal = onTerminal([process.execPath, MAIN, ...words], { columns: said.length });
  assert.equal(await terminal.ended, 1);
  assert.deepEqual(terminal.screen.lines(), [
    'conda-ferry: There is no command `create`.',
    'It is said to the bot:',
    said,
  ]);
});

for (const [name, exitCode] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const) {
  for (const packer of ['segments', 'archiver']) {
    test(`${name} while ${packer} writes: ${exitCode}, one sentence, nothing left`, async (context) => {
      const folder = await temporaryFolder(context);
      const noise = Buffer.alloc(48 << 20);
      for (let at = 0; at < noise.length; at += 8) noise.writeDoubleLE(Math.random(), at);
      await fakePrefix(join(folder, 'p'), { python: PYTHON }, { 'lib/noise': noise });
      const archive = join(folder, 'a.zip');
      const words = ['pack', join(folder, 'p'), '-o', archive, '--level', '9', '--root', 'e'];
      const { child, ended } = start([...words, '--packer', packer]);
      while (!(await readdir(folder)).some((name) => name.startsWith('a.zip.part-'))) {
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      child.kill(name);
      const { code, err } = await ended;
      assert.deepEqual(await readdir(folder), ['p']);
      assert.equal(code, exitCode);
      assert.equal(err, `conda-ferry: stopped by ${name}; nothing is left behind.\n`);
    });
  }
}

test('whoever reads only the beginning of an answer has it: that is no failure', async (context) => {
  const folder = await temporaryFolder(context);
  const log = join(folder, 'job.log');
  await writeFile(log, "ModuleNotFoundError: No module named 'sklearn'\n");
  const read = ['--help', 'diagnose --help', `diagnose ${log}`, `diagnose --json ${log}`];
  for (const words of [...read, 'parse --json -- list']) {
    const { child, ended } = start(words.split(' '));
    child.stdout?.destroy();
    const { code, err } = await ended;
    assert.deepEqual({ code, err }, { code: 0, err: '' }, words);
  }
  // Nobody hears what is wrong; that something is, the exit code tells.
  const { child, ended } = start(['craete', 'churn']);
  child.stdout?.destroy();
  child.stderr?.destroy();
  assert.equal((await ended).code, 1);
});

test('a service says in which ways its log can be written', async () => {
  const { code, out, err } = await start(['worker', '--log', 'nice']).ended;
  assert.equal(code, 1);
  assert.match(out + err, /`--log` takes no `nice`\.\nChoose one of `auto`, `json`, `pretty`\./);
});
