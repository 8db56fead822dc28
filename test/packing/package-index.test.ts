import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { appendFile, cp, readdir, readFile, truncate, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { test } from 'node:test';
import type { LockedPackage } from '../../src/domain/lock.ts';
import { pruneCache } from '../../src/packing/cache.ts';
import {
  type Linking,
  type PackageIndex,
  packageKeys,
  readPackageIndex,
  writePackageIndex,
} from '../../src/packing/package-index.ts';
import { temporaryFolder } from './fake-prefix.ts';

const KEY = 'a'.repeat(64);

const INDEX: PackageIndex = {
  name: 'numpy',
  record: 'conda-meta/numpy-1.0-0.json',
  files: [
    {
      ...{ path: 'lib/a\n"ü.py', kind: 'file', executable: false, bytes: 7, target: '' },
      fate: 'keep',
      linked: { sha256: null, mode: 'binary', placeholderBytes: 255 },
    },
  ],
  folders: ['lib'],
  members: [
    {
      ...{ path: 'lib/a\n"ü.py', source: 'lib/a\n"ü.py', bytes: 7, sha256: 'f'.repeat(64) },
      lent: { sha256: 'e'.repeat(64), mode: null, placeholderBytes: 0 },
      record: { path: 'lib/a\n"ü.py', mode: 'declared', capacity: 0 },
      faults: [{ fault: 'start-up', path: 'lib/a\n"ü.py' }],
    },
  ],
  outdated: ['lib/__pycache__/a.cpython-311.pyc'],
  blanked: Buffer.from('{\n "name": "numpy"\n}\n'),
};

test('what is known of a package is read as it was written', async (context) => {
  const folder = join(await temporaryFolder(context), 'cache');
  assert.equal(readPackageIndex(folder, KEY), null);
  writePackageIndex(folder, KEY, INDEX);
  assert.deepEqual(readPackageIndex(folder, KEY), INDEX);
  assert.deepEqual(await readdir(folder), [KEY]);
});

test('an index with any byte wrong or missing is none, and goes', async (context) => {
  const folder = await temporaryFolder(context);
  const place = join(folder, KEY);
  writePackageIndex(folder, KEY, INDEX);
  const whole = await readFile(place);
  for (let at = 0; at < whole.length; at += 1) {
    const damaged = Buffer.from(whole);
    damaged[at] = (damaged[at] as number) ^ 1;
    await writeFile(place, damaged);
    assert.equal(readPackageIndex(folder, KEY), null, `byte ${at}`);
    assert.deepEqual(await readdir(folder), []);
  }
  for (let bytes = 0; bytes < whole.length; bytes += 1) {
    await writeFile(place, whole);
    await truncate(place, bytes);
    assert.equal(readPackageIndex(folder, KEY), null, `${bytes} bytes`);
  }
});

test('one that cannot be written leaves nothing, and says why', async (context) => {
  const folder = await temporaryFolder(context);
  mkdirSync(join(folder, KEY));
  assert.throws(() => writePackageIndex(folder, KEY, INDEX), /EISDIR|ENOTEMPTY|EEXIST/);
  assert.deepEqual(await readdir(folder), [KEY]);
});

/** Writes two indexes in turns under one key until it is stopped; a line for each. */
const WRITER = `
const { writePackageIndex } = await import(process.argv[1]);
const [folder, key, head] = process.argv.slice(2);
for (let round = 0; ; round += 1) {
  const blanked = Buffer.alloc(1 << 20, String(round % 2));
  try {
    writePackageIndex(folder, key, { ...JSON.parse(head), blanked });
  } catch (error) {
    console.log(error.code);
    process.exit();
  }
  console.log('written');
}`;

function startWriter(folder: string, limit = ''): ReturnType<typeof spawn> {
  const { blanked: _, ...head } = INDEX;
  const writer = import.meta.resolve('../../src/packing/package-index.ts');
  const words = ['--input-type=module', '-e', WRITER, writer, folder, KEY, JSON.stringify(head)];
  const shell = ['-c', `${limit} exec "$0" "$@"`, process.execPath, ...words];
  return spawn('sh', shell, { stdio: ['ignore', 'pipe', 'inherit'] });
}

test('a writer that is killed leaves a whole index', async (context) => {
  const folder = await temporaryFolder(context);
  for (let kills = 0; kills < 10; kills += 1) {
    const writer = startWriter(folder);
    const ended = once(writer, 'exit');
    await once(writer.stdout as Readable, 'data');
    writer.kill('SIGKILL');
    await ended;
    const { blanked, ...head } = readPackageIndex(folder, KEY) ?? assert.fail('there is none');
    assert.deepEqual({ ...head, blanked: INDEX.blanked }, INDEX);
    assert.equal(blanked.length, 1 << 20);
    assert.ok(blanked.equals(Buffer.alloc(1 << 20, blanked.subarray(0, 1))));
  }
});

test('a disk that takes no more leaves nothing', async (context) => {
  const folder = await temporaryFolder(context);
  const writer = startWriter(folder, 'ulimit -f 8;');
  const [line] = await once(writer.stdout as Readable, 'data');
  await once(writer, 'exit');
  assert.equal(String(line), 'EFBIG\n');
  assert.deepEqual(await readdir(folder), []);
});

test('pruning takes what was not used for longest, whether index or segment', async (context) => {
  const folder = await temporaryFolder(context);
  const [old, used] = ['b'.repeat(64), 'c'.repeat(64)];
  for (const key of [old, used]) {
    writePackageIndex(folder, key, INDEX);
    await utimes(join(folder, key), 1, 1);
  }
  assert.ok(readPackageIndex(folder, used));
  pruneCache(folder, (await readFile(join(folder, used))).length);
  assert.deepEqual(await readdir(folder), [used]);
});

const locked = (name: string, more: Partial<LockedPackage> = {}): LockedPackage => ({
  ...{ name, version: '1.0', build: '0', subdir: 'linux-64', channel: 'main', md5: null, size: 1 },
  ...{ url: `https://conda.example/main/linux-64/${name}-1.0-0.conda`, sha256: `${name}-digest` },
  ...more,
});

test('a package is known by its bytes and by all that decides how it is linked', () => {
  const python = locked('python');
  const packages = [python, locked('numpy'), locked('six', { subdir: 'noarch' })];
  const usual: Linking = {
    lock: { platform: 'linux-64', packages },
    ...{ engine: 'rattler 0.28', names: ['/data/prefix/0/env'], format: 'zip' },
  };
  const known = (linking: Partial<Linking>) => {
    const keys = packageKeys({ ...usual, ...linking });
    return packageKeys(usual).map((key, index) => keys[index] === key);
  };
  const beside = (...others: LockedPackage[]) =>
    known({ lock: { platform: 'linux-64', packages: others } });
  assert.deepEqual(known({}), [true, true, true]);
  assert.deepEqual(known({ engine: 'rattler 0.29' }), [false, false, false]);
  assert.deepEqual(known({ names: ['/data/prefix/1/env'] }), [false, false, false]);
  assert.deepEqual(known({ format: 'tar.gz' }), [false, false, false]);
  const [, numpy, six] = packages as [LockedPackage, LockedPackage, LockedPackage];
  assert.deepEqual(beside(python, { ...numpy, sha256: 'other' }, six), [true, false, true]);
  assert.deepEqual(beside(python, { ...numpy, url: 'https://other/x' }, six), [true, false, true]);
  // Compiled and placed by Python.
  assert.deepEqual(beside({ ...python, sha256: 'other' }, numpy, six), [false, true, false]);
  assert.deepEqual(beside({ ...python, size: 2 }, numpy, six), [true, true, true]);
});

test('a packer that runs while a newer one is installed keeps nothing under the name of that', async (context) => {
  const folder = await temporaryFolder(context);
  for (const part of ['packing', 'domain']) {
    await cp(join(import.meta.dirname, '../../src', part), join(folder, part), { recursive: true });
  }
  await writeFile(join(folder, 'package.json'), '{"type":"module"}');
  const running = await import(join(folder, 'packing/package-index.ts'));
  await appendFile(join(folder, 'packing/relocate.ts'), '// Another one.\n');
  const linking: Linking = {
    lock: { platform: 'linux-64', packages: [locked('python')] },
    ...{ engine: 'conda 26.7.1', names: ['/opt/env'], format: 'zip' },
  };
  assert.deepEqual(running.packageKeys(linking), packageKeys(linking));
});
