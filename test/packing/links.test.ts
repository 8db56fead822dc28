import assert from 'node:assert/strict';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { lint } from '../../src/packing/lint.ts';
import { type PackReport, type PackRequest, pack } from '../../src/packing/pack.ts';
import { type FakeFile, fakePrefix, PYTHON, temporaryFolder } from './fake-prefix.ts';
import { listWithPython, output } from './tools.ts';

const SITE = 'lib/python3.11/site-packages';

interface Packed {
  report: PackReport;
  members: Awaited<ReturnType<typeof listWithPython>>;
  archive: string;
}

async function packed(prefix: string, format: PackRequest['format']): Promise<Packed> {
  const archive = `${prefix}-packed.${format}`;
  const report = await pack({ prefix, output: archive, format, root: 'e' });
  return { report, members: await listWithPython(archive), archive };
}

async function environment(context: TestContext, files: Record<string, FakeFile>) {
  const folder = await temporaryFolder(context);
  return fakePrefix(join(folder, 'churn'), { python: { ...PYTHON, ...files } });
}

function warnings(report: PackReport): [string, string | undefined][] {
  return report.warnings.map(({ id, path }) => [id, path]);
}

test('links into the prefix become relative, whichever name of it they use', async (context) => {
  const prefix = await environment(context, {
    'lib/absolute': { link: '{prefix}/bin/python3.11' },
    'lib/folder': { link: '{prefix}/bin' },
    'lib/round': { link: '../../churn/bin/python3.11' },
    'share/a/b': { link: '../../lib/folder/python3.11' },
  });
  await symlink(prefix, `${prefix}-alias`);
  await symlink(`${prefix}-alias/bin/python3.11`, join(prefix, 'lib/alias'));
  for (const name of [prefix, `${prefix}-alias`]) {
    const { members, report } = await packed(name, 'tar.gz');
    assert.deepEqual(report.warnings, []);
    const targets = ['absolute', 'alias', 'round'].map((link) => members[`e/lib/${link}`]?.[2]);
    assert.deepEqual(targets, Array(3).fill('../bin/python3.11'));
    assert.equal(members['e/lib/folder']?.[2], '../bin');
    assert.equal(members['e/share/a/b']?.[2], '../../lib/folder/python3.11');
    const zip = await packed(name, 'zip');
    assert.deepEqual(zip.members['e/share/a/b'], zip.members['e/bin/python3.11']);
    assert.equal(zip.members['e/lib/folder/python3.11']?.[0], 'file');
  }
});

test('links to nothing or to something outside are named; a tar keeps them, a zip cannot', async (context) => {
  const prefix = await environment(context, {
    'lib/gone': { link: 'nowhere' },
    'lib/gone-absolute': { link: '{prefix}/lib/nowhere' },
    'lib/self': { link: 'self' },
    'lib/host': { link: '/etc/hostname' },
    'lib/climbs': { link: '../../../../../../../../../../etc/hostname' },
    'lib/folder-outside': { link: '/etc' },
    'lib/below-outside': { link: 'folder-outside/hostname' },
    'lib/cache': { link: 'python3.11/__pycache__/os.cpython-311.pyc' },
  });
  await mkdir(join(prefix, 'lib/python3.11/__pycache__'));
  await writeFile(join(prefix, 'lib/python3.11/__pycache__/os.cpython-311.pyc'), 'left out');
  const tar = await packed(prefix, 'tar.gz');
  assert.deepEqual(warnings(tar.report), [
    ['link-outside', 'lib/below-outside'],
    ['dangling-link', 'lib/cache'],
  ]);
  const [outside, dangling] = tar.report.warnings;
  assert.match(outside?.text ?? '', /as they are: .*`lib\/climbs` → `\/etc\/hostname`/);
  for (const link of ['cache', 'gone', 'gone-absolute', 'self']) {
    assert.match(dangling?.text ?? '', new RegExp(`\`lib/${link}\``));
  }
  const targets = (link: string) => tar.members[`e/lib/${link}`]?.[2];
  assert.equal(targets('gone'), 'nowhere');
  assert.equal(targets('gone-absolute'), 'nowhere');
  assert.equal(targets('host'), '/etc/hostname');
  assert.equal(
    targets('climbs'),
    '/etc/hostname',
    'at the same place from wherever it is unpacked',
  );
  const { findings } = await lint(tar.archive);
  assert.deepEqual(findings.map(({ id, severity }) => [id, severity]).sort(), [
    ['dangling-link', 'warning'],
    ['link-outside', 'warning'],
  ]);
  const zip = await packed(prefix, 'zip');
  assert.deepEqual(warnings(zip.report), warnings(tar.report));
  assert.match(zip.report.warnings[0]?.text ?? '', /a zip cannot hold them/);
  assert.ok(!Object.keys(zip.members).some((path) => /gone|host|self|climbs|cache/.test(path)));
});

test('an interpreter that is not in the prefix is refused by name', async (context) => {
  for (const link of ['/usr/bin/python3', 'nowhere']) {
    const folder = await temporaryFolder(context);
    const prefix = await fakePrefix(join(folder, 'churn'), { python: { 'bin/python3': { link } } });
    await symlink('python3', join(prefix, 'bin/python'));
    const request = {
      prefix,
      output: join(folder, 'a.tar.gz'),
      format: 'tar.gz',
      root: 'e',
    } as const;
    await assert.rejects(pack(request), (error: Error & { code: string }) => {
      assert.equal(error.code, 'dangling-link');
      assert.match(error.message, /`bin\/python` links to `.*`.*no Python/);
      return true;
    });
  }
});

/** A package cache beside the prefix, with the metadata that an unpacked package has. */
async function unpackedPackage(place: string, files: Record<string, string>): Promise<void> {
  for (const [path, content] of Object.entries({ ...files, 'info/index.json': '{}' })) {
    await mkdir(join(place, path, '..'), { recursive: true });
    await writeFile(join(place, path), content);
  }
}

test('links into the package cache travel as the files, unless the link is to somebody else', async (context) => {
  const folder = await temporaryFolder(context);
  const cache = join(folder, 'pkgs/soft-1.0-0');
  await unpackedPackage(cache, { 'lib/libsoft.so.1': 'library', 'lib/unlisted': 'more' });
  await mkdir(join(folder, 'home'));
  await writeFile(join(folder, 'home/key'), 'secret');
  const prefix = await fakePrefix(join(folder, 'churn'), {
    python: PYTHON,
    soft: {
      'lib/libsoft.so.1': { link: `${cache}/lib/libsoft.so.1` },
      'lib/libsoft.so': { link: 'libsoft.so.1' },
      'lib/key': { link: join(folder, 'home/key') },
    },
  });
  await symlink(`${cache}/lib/unlisted`, join(prefix, 'lib/unlisted'));
  for (const format of ['tar.gz', 'zip'] as const) {
    const { members, report } = await packed(prefix, format);
    assert.equal(members['e/lib/libsoft.so.1']?.[0], 'file');
    assert.equal(members['e/lib/unlisted']?.[0], 'file');
    assert.equal(members['e/lib/libsoft.so']?.[0], format === 'zip' ? 'file' : 'link');
    assert.deepEqual(warnings(report), [['link-outside', 'lib/key']]);
    assert.notEqual(members['e/lib/key']?.[0], 'file', 'a record alone does not open other files');
  }
});

test('links of uv into its cache travel when the record has the digest of what is there', async (context) => {
  const folder = await temporaryFolder(context);
  await mkdir(join(folder, 'uv'));
  await writeFile(join(folder, 'uv/a.py'), 'x = 1\n');
  await writeFile(join(folder, 'uv/b.py'), 'changed in the cache\n');
  const digest = (
    await output(
      'sh',
      '-c',
      'openssl dgst -sha256 -binary "$1" | base64 | tr +/ -_ | tr -d =',
      'sh',
      join(folder, 'uv/a.py'),
    )
  ).trim();
  const prefix = await fakePrefix(
    join(folder, 'churn'),
    { python: PYTHON },
    {
      [`${SITE}/mod/a.py`]: { link: join(folder, 'uv/a.py') },
      [`${SITE}/mod/b.py`]: { link: join(folder, 'uv/b.py') },
      [`${SITE}/mod-1.0.dist-info/RECORD`]: `mod/a.py,sha256=${digest},6\nmod/b.py,sha256=${digest},6\nmod-1.0.dist-info/RECORD,,\n`,
    },
  );
  const { members, report } = await packed(prefix, 'zip');
  assert.equal(members[`e/${SITE}/mod/a.py`]?.[0], 'file');
  assert.deepEqual(warnings(report), [['link-outside', `${SITE}/mod/b.py`]]);
});

test('a zip says how much it holds twice', async (context) => {
  const prefix = await environment(context, {
    'lib/big': Buffer.alloc(3 << 20, 'x'),
    lib64: { link: 'lib' },
  });
  const { report, members } = await packed(prefix, 'zip');
  assert.deepEqual(warnings(report), [['links-copied', 'lib64']]);
  assert.match(report.warnings[0]?.text ?? '', /3\.1 MB.*`lib64` → `lib`/);
  assert.ok('e/lib64/big' in members);
  assert.deepEqual((await packed(prefix, 'tar.gz')).report.warnings, []);
});

test('folders that all link to each other end a zip in words', async (context) => {
  const names = Array.from({ length: 9 }, (_, index) => `p${index}`);
  const files: Record<string, FakeFile> = {};
  for (const name of names) {
    files[`lib/${name}/x`] = 'x';
    for (const other of names) files[`lib/${name}/to-${other}`] = { link: `../${other}` };
  }
  const prefix = await environment(context, files);
  await assert.rejects(packed(prefix, 'zip'), { code: 'links-multiply' });
  assert.deepEqual((await packed(prefix, 'tar.gz')).report.warnings, []);
});
