import assert from 'node:assert/strict';
import {
  chmod,
  link,
  mkdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  unlink,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import type { PackRequest } from '../../src/packing/pack.ts';
import fc from '../harness/properties.ts';
import { fakeBytecode } from './fake-prefix.ts';
import { facts, keepingTime, untilNextTick, workbench } from './memory-workbench.ts';

for (const format of ['zip', 'tar.gz'] as const) {
  test(`an unchanged prefix costs a copy of its archive, which is the same: ${format}`, async (context) => {
    const { packIt, plain, forgetSegments } = await workbench(context);
    const first = await packIt({ format });
    await forgetSegments();
    const again = await packIt({ format });
    assert.deepEqual(again.cache, {
      hits: first.cache.misses,
      misses: 0,
      reusedBytes: first.bytes,
    });
    assert.deepEqual(facts(again), facts(await plain({ format })));
    assert.deepEqual(await readFile(again.path), await readFile(first.path));
    assert.equal((await stat(again.path)).mode & 0o777, 0o644);
    assert.notEqual((await stat(again.path)).ino, (await stat(first.path)).ino);
  });
}

test('who wants all files read gets that, and the next one who does not has its memory', async (context) => {
  const { packIt, forgetSegments } = await workbench(context);
  await packIt();
  await forgetSegments();
  const read = await packIt({ recall: 'verify' });
  assert.equal(read.cache.hits, 0);
  await forgetSegments();
  assert.equal((await packIt()).cache.misses, 0);
});

test('without the wish nothing is remembered', async (context) => {
  const { packIt, kept } = await workbench(context);
  await packIt({ recall: null });
  assert.deepEqual([...(await kept('.memory')), ...(await kept('.archive'))], []);
});

test('each way of packing has a memory of its own', async (context) => {
  const { packIt, plain, kept } = await workbench(context);
  const ways: Partial<PackRequest>[] = [
    {},
    { root: 'sales' },
    { format: 'tar.gz' },
    { level: 9 },
    { targetPrefix: '/opt/a' },
    { targetPrefix: '/opt/b' },
  ];
  for (const way of ways) await packIt(way);
  for (const way of ways) assert.deepEqual(facts(await packIt(way)), facts(await plain(way)));
  assert.equal((await kept('.memory')).length, ways.length);
});

/** Ways to change a prefix; those that can keep size and mtime. */
const CHANGES: Record<string, (prefix: string) => Promise<unknown>> = {
  'other content': (prefix) => keepingTime(join(prefix, 'lib/own.py'), 'OWN'),
  'other content of a package': (prefix) => keepingTime(join(prefix, 'lib/numpy/a.py'), 'a = 2\n'),
  'the same content': (prefix) => keepingTime(join(prefix, 'lib/numpy/a.py'), 'a = 1\n'),
  'a rewritten file': (prefix) =>
    keepingTime(join(prefix, 'lib/numpy/paths.py'), `home = "${prefix}/SHARE"\n`),
  'another file in its place': async (prefix) => {
    await keepingTime(join(prefix, 'new'), 'Own');
    await rename(join(prefix, 'new'), join(prefix, 'lib/own.py'));
  },
  'one more file': (prefix) => writeFile(join(prefix, 'lib/more.py'), `${Math.random()}`),
  'one file less': (prefix) => rm(join(prefix, 'lib/more.py'), { force: true }),
  'another mode': async (prefix) => {
    const place = join(prefix, 'lib/own.py');
    await chmod(place, (await stat(place)).mode & 0o100 ? 0o644 : 0o755);
  },
  'another name': async (prefix) => {
    await rename(join(prefix, 'lib/own.py'), join(prefix, 'lib/other.py'));
    await writeFile(join(prefix, 'lib/own.py'), 'own');
  },
  'a link that leads elsewhere': async (prefix) => {
    await unlink(join(prefix, 'lib/numpy/core.so.1'));
    await symlink('a.py', join(prefix, 'lib/numpy/core.so.1'));
  },
  'a link that leads out': async (prefix) => {
    await rm(join(prefix, 'lib/out.py'), { force: true });
    await symlink('../../outside.py', join(prefix, 'lib/out.py'));
  },
  'a link in place of a file': async (prefix) => {
    await unlink(join(prefix, 'lib/numpy/a.py'));
    await symlink('paths.py', join(prefix, 'lib/numpy/a.py'));
  },
  'a second name': async (prefix) => {
    await rm(join(prefix, 'lib/twin.py'), { force: true });
    await link(join(prefix, 'lib/own.py'), join(prefix, 'lib/twin.py'));
  },
  'compiled Python': async (prefix) => {
    const source = await stat(join(prefix, 'lib/python3.11/os.py'));
    await mkdir(join(prefix, 'lib/python3.11/__pycache__'), { recursive: true });
    await writeFile(
      join(prefix, 'lib/python3.11/__pycache__/os.cpython-311.pyc'),
      fakeBytecode(source.size, Math.floor(source.mtimeMs / 1000)),
    );
  },
  'another record': async (prefix) => {
    const place = join(prefix, 'conda-meta/numpy-1.0-0.json');
    const record = JSON.parse(await readFile(place, 'utf8'));
    record.paths_data.paths[1].file_mode = 'text';
    record.paths_data.paths[1].sha256_in_prefix = 'f'.repeat(64);
    await keepingTime(place, JSON.stringify(record));
  },
  'a folder that stays behind': async (prefix) => {
    await mkdir(join(prefix, 'pkgs'), { recursive: true });
  },
  'what pip installed': async (prefix) => {
    const folder = join(prefix, 'lib/python3.11/site-packages/tool-1.0.dist-info');
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'RECORD'), '../../../own.py,,\n../../../more.py,,\n');
  },
};

for (const [title, change] of Object.entries(CHANGES)) {
  test(`a prefix that changed is packed as if nothing was known: ${title}`, async (context) => {
    const { folder, prefix, packIt, plain } = await workbench(context);
    await packIt();
    untilNextTick(folder);
    await change(prefix);
    const expected = facts(await plain());
    assert.deepEqual(facts(await packIt()), expected);
    assert.deepEqual(facts(await packIt()), expected);
  });
}

test('any changes, one after the other, are seen, in either format', async (context) => {
  const titles = fc.array(fc.constantFrom(...Object.keys(CHANGES)), { maxLength: 3 });
  const { folder, prefix, packIt, plain } = await workbench(context);
  await fc.assert(
    fc.asyncProperty(titles, fc.constantFrom('zip', 'tar.gz'), async (steps, format) => {
      untilNextTick(folder);
      // Lost links of the interpreter and the like are refused with and without a memory.
      for (const title of steps) await CHANGES[title]?.(prefix);
      assert.deepEqual(facts(await packIt({ format })), facts(await plain({ format })));
    }),
    { numRuns: 40 },
  );
});

test('what links lead to outside of the prefix is looked at each time', async (context) => {
  const { folder, prefix, packIt, plain } = await workbench(context);
  const unpacked = join(folder, 'pkgs/tool-1.0-0');
  await mkdir(join(unpacked, 'info'), { recursive: true });
  await writeFile(join(unpacked, 'info/index.json'), '{}');
  await writeFile(join(unpacked, 'tool.py'), 'one');
  await symlink(join(unpacked, 'tool.py'), join(prefix, 'lib/tool.py'));
  await writeFile(
    join(prefix, 'conda-meta/tool-1.0-0.json'),
    JSON.stringify({ name: 'tool', version: '1.0', files: ['lib/tool.py'] }),
  );
  await packIt();
  untilNextTick(folder);
  await keepingTime(join(unpacked, 'tool.py'), 'two');
  assert.deepEqual(facts(await packIt()), facts(await plain()));
});

test('a name that leads to the prefix by now is rewritten like the others', async (context) => {
  const { folder, prefix, packIt, plain } = await workbench(context);
  const other = join(folder, 'other');
  await writeFile(join(prefix, 'bin/tool'), `#!${other}/bin/python\nprint("${other}")\n`);
  await packIt();
  await symlink(prefix, other);
  assert.deepEqual(facts(await packIt()), facts(await plain()));
});
