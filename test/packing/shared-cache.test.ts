import assert from 'node:assert/strict';
import { readdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { type PackReport, pack } from '../../src/packing/pack.ts';
import { runProduct } from '../harness/product.ts';
import { fakePrefix, PYTHON, temporaryFolder } from './fake-prefix.ts';

const packageOf = (name: string, bytes: number) => ({
  [`lib/${name}/core.so`]: Buffer.alloc(bytes, `code of ${name} `),
  [`lib/${name}/texts.py`]: `text = '${name}'\n`.repeat(500),
});

test('four processes with one cache make the same archive, and leave it whole', async (context) => {
  const folder = await temporaryFolder(context);
  const packages = Object.fromEntries(
    ['alpha', 'beta', 'gamma', 'delta'].map((name, at) => [name, packageOf(name, (at + 1) << 20)]),
  );
  const prefix = await fakePrefix(join(folder, 'prefix'), { python: PYTHON, ...packages });
  const cache = join(folder, 'cache');
  const alone = await pack({
    ...{ prefix, format: 'zip', root: 'churn' },
    output: join(folder, 'alone.zip'),
  });
  const packInProcess = async (output: string): Promise<PackReport> => {
    const words = ['pack', prefix, '-o', join(folder, output), '--cache', cache, '--json'];
    const { code, stdout, stderr } = await runProduct([...words, '--root', 'churn'], {});
    assert.equal(code, 0, stderr);
    return JSON.parse(stdout);
  };
  for (const round of ['cold', 'warm']) {
    const reports = await Promise.all(
      [1, 2, 3, 4].map((number) => packInProcess(`${round}-${number}.zip`)),
    );
    assert.deepEqual(
      reports.map(({ sha256 }) => sha256),
      reports.map(() => alone.sha256),
    );
  }
  assert.equal((await packInProcess('last.zip')).cache.misses, 0);
  const unfinished = (await readdir(cache)).filter((name) => name.endsWith('.tmp'));
  assert.deepEqual(unfinished, []);
});

test('a cache is cleared up by each packing that keeps an archive there', async (context) => {
  const folder = await temporaryFolder(context);
  const prefix = await fakePrefix(join(folder, 'prefix'), { python: PYTHON });
  const cache = join(folder, 'cache');
  const packAs = async (root: string) => {
    const words = ['pack', prefix, '-o', join(folder, `${root}.zip`), '--cache', cache];
    const { code, stderr } = await runProduct([...words, '--root', root], {});
    assert.equal(code, 0, stderr);
  };
  await packAs('churn');
  const abandoned = join(cache, 'left.tmp');
  await writeFile(abandoned, '');
  await utimes(abandoned, 1, 1);
  // Another name compresses nothing, and is another archive.
  await packAs('sales');
  const names = await readdir(cache);
  assert.equal(names.filter((name) => name.endsWith('.archive')).length, 2);
  assert.ok(!names.includes('left.tmp'));
});
