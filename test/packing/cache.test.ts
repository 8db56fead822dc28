import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { pruneCache, segmentKey } from '../../src/packing/cache.ts';
import { type PackRequest, pack } from '../../src/packing/pack.ts';
import { fakePrefix, PYTHON, temporaryFolder } from './fake-prefix.ts';

const NUMPY = { 'lib/numpy/core.so': Buffer.alloc(3 << 20, 'numpy code '), 'lib/numpy/a.py': 'a' };

async function workbench(context: TestContext) {
  const folder = await temporaryFolder(context);
  const prefix = await fakePrefix(
    join(folder, 'prefix'),
    { python: PYTHON, numpy: NUMPY },
    { 'lib/own.py': 'own' },
  );
  const cache = join(folder, 'cache');
  let number = 0;
  const packIt = (more: Partial<PackRequest> = {}) => {
    number += 1;
    const output = join(folder, `${number}`);
    return pack({ prefix, output, format: 'zip', root: 'churn', cache, ...more });
  };
  const entries = () => readdir(cache);
  return { folder, prefix, cache, packIt, entries };
}

test('the second packing compresses nothing and gives the same bytes', async (context) => {
  const { packIt, entries } = await workbench(context);
  const without = await packIt({ cache: null });
  const cold = await packIt();
  const warm = await packIt();
  assert.deepEqual(cold.cache, { hits: 0, misses: 5, reusedBytes: 0 });
  assert.equal(warm.cache.misses, 0);
  assert.equal(warm.cache.hits, 5);
  assert.ok(warm.cache.reusedBytes > 0);
  assert.deepEqual([cold.sha256, warm.sha256], [without.sha256, without.sha256]);
  assert.deepEqual(warm.segments, without.segments);
  assert.equal((await entries()).length, 5);
});

test('another name and another format use the same compressed files', async (context) => {
  const { packIt } = await workbench(context);
  await packIt();
  const other = await packIt({ root: 'sales' });
  assert.equal(other.cache.misses, 0);
  const tar = await packIt({ format: 'tar.gz' });
  assert.equal(tar.cache.misses, 0);
  assert.equal(tar.sha256, (await packIt({ format: 'tar.gz', cache: null })).sha256);
});

test('another level does not', async (context) => {
  const { packIt } = await workbench(context);
  await packIt();
  assert.equal((await packIt({ level: 9 })).cache.hits, 0);
});

test('a changed file misses its segment and no other, even with the same size and time', async (context) => {
  const { packIt, prefix } = await workbench(context);
  const before = await packIt();
  const place = join(prefix, 'lib/numpy/a.py');
  await utimes(place, 5, 5);
  await packIt();
  await writeFile(place, 'b');
  await utimes(place, 5, 5);
  const after = await packIt();
  // The file is not what conda installed any more, which the notes at the end say.
  assert.equal(after.cache.misses, 2);
  const changed = after.segments.filter(
    ({ name, sha256 }) => before.segments.find((old) => old.name === name)?.sha256 !== sha256,
  );
  // In a zip the end names every offset and checksum.
  assert.deepEqual(
    changed.map(({ name }) => name),
    ['conda:numpy', 'notes', 'end'],
  );
  assert.equal(after.sha256, (await packIt({ cache: null })).sha256);
});

const DAMAGES: [title: string, damage: (bytes: Buffer) => Buffer][] = [
  [
    'a flipped bit',
    (bytes) => Buffer.concat([Buffer.from([(bytes[0] ?? 0) ^ 1]), bytes.subarray(1)]),
  ],
  [
    'a flipped bit in the middle',
    (bytes) =>
      bytes.fill((bytes[bytes.length >> 1] ?? 0) ^ 1, bytes.length >> 1, (bytes.length >> 1) + 1),
  ],
  ['a cut end', (bytes) => bytes.subarray(0, bytes.length - 1)],
  ['nothing left', () => Buffer.alloc(0)],
  ['other content', () => Buffer.from('not an entry of the cache at all, but long enough')],
];

for (const [title, damage] of DAMAGES) {
  test(`a damaged entry is found and made again: ${title}`, async (context) => {
    const { packIt, cache, entries } = await workbench(context);
    const cold = await packIt();
    for (const name of await entries()) {
      await writeFile(join(cache, name), damage(await readFile(join(cache, name))));
    }
    const repaired = await packIt();
    assert.equal(repaired.sha256, cold.sha256);
    assert.equal(repaired.cache.misses, 5);
    assert.equal((await packIt()).cache.hits, 5);
  });
}

test('packers that share a cache at the same time agree and leave only whole entries', async (context) => {
  const { packIt, entries } = await workbench(context);
  const reports = await Promise.all([1, 2, 3, 4].map(() => packIt()));
  assert.equal(new Set(reports.map(({ sha256 }) => sha256)).size, 1);
  assert.equal((await entries()).length, 5);
  assert.equal((await packIt()).cache.misses, 0);
});

test('a cache that disappears meanwhile does not matter', async (context) => {
  const { packIt, cache } = await workbench(context);
  const cold = await packIt();
  const packing = packIt({
    onProgress: () => {
      pruneCache(cache, 0);
    },
  });
  assert.equal((await packing).sha256, cold.sha256);
});

test('a cache that cannot be written costs a warning, not the archive', async (context) => {
  const { packIt, cache, folder } = await workbench(context);
  const without = await packIt({ cache: null });
  await writeFile(join(folder, 'plain-file'), '');
  for (const place of [join(folder, 'plain-file'), '/dev/full']) {
    const report = await packIt({ cache: place });
    assert.equal(report.sha256, without.sha256);
    assert.deepEqual(
      report.warnings.map(({ id }) => id),
      ['cache-not-written'],
    );
  }
  const report = await packIt({
    onProgress: () => rmSync(cache, { recursive: true, force: true }),
  });
  assert.equal(report.sha256, without.sha256);
  assert.deepEqual(
    report.warnings.map(({ id }) => id),
    ['cache-not-written'],
  );
});

test('pruning removes what was not used for longest, and the rests of killed packers', async (context) => {
  const cache = await temporaryFolder(context);
  const name = (digit: string) => join(cache, digit.repeat(64));
  for (const [digit, age] of [
    ['a', 30],
    ['b', 10],
    ['c', 20],
  ] as const) {
    await writeFile(name(digit), Buffer.alloc(100));
    await utimes(name(digit), 1000 - age, 1000 - age);
  }
  await writeFile(join(cache, 'old.tmp'), 'x');
  await utimes(join(cache, 'old.tmp'), 1, 1);
  await writeFile(join(cache, 'notes.txt'), 'x');
  const young = join(cache, 'young.tmp');
  await writeFile(young, 'x');
  const now = Date.now();
  assert.deepEqual(pruneCache(cache, 250, now), { removed: 2, bytes: 200 });
  const left = (await readdir(cache)).sort();
  assert.deepEqual(left, ['b'.repeat(64), 'c'.repeat(64), 'notes.txt', 'young.tmp']);
  await rm(young);
});

test('a use counts as use', async (context) => {
  const { packIt, cache, entries } = await workbench(context);
  await packIt();
  for (const name of await entries()) await utimes(join(cache, name), 1, 1);
  await packIt();
  await writeFile(join(cache, 'f'.repeat(64)), Buffer.alloc(10));
  await utimes(join(cache, 'f'.repeat(64)), 2, 2);
  const { removed } = pruneCache(cache, 100 << 20);
  assert.equal(removed, 0);
  pruneCache(cache, 5 << 20);
  assert.equal((await packIt()).cache.hits, 5);
});

test('the name of an entry says what is in it, in any order', () => {
  assert.equal(segmentKey(['a', 'b', 'a'], 4), segmentKey(['b', 'a'], 4));
  assert.notEqual(segmentKey(['a', 'b'], 4), segmentKey(['a', 'c'], 4));
  assert.notEqual(segmentKey(['a'], 4), segmentKey(['a'], 5));
});
