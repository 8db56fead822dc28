import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { mendRunPaths } from '../../src/packing/run-paths.ts';
import { temporaryFolder } from './fake-prefix.ts';
import { output } from './tools.ts';

const prefix = '/opt/environments/churn';

function noCompiler(): string | false {
  try {
    execFileSync('gcc', ['--version'], { stdio: 'ignore' });
    return false;
  } catch {
    return 'there is no gcc here';
  }
}
const skip = noCompiler();

async function library(
  context: TestContext,
  runPath: string,
  { symbol = 'answer', kind = '-Wl,--enable-new-dtags' } = {},
) {
  const folder = await temporaryFolder(context);
  const source = join(folder, 'a.c');
  await writeFile(source, `int ${symbol}(void) { return 1; }\n`);
  const place = join(folder, 'a.so');
  await output('gcc', '-shared', '-o', place, source, `-Wl,-rpath,${runPath}`, kind);
  const content = await readFile(place);
  const read = async (bytes: Buffer) => {
    await writeFile(place, bytes);
    return /\((?:RPATH|RUNPATH)\).*\[(.*)\]/.exec(await output('readelf', '-d', place))?.[1];
  };
  return { content, read };
}

const CASES: [title: string, runPath: string, path: string, mended: string][] = [
  ['the folder of libraries', `${prefix}/lib`, 'lib/a.so', '$ORIGIN'],
  ['beside it', `${prefix}/lib`, 'lib/python3.11/a.so', '$ORIGIN/..'],
  ['a program', `${prefix}/lib/`, 'bin/a', '$ORIGIN/../lib'],
  [
    'several',
    `/usr/lib:${prefix}/lib:${prefix}/lib64`,
    'lib/a.so',
    '/usr/lib:$ORIGIN:$ORIGIN/../lib64',
  ],
  ['the same twice', `${prefix}/lib:${prefix}/lib`, 'lib/a.so', '$ORIGIN'],
  ['others only', '/usr/local/cuda/lib64', 'lib/a.so', '/usr/local/cuda/lib64'],
  ['another environment', `${prefix}-old/lib`, 'lib/a.so', `${prefix}-old/lib`],
];

for (const [title, runPath, path, mended] of CASES) {
  test(`RUNPATH and RPATH become relative to the file: ${title}`, { skip }, async (context) => {
    for (const kind of ['-Wl,--enable-new-dtags', '-Wl,--disable-new-dtags']) {
      const { content, read } = await library(context, runPath, { kind });
      const result = mendRunPaths(content, path, [prefix]);
      assert.equal(result.left, false);
      assert.equal(result.content.length, content.length);
      assert.equal(await read(result.content), mended);
    }
  });
}

test('where the text has no room it stays, and that is said', { skip }, async (context) => {
  const { content } = await library(context, '/e/lib');
  const result = mendRunPaths(content, 'lib/python3.11/site-packages/x/a.so', ['/e']);
  assert.deepEqual([result.left, result.content === content], [true, true]);
});

test('where another name lies in the same bytes it stays, and that is said', {
  skip,
}, async (context) => {
  // Linkers keep the name of the symbol in the end of the path.
  const { content } = await library(context, `${prefix}/lib`, { symbol: 'lib' });
  const result = mendRunPaths(content, 'lib/a.so', [prefix]);
  assert.deepEqual([result.left, result.content === content], [true, true]);
});

test('what is no ELF file, or a damaged one, stays as it is', { skip }, async (context) => {
  const { content } = await library(context, `${prefix}/lib`);
  for (const bytes of [Buffer.from(`${prefix}/lib\0`), content.subarray(0, 300)]) {
    assert.equal(mendRunPaths(bytes, 'lib/a.so', [prefix]).content, bytes);
  }
});
