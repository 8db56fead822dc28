import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readdir, readFile, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { pruneCache } from '../../src/packing/cache.ts';
import type { PackReport } from '../../src/packing/pack.ts';
import { isFull } from '../harness/full.ts';
import fc from '../harness/properties.ts';
import { type Bench, PACKAGES, workbench } from './known-packages.ts';

const FORMATS = ['zip', 'tar.gz'] as const;
const SAMPLES = isFull ? 400 : 40;
const PLAIN = ['python-3.11', 'scripts', 'texts', 'compiled'];

const isPython = (name: string) => name.startsWith('python-');

/** An environment to learn a package from: it has one Python, which may be the package itself. */
const beside = (name: string) => (isPython(name) ? [name] : ['python-3.11', name]);

/** Beside one Python, or none; some of them are forgotten before. */
const sets = fc
  .tuple(
    fc.constantFrom('python-3.11', 'python-3.11', 'python-3.13', ''),
    fc.subarray(
      Object.keys(PACKAGES).filter((name) => !isPython(name)),
      { minLength: 1, maxLength: 12 },
    ),
  )
  .map(([python, others]) => (python ? [python, ...others] : others))
  .chain((names) => {
    const some = fc.subarray(names, { maxLength: Math.min(3, names.length) });
    return fc.tuple(fc.constant(names), fc.oneof(fc.constant([]), some));
  });

for (const format of FORMATS) {
  test(`random packages put together are what linking them would give, or nothing: ${format}`, async (context) => {
    const bench = await workbench(context);
    // What stands for itself is known from then on, beside any other; the compiled one beside this Python.
    for (const name of Object.keys(PACKAGES)) {
      if (!isPython(name)) await bench.link(beside(name), format);
    }
    const made = { put: 0, completed: 0 };
    await fc.assert(
      fc.asyncProperty(sets, async ([names, forgotten]) => {
        bench.forget(names, forgotten, format);
        const lacking = bench.lacking(names, format);
        const isPut = lacking.length === 0;
        const archive = await (isPut ? bench.put(names, format) : bench.complete(names, format));
        assert.ok(!existsSync(bench.prefix));
        // Some cannot be linked at all, one on the other.
        const linked = await bench.link(names, format).catch(() => null);
        if (!archive) {
          for (const name of forgotten) await bench.link(beside(name), format);
          return;
        }
        made[isPut ? 'put' : 'completed'] += 1;
        const words = `${names.join(' ')}, linked: ${lacking.join(' ')}`;
        assert.ok(linked, words);
        assert.deepEqual(facts(archive), facts(linked), words);
      }),
      { numRuns: SAMPLES },
    );
    for (const times of Object.values(made)) {
      assert.ok(times > SAMPLES / 30, `${JSON.stringify(made)} of ${SAMPLES}`);
    }
  });
}

function facts({ sha256, files, bytes, sourceBytes, segments, warnings }: PackReport) {
  return { sha256, files, bytes, sourceBytes, segments, warnings };
}

test('each package that stands for itself is known once it was packed', async (context) => {
  const bench = await workbench(context);
  for (const format of FORMATS) {
    const known: string[] = [];
    for (const name of Object.keys(PACKAGES)) {
      const set = beside(name);
      const linked = await bench.link(set, format);
      const assembled = await bench.put(set, format);
      if (!assembled) continue;
      assert.equal(assembled.sha256, linked.sha256, name);
      known.push(name);
    }
    const unknown = Object.keys(PACKAGES).filter((name) => !known.includes(name));
    assert.deepEqual(unknown, [
      // Its source is another package's, or none's.
      'orphan',
      // Where they lead the file system says.
      ...['absolute', 'outside'],
      // Run by the engine, replaced in archives, left out of them.
      ...['script', 'conda', 'left-out'],
    ]);
  }
});

test('packages known from different environments make a new one', async (context) => {
  const { link, put } = await workbench(context);
  for (const format of FORMATS) {
    await link(['python-3.11', 'scripts', 'compiled'], format);
    assert.equal(await put(PLAIN, format), null);
    await link(['python-3.11', 'texts'], format);
    const assembled = await put(PLAIN, format);
    assert.equal(assembled?.sha256, (await link(PLAIN, format)).sha256);
    assert.deepEqual(
      assembled?.packages.map(({ name }) => name),
      ['python', 'scripts', 'texts', 'compiled'],
    );
    // Compiled beside another Python.
    await link(['python-3.13', 'scripts', 'texts'], format);
    assert.equal(await put(['python-3.13', 'scripts', 'texts', 'compiled'], format), null);
  }
});

test('only what is not known is linked, and known from then on', async (context) => {
  const bench = await workbench(context);
  for (const format of FORMATS) {
    await bench.link(['python-3.11', 'scripts'], format);
    // Left by one that was killed.
    await writeFile(`${bench.archive(format)}.lacking`, 'half of ano');
    assert.deepEqual(bench.lacking(PLAIN, format), ['texts', 'compiled']);
    const archive = await bench.complete(PLAIN, format);
    assert.deepEqual(bench.lacking(PLAIN, format), []);
    assert.equal((await bench.put(PLAIN, format))?.sha256, archive?.sha256);
    assert.equal((await bench.link(PLAIN, format)).sha256, archive?.sha256);
    assert.ok(!existsSync(`${bench.archive(format)}.lacking`));
  }
});

test('what does not stand for itself beside what is known is linked with all', async (context) => {
  const bench = await workbench(context);
  for (const [known, names] of [
    [['same-a'], ['same-a', 'same-b']],
    [['same-a'], ['same-a', 'clobbering']],
    [['scripts'], ['scripts', 'script']],
    [['parent'], ['parent', 'orphan']],
    // A zip has a copy of the other one's file.
    [['blas'], ['blas', 'blas-link']],
    [['folders'], ['folders', 'inside64']],
  ] as const) {
    await bench.link(['python-3.11', ...known], 'zip');
    await rm(bench.archive('zip'));
    assert.equal(await bench.complete(['python-3.11', ...names], 'zip'), null, names.join(' '));
    assert.ok(!existsSync(bench.archive('zip')));
  }
});

test('a link into another package copies what that has now', async (context) => {
  const { link, put } = await workbench(context);
  await link(['python-3.11', 'blas', 'blas-link'], 'zip');
  const set = ['python-3.11', 'blas-other', 'blas-link'];
  await link(['python-3.11', 'blas-other'], 'zip');
  assert.equal(await put(set, 'zip'), null);
  await link(['python-3.11', 'blas', 'texts'], 'zip');
  const known = ['python-3.11', 'blas', 'blas-link', 'texts'];
  assert.equal((await put(known, 'zip'))?.sha256, (await link(known, 'zip')).sha256);
});

test('two packages with one path are linked, whatever is in it', async (context) => {
  const { link, put } = await workbench(context);
  for (const name of ['same-a', 'same-b', 'clobbering']) await link(['python-3.11', name], 'zip');
  assert.ok(await put(['python-3.11', 'same-a'], 'zip'));
  assert.equal(await put(['python-3.11', 'same-a', 'same-b'], 'zip'), null);
  assert.equal(await put(['python-3.11', 'same-a', 'clobbering'], 'zip'), null);
});

test('a package is known for its prefix alone', async (context) => {
  const one = await workbench(context);
  const other = await workbench(context);
  await one.link(PLAIN, 'zip');
  await symlink(one.cache, other.cache);
  assert.equal(await other.put(PLAIN, 'zip'), null);
  assert.ok(await one.put(PLAIN, 'zip'));
});

/** Whatever becomes of the cache: the right archive or none, and in the end all is known again. */
async function survives(bench: Bench, sha256: string, damage: () => Promise<void>): Promise<void> {
  await damage();
  const assembled = await bench.put(PLAIN, 'zip');
  assert.ok(assembled === null || assembled.sha256 === sha256);
  if (bench.lacking(PLAIN, 'zip').length > 0) {
    const completed = await bench.complete(PLAIN, 'zip');
    assert.ok(completed === null || completed.sha256 === sha256);
  }
  const folder = dirname(dirname(dirname(bench.prefix)));
  const left = (await readdir(folder)).filter((name) => name.includes('.part-'));
  assert.deepEqual(left, []);
  assert.equal((await bench.link(PLAIN, 'zip')).sha256, sha256);
  assert.equal((await bench.put(PLAIN, 'zip'))?.sha256, sha256);
}

test('damage to any part of the cache costs a link, not the archive', async (context) => {
  const bench = await workbench(context);
  const { sha256 } = await bench.link(PLAIN, 'zip');
  for (const name of await readdir(bench.cache)) {
    const place = join(bench.cache, name);
    const whole = await readFile(place);
    const middle = whole.length >> 1;
    const flipped = Buffer.from(whole);
    flipped[middle] = (flipped[middle] as number) ^ 1;
    await survives(bench, sha256, () => writeFile(place, flipped));
    await survives(bench, sha256, () => truncate(place, middle));
    await survives(bench, sha256, () => writeFile(place, ''));
    await survives(bench, sha256, () => rm(place, { force: true }));
  }
});

test('a cache that is pruned or gone costs a link, not the archive', async (context) => {
  const bench = await workbench(context);
  const { sha256 } = await bench.link(PLAIN, 'zip');
  for (const bytes of [0, 500, 2000, 4000, 8000]) {
    await survives(bench, sha256, async () => {
      pruneCache(bench.cache, bytes);
    });
  }
  await survives(bench, sha256, () => rm(bench.cache, { recursive: true }));
});

test('what cannot be kept costs a warning, not the archive', async (context) => {
  const bench = await workbench(context);
  const { sha256 } = await bench.link(PLAIN, 'zip');
  await rm(bench.cache, { recursive: true });
  await symlink('/dev/full', bench.cache);
  const report = await bench.link(PLAIN, 'zip');
  assert.equal(report.sha256, sha256);
  assert.deepEqual(
    new Set(report.warnings.map(({ id }) => id)),
    new Set(['prefix-hardcoded', 'prefix-in-data', 'cache-not-written']),
  );
  assert.equal(await bench.put(PLAIN, 'zip'), null);
});
