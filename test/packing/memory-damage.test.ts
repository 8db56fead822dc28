import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { lstatSync } from 'node:fs';
import {
  appendFile,
  copyFile,
  mkdir,
  readdir,
  readFile,
  rm,
  stat,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { pruneCache } from '../../src/packing/cache.ts';
import { fakePrefix, PYTHON } from './fake-prefix.ts';
import { facts, workbench } from './memory-workbench.ts';

const DAMAGES: Record<string, (place: string) => Promise<unknown>> = {
  'a flipped bit': async (place) => {
    const bytes = await readFile(place);
    bytes.writeUInt8(bytes.readUInt8(bytes.length >> 1) ^ 1, bytes.length >> 1);
    await writeFile(place, bytes);
  },
  'a cut end': async (place) => writeFile(place, (await readFile(place)).subarray(0, -1)),
  'half of it': async (place) => {
    const bytes = await readFile(place);
    await writeFile(place, bytes.subarray(0, bytes.length >> 1));
  },
  'nothing left': (place) => writeFile(place, ''),
  'more than it was': (place) => appendFile(place, 'x'),
  'other content': (place) =>
    writeFile(place, 'no memory and no archive, but long enough for both'),
  'a folder in its place': async (place) => {
    await rm(place);
    await mkdir(place);
  },
  'not there': (place) => rm(place),
};

for (const ending of ['.memory', '.archive']) {
  for (const [title, damage] of Object.entries(DAMAGES)) {
    test(`damage is found, and nothing comes of it: ${title}, of the ${ending.slice(1)}`, async (context) => {
      const { packIt, plain, kept } = await workbench(context);
      const { path } = await packIt();
      await rm(path);
      const places = await kept(ending);
      assert.equal(places.length, 1);
      for (const place of places) await damage(place);
      const { warnings: _mayBeOneMore, ...same } = facts(await plain());
      assert.partialDeepStrictEqual(facts(await packIt()), same);
    });
  }
}

test('what is damaged is kept anew', async (context) => {
  const { packIt, kept, forgetSegments } = await workbench(context);
  await packIt();
  for (const place of [...(await kept('.memory')), ...(await kept('.archive'))]) {
    await writeFile(place, 'x');
  }
  await packIt();
  await forgetSegments();
  assert.equal((await packIt()).cache.misses, 0);
});

test('an archive that somebody changed where it was written is not handed on', async (context) => {
  const { packIt, plain } = await workbench(context);
  const { path } = await packIt();
  await appendFile(path, 'something of theirs');
  const again = await packIt();
  assert.equal(again.sha256, (await plain()).sha256);
  assert.match(await readFile(path, 'latin1'), /something of theirs$/);
});

test('the memory of another prefix, packer or way is none', async (context) => {
  const { folder, packIt, plain, kept } = await workbench(context);
  await packIt();
  const [mine] = await kept('.memory');
  const [archive] = await kept('.archive');
  const elsewhere = await fakePrefix(join(folder, 'elsewhere'), { python: PYTHON });
  await packIt({ prefix: elsewhere });
  for (const place of await kept('.memory')) if (place !== mine) await copyFile(mine ?? '', place);
  for (const place of await kept('.archive')) {
    if (place !== archive) await copyFile(archive ?? '', place);
  }
  const way = { prefix: elsewhere };
  assert.deepEqual(facts(await packIt(way)), facts(await plain(way)));
});

test('a memory that cannot be written costs a warning, not the archive', async (context) => {
  const { packIt, plain, kept } = await workbench(context);
  await packIt();
  for (const place of await kept('.memory')) {
    await rm(place);
    await mkdir(place);
  }
  const report = await packIt();
  assert.equal(report.sha256, (await plain()).sha256);
  assert.deepEqual(
    report.warnings.map(({ id }) => id).filter((id) => id.startsWith('cache')),
    ['cache-not-written'],
  );
  assert.deepEqual(await kept('.tmp'), []);
});

test('a packer that is killed leaves nothing that another one takes for whole', async (context) => {
  const { folder, prefix, cache, packIt, plain } = await workbench(context);
  const { sha256 } = await plain();
  const main = join(import.meta.dirname, '../../src/main.js');
  for (const size of [1, 2000, 3_000_000]) {
    const output = join(folder, 'killed.zip');
    const words = ['pack', prefix, '-o', output, '--root', 'churn', '--cache', cache];
    const packer = spawn(process.execPath, [main, ...words], { stdio: 'ignore' });
    const ended = once(packer, 'exit');
    for (;;) {
      const sizes = (await readdir(cache).catch(() => [])).map(
        (name) => lstatSync(join(cache, name), { throwIfNoEntry: false })?.size ?? 0,
      );
      if (packer.exitCode !== null || sizes.some((each) => each >= size)) break;
      await new Promise((resolve) => setImmediate(resolve));
    }
    packer.kill('SIGKILL');
    await ended;
    assert.equal((await packIt()).sha256, sha256);
    await rm(cache, { recursive: true });
  }
});

test('who stops a packing that copies gets the reason, and no file', async (context) => {
  const { folder, packIt } = await workbench(context);
  await packIt();
  const before = await readdir(folder);
  const controller = new AbortController();
  const packing = packIt({ signal: controller.signal });
  controller.abort(new Error('enough'));
  await assert.rejects(packing, /enough/);
  assert.deepEqual(await readdir(folder), before);
});

test('two that pack the same prefix at the same time agree', async (context) => {
  const { packIt, plain } = await workbench(context);
  const { sha256 } = await plain();
  for (let round = 0; round < 3; round += 1) {
    const reports = await Promise.all([1, 2, 3, 4].map(() => packIt()));
    assert.deepEqual(new Set(reports.map((report) => report.sha256)), new Set([sha256]));
  }
});

test('a memory is pruned like the rest of the cache, and its archive when it was not used', async (context) => {
  const { packIt, cache, kept, folder } = await workbench(context);
  const { path } = await packIt();
  for (const name of await readdir(cache)) await utimes(join(cache, name), 1, 1);
  await rm(path);
  await packIt();
  const [archive] = await kept('.archive');
  const { size } = await stat(archive ?? '');
  const [memory] = await kept('.memory');
  pruneCache(cache, size + (await stat(memory ?? '')).size);
  assert.deepEqual((await readdir(cache)).sort(), [
    ...[archive, memory].map((place) => place?.slice(cache.length + 1)).sort(),
  ]);
  assert.equal((await packIt()).cache.misses, 0);
  pruneCache(cache, 0);
  assert.deepEqual(await readdir(cache), []);
  assert.ok((await readdir(folder)).length > 0);
});
