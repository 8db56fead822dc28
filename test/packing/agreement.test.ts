import assert from 'node:assert/strict';
import { chmod, mkdir, readdir, readFile, rename, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { sizeWarnings } from '../../src/packing/archive-warnings.ts';
import { lint } from '../../src/packing/lint.ts';
import { type PackRequest, pack } from '../../src/packing/pack.ts';
import fc from '../harness/properties.ts';
import {
  type FakeFile,
  fakeBytecode,
  fakePrefix,
  PYTHON,
  setModified,
  temporaryFolder,
} from './fake-prefix.ts';
import { listWithPython, output } from './tools.ts';

const SITE = 'lib/python3.11/site-packages';

/** Files of an environment as people have them: each may be there or not. */
const FILES: Record<string, FakeFile> = {
  'bin/good': '#!{prefix}/bin/python\n',
  'bin/long': "#!/bin/sh\n'''exec' \"{prefix}/bin/python\" \"$0\" \"$@\" #'''\n",
  'bin/both': '#!{prefix}/bin/python -E\nHOME = "{prefix}"\n',
  'bin/shell': '#!/bin/sh\nexec {prefix}/bin/java -jar x\n',
  'bin/old': '#!/somewhere/else/bin/python\n',
  'bin/old-long': "#!/bin/sh\n'''exec' /somewhere/else/bin/python \"$0\" \"$@\"\n' '''\n",
  'bin/below': '#!{prefix}/libexec/own/interpreter\n',
  'bin/local': '#!/usr/local/bin/perl\n',
  'bin/unreplaced': `#!/bin/sh\nX=/opt/${'_placehold'.repeat(9)}\n`,
  'libexec/tool': '#!{prefix}/bin/perl -w\n',
  [`${SITE}/inside.pth`]: '{prefix}/opt/more\nimport os\n',
  [`${SITE}/path.pth`]: 'import sys; sys.path.insert(0, "{prefix}/opt/more")\n',
  [`${SITE}/sitecustomize.py`]: 'HOME = "{prefix}"\n',
  [`${SITE}/where.py`]: 'PREFIX = "{prefix}"\n',
  'share/jupyter/kernels/python3/kernel.json':
    '{"argv": ["{prefix}/bin/python", "-m", "ipykernel_launcher"]}',
  'etc/text': 'x={prefix}/etc y=/usr{prefix}\n',
  'share/data.bin': '\0{prefix}/share\0',
  'share/utf16.txt': Buffer.from('\ufeff/nothing here', 'utf16le'),
  'lib/inside': { link: '{prefix}/lib/python3.11' },
  'lib/outside': { link: '/etc/hostname' },
  'lib/gone': { link: 'nowhere' },
  'share/empty': '',
};

const named = fc.subarray(Object.keys(FILES));

async function environment(context: TestContext, names: readonly string[]): Promise<string> {
  const folder = await temporaryFolder(context);
  const files = Object.fromEntries(names.map((name) => [name, FILES[name] as FakeFile]));
  return fakePrefix(join(folder, 'prefix'), { python: PYTHON }, files);
}

for (const format of ['tar.gz', 'zip'] as const) {
  for (const targetPrefix of [null, '/opt/e']) {
    const where = targetPrefix ?? 'anywhere';
    test(`lint says what packing said, and no more: ${format} for ${where}`, async (context) => {
      await fc.assert(
        fc.asyncProperty(named, async (names) => {
          const prefix = await environment(context, names);
          const archive = join(prefix, `../a.${format}`);
          const request = { prefix, output: archive, format, root: 'e', targetPrefix };
          const { warnings } = await pack(request);
          const { findings } = await lint(archive);
          const ids = (list: readonly { id: string }[]) =>
            [...new Set(list.map(({ id }) => id))].sort();
          // That depends on the cluster, not on the environment.
          const said = findings.filter(({ id }) => id !== 'exec-bit-lost');
          assert.deepEqual(ids(said), ids(warnings), names.join(' '));
          assert.ok(said.every(({ severity }) => severity === 'warning'));
        }),
        { numRuns: 12 },
      );
    });
  }
}

test('faults are said of the files that have them, in the words of lint', async (context) => {
  const prefix = await environment(context, Object.keys(FILES));
  const archive = join(prefix, '../a.tar.gz');
  const { warnings } = await pack({ prefix, output: archive, format: 'tar.gz', root: 'e' });
  const dead = warnings.filter(({ text }) => text.startsWith('Scripts in `bin/` name'));
  assert.match(dead[0]?.text ?? '', /\(3 files; first `bin\/below`\)/);
  const { findings } = await lint(archive);
  const found = findings.find(({ text }) => text.startsWith('Scripts in `bin/` name'));
  assert.deepEqual(found?.paths, ['e/bin/below', 'e/bin/old', 'e/bin/old-long']);
  const data = findings.find(({ id }) => id === 'prefix-in-data');
  assert.deepEqual(data?.paths, ['share/data.bin']);
});

test('configuration names its environment relatively', async (context) => {
  const prefix = await environment(context, [
    `${SITE}/inside.pth`,
    'share/jupyter/kernels/python3/kernel.json',
  ]);
  await writeFile(
    join(prefix, 'bin/qt.conf'),
    `[Paths]\nPrefix = ${prefix}\nPlugins = ${prefix}/plugins\nOther = /usr\n`,
  );
  const archive = join(prefix, '../a.tar.gz');
  await pack({ prefix, output: archive, format: 'tar.gz', root: 'e' });
  const text = (path: string) => output('tar', 'xOzf', archive, `e/${path}`);
  assert.equal(await text(`${SITE}/inside.pth`), '../../../opt/more\nimport os\n');
  const kernel = await text('share/jupyter/kernels/python3/kernel.json');
  assert.equal(JSON.parse(kernel).argv[0], 'python');
  assert.equal(
    await text('bin/qt.conf'),
    '[Paths]\nPrefix = ..\nPlugins = plugins\nOther = /usr\n',
  );
});

test('compiled Python whose source names the prefix stays behind, and so do caches of numba', async (context) => {
  const cache = `${SITE}/__pycache__`;
  const folder = await temporaryFolder(context);
  const text = 'PREFIX = "{prefix}"\n';
  const prefix = join(folder, 'prefix');
  const bytes = text.replace('{prefix}', prefix).length;
  await fakePrefix(
    prefix,
    {
      python: PYTHON,
      where: {
        [`${SITE}/where.py`]: text,
        [`${cache}/where.cpython-311.pyc`]: fakeBytecode(bytes, 7),
        [`${SITE}/checked.py`]: text,
        [`${cache}/checked.cpython-311.pyc`]: fakeBytecode(0, 0, 0b01),
        [`${SITE}/other.py`]: 'x = "/usr{prefix}"\n',
        [`${cache}/other.cpython-311.pyc`]: fakeBytecode(0, 0, 0b01),
        [`${SITE}/test_a.py`]: 'pass\n',
        [`${cache}/test_a.cpython-311-pytest-8.3.4.pyc`]: fakeBytecode(5, 7),
      },
    },
    { [`${cache}/fast.add-1.py311.nbi`]: 'index', [`${cache}/fast.add-1.py311.1.nbc`]: 'code' },
  );
  await setModified(join(prefix, `${SITE}/where.py`), 7);
  const archive = join(folder, 'a.zip');
  for (const targetPrefix of [null, '/opt/e']) {
    await pack({ prefix, output: archive, format: 'zip', root: 'e', targetPrefix });
    const cached = Object.keys(await listWithPython(archive)).filter((path) =>
      path.startsWith(`e/${cache}/`),
    );
    assert.deepEqual(cached, [`e/${cache}/other.cpython-311.pyc`]);
  }
});

async function textOf(context: TestContext, prefix: string, path: string, more = {}) {
  const folder = await temporaryFolder(context);
  const archive = join(folder, 'a.tar.gz');
  const request: PackRequest = { prefix, output: archive, format: 'tar.gz', root: 'e', ...more };
  await pack(request);
  return output('tar', 'xOzf', archive, `e/${path}`);
}

test('the prefix is known by its real path, and by the link its scripts name', async (context) => {
  const folder = await temporaryFolder(context);
  await mkdir(join(folder, 'data'));
  await symlink(join(folder, 'data'), join(folder, 'home'));
  const named = join(folder, 'home/e');
  const real = join(folder, 'data/e');
  await fakePrefix(
    named,
    { python: PYTHON },
    { 'bin/tool': '#!{prefix}/bin/python\n', 'etc/both': `{prefix} ${real} ${real}-old\n` },
  );
  for (const prefix of [named, real]) {
    const more = { targetPrefix: '/opt/e' };
    assert.equal(await textOf(context, prefix, 'etc/both', more), `/opt/e /opt/e ${real}-old\n`);
    assert.equal(await textOf(context, prefix, 'bin/tool'), '#!/usr/bin/env python\n');
  }
});

test('what came out of an archive and is packed again knows where it was built', async (context) => {
  const folder = await temporaryFolder(context);
  const built = await fakePrefix(
    join(folder, 'built'),
    { python: PYTHON },
    { 'etc/where': '{prefix}\n' },
  );
  const archive = join(folder, 'a.tar.gz');
  await pack({ prefix: built, output: archive, format: 'tar.gz', root: 'e' });
  await output('tar', 'xzf', archive, '-C', folder);
  await rename(built, join(folder, 'gone'));
  const again = await textOf(context, join(folder, 'e'), 'etc/where', { targetPrefix: '/opt/e' });
  assert.equal(again, '/opt/e\n');
});

test('an archive inside the environment leaves itself and its cache out, and that is said', async (context) => {
  const prefix = await environment(context, []);
  await mkdir(join(prefix, 'out'));
  const archive = join(prefix, 'out/a.tar.gz');
  const cache = join(prefix, 'out/cache');
  const request = { prefix, output: archive, format: 'tar.gz' as const, root: 'e', cache };
  const first = await pack(request);
  const second = await pack(request);
  assert.equal(second.sha256, first.sha256);
  assert.deepEqual(
    second.warnings.map(({ id }) => id),
    ['output-in-prefix'],
  );
  const members = Object.keys(await listWithPython(archive));
  assert.deepEqual(
    members.filter((path) => path.startsWith('e/out')),
    ['e/out'],
  );
  assert.deepEqual((await readdir(join(prefix, 'out'))).sort(), ['a.tar.gz', 'cache']);
});

test('a target too long for the kernel or with a space gets scripts that start by the PATH', async (context) => {
  const prefix = await environment(context, ['bin/both']);
  for (const targetPrefix of ['/opt/a b', `/opt/${'x'.repeat(130)}`]) {
    assert.equal(
      await textOf(context, prefix, 'bin/both', { targetPrefix }),
      `#!/usr/bin/env -S python -E\nHOME = "${targetPrefix}"\n`,
    );
  }
});

test('an interpreter that is not executable is said by both', async (context) => {
  const prefix = await environment(context, []);
  await chmod(join(prefix, 'bin/python3.11'), 0o644);
  const archive = join(prefix, '../a.tar.gz');
  const { warnings } = await pack({ prefix, output: archive, format: 'tar.gz', root: 'e' });
  const { findings } = await lint(archive);
  for (const said of [warnings, findings]) {
    assert.deepEqual(
      said.map(({ id }) => id),
      ['exec-bit-lost'],
    );
  }
});

test('what lint takes for a bomb, and what is slow to unpack, is said when it is packed', () => {
  const said = (files: number, bytes: number, sourceBytes: number) =>
    sizeWarnings({ files, bytes, sourceBytes }).map(({ id }) => id);
  assert.deepEqual(said(60_000, 5e8, 5e9), []);
  assert.deepEqual(said(60_001, 5e8, 5e9), ['slow-localisation']);
  assert.deepEqual(said(10, 1e6, 2e9), ['archive-bomb']);
  assert.deepEqual(said(10, 1e6, 9e8), []);
});

test('setuid bits do not travel', async (context) => {
  const prefix = await environment(context, ['bin/good']);
  await chmod(join(prefix, 'bin/good'), 0o4755);
  const archive = join(prefix, '../a.tar.gz');
  await pack({ prefix, output: archive, format: 'tar.gz', root: 'e' });
  assert.equal((await listWithPython(archive))['e/bin/good']?.[1], 0o755);
  assert.ok((await readFile(archive)).length > 0);
});
