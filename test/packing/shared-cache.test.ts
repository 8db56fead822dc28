import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, statSync } from 'node:fs';
import { readdir, truncate, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type PackReport, pack } from '../../src/packing/pack.ts';
import { execFileSync } from '../harness/command.ts';
import { isFull } from '../harness/full.ts';
import { type Product, runProduct, startProduct } from '../harness/product.ts';
import { fakePrefix, PYTHON, temporaryFolder } from './fake-prefix.ts';

const packageOf = (name: string, bytes: number) => ({
  [`lib/${name}/core.so`]: Buffer.alloc(bytes, `code of ${name} `),
  [`lib/${name}/texts.py`]: `text = '${name}'\n`.repeat(500),
});

/** Several packages to pack, what packing them gives alone, and processes that pack them. */
async function workbench(context: TestContext) {
  const folder = await temporaryFolder(context);
  const packages = Object.fromEntries(
    ['alpha', 'beta', 'gamma', 'delta'].map((name, at) => [name, packageOf(name, (at + 1) << 20)]),
  );
  const prefix = await fakePrefix(join(folder, 'prefix'), { python: PYTHON, ...packages });
  const cache = join(folder, 'cache');
  const { sha256: alone } = await pack({
    ...{ prefix, format: 'zip', root: 'churn' },
    output: join(folder, 'alone.zip'),
  });
  const wordsFor = (output: string) => [
    ...['pack', prefix, '-o', join(folder, output), '--cache', cache],
    ...['--root', 'churn', '--json'],
  ];
  const packInProcess = async (output: string): Promise<PackReport> => {
    const { code, stdout, stderr } = await runProduct(wordsFor(output), {});
    assert.equal(code, 0, stderr);
    return JSON.parse(stdout);
  };
  const packFourTimes = async (round: string) => {
    const numbers = [1, 2, 3, 4];
    const reports = await Promise.all(
      numbers.map((number) => packInProcess(`${round}-${number}.zip`)),
    );
    return reports.map(({ sha256 }) => sha256);
  };
  const start = (output: string): Product => startProduct(wordsFor(output), {});
  return { cache, alone, packInProcess, packFourTimes, start };
}

const four = (sha256: string) => [sha256, sha256, sha256, sha256];

test('four processes with one cache make the same archive, and leave it whole', async (context) => {
  const { cache, alone, packInProcess, packFourTimes } = await workbench(context);
  for (const round of ['cold', 'warm']) {
    assert.deepEqual(await packFourTimes(round), four(alone));
  }
  assert.equal((await packInProcess('last.zip')).cache.misses, 0);
  const unfinished = (await readdir(cache)).filter((name) => name.endsWith('.tmp'));
  assert.deepEqual(unfinished, []);
});

/** How much a killed one has written to a file of its own when it is killed. */
const WRITTEN = isFull ? [0, 1, 500, 3_000, 10_000, 30_000] : [1];

for (const bytes of WRITTEN) {
  test(`four others make the same archive when one is killed that has written ${bytes} bytes`, async (context) => {
    const { cache, alone, packInProcess, packFourTimes, start } = await workbench(context);
    const killed = start('killed.zip');
    const begun = () => {
      try {
        const names = readdirSync(cache).filter((name) => name.endsWith('.tmp'));
        return names.some((name) => statSync(join(cache, name)).size >= bytes);
      } catch {
        return false;
      }
    };
    while (killed.exit() === null && !begun()) await new Promise(setImmediate);
    const others = packFourTimes('other');
    killed.kill('SIGKILL');
    await killed.ended;
    assert.deepEqual(await others, four(alone));
    assert.equal((await packInProcess('last.zip')).cache.misses, 0);
  });
}

test('four processes make the same archive whatever became of files in their cache', async (context) => {
  const { cache, alone, packFourTimes } = await workbench(context);
  await packFourTimes('first');
  for (const [at, name] of (await readdir(cache)).sort().entries()) {
    const path = join(cache, name);
    // Nothing of it, half of it, all but its end.
    const { size } = statSync(path);
    await truncate(path, [0, size >> 1, Math.max(0, size - 1)][at % 3]);
  }
  assert.deepEqual(await packFourTimes('torn'), four(alone));
});

test('four processes make the same archive where their cache is full', {
  skip: process.getuid?.() === 0 ? false : 'mounting a small file system needs root',
}, async (context) => {
  const { cache, alone, packInProcess, packFourTimes } = await workbench(context);
  mkdirSync(cache);
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=16k', 'tmpfs', cache]);
  } catch {
    context.skip('this container may not mount');
    return;
  }
  try {
    assert.deepEqual(await packFourTimes('full'), four(alone));
    execFileSync('mount', ['-o', 'remount,size=100m', cache]);
    assert.equal((await packInProcess('room.zip')).sha256, alone);
    assert.equal((await packInProcess('last.zip')).cache.misses, 0);
  } finally {
    execFileSync('umount', [cache]);
  }
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
