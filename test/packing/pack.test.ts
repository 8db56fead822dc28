import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { chmod, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { packWithArchiver } from '../../src/adapters/packers/archiver.ts';
import { ContentReader } from '../../src/packing/content.ts';
import { lint } from '../../src/packing/lint.ts';
import { type PackReport, type PackRequest, pack } from '../../src/packing/pack.ts';
import { listPrefix } from '../../src/packing/prefix.ts';
import {
  type FakeFile,
  fakeBytecode,
  fakePrefix,
  PYTHON,
  setModified,
  temporaryFolder,
} from './fake-prefix.ts';
import { listWithPython, output } from './tools.ts';

const FORMATS = ['zip', 'tar.gz'] as const;

interface Packed {
  report: PackReport;
  members: Awaited<ReturnType<typeof listWithPython>>;
  archive: string;
}

async function packed(
  context: TestContext,
  format: PackRequest['format'],
  packages: Record<string, Record<string, FakeFile>>,
  loose: Record<string, FakeFile> = {},
  more: Partial<PackRequest> = {},
): Promise<Packed> {
  const folder = await temporaryFolder(context);
  const prefix = await fakePrefix(join(folder, 'prefix'), packages, loose);
  const archive = join(folder, `churn.${format}`);
  const report = await pack({ prefix, output: archive, format, root: 'churn', ...more });
  return { report, members: await listWithPython(archive), archive };
}

async function refused(
  context: TestContext,
  packages: Record<string, Record<string, FakeFile>>,
  loose: Record<string, FakeFile> = {},
): Promise<{ code: string; message: string }> {
  const folder = await temporaryFolder(context);
  const prefix = await fakePrefix(join(folder, 'prefix'), packages, loose);
  const archive = join(folder, 'a.tar.gz');
  try {
    await pack({ prefix, output: archive, format: 'tar.gz', root: 'churn' });
  } catch (error) {
    assert.deepEqual(await readdir(folder), ['prefix'], 'nothing is left behind');
    return error as { code: string; message: string };
  }
  throw new assert.AssertionError({ message: 'it was packed' });
}

function sha256(content: string | Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}

test('everything lies under the root, and links are kept in tar and copied into zip', async (context) => {
  const zip = await packed(context, 'zip', { python: PYTHON });
  const tar = await packed(context, 'tar.gz', { python: PYTHON });
  const folders = ['churn', 'churn/bin', 'churn/conda-meta', 'churn/lib', 'churn/lib/python3.11'];
  for (const { members } of [zip, tar]) {
    assert.deepEqual(Object.keys(members).slice(0, folders.length), folders);
    assert.deepEqual(members['churn/bin'], ['directory', 0o755, '']);
    assert.deepEqual(members['churn/lib/python3.11/os.py'], [
      'file',
      0o644,
      sha256('import sys\n'),
    ]);
  }
  assert.deepEqual(tar.members['churn/bin/python'], ['link', 0o777, 'python3.11']);
  assert.deepEqual(zip.members['churn/bin/python'], zip.members['churn/bin/python3.11']);
  assert.equal(zip.members['churn/bin/python']?.[1], 0o755);
});

for (const format of FORMATS) {
  test(`${format}: segments are all the bytes, packages first, the project after them`, async (context) => {
    const record = 'project/__init__.py,,\nproject-1.0.dist-info/RECORD,,\n';
    const site = 'lib/python3.11/site-packages';
    const { report, archive } = await packed(
      context,
      format,
      { zlib: { 'lib/libz.so': 'z' }, python: PYTHON },
      {
        [`${site}/project/__init__.py`]: 'x = 1\n',
        [`${site}/project-1.0.dist-info/RECORD`]: record,
        'etc/own.cfg': 'own',
      },
    );
    assert.deepEqual(
      report.segments.map((segment) => segment.name),
      [
        'directories',
        'conda:python',
        'conda:zlib',
        'pip:project',
        'files',
        'scripts',
        'conda-meta',
        'end',
      ],
    );
    const bytes = await readFile(archive);
    let offset = 0;
    for (const segment of report.segments) {
      assert.equal(segment.offset, offset);
      assert.equal(sha256(bytes.subarray(offset, offset + segment.bytes)), segment.sha256);
      offset += segment.bytes;
    }
    assert.equal(offset, bytes.length);
    assert.equal(report.sha256, sha256(bytes));
    assert.equal(report.bytes, bytes.length);
    assert.equal((await stat(archive)).mode & 0o777, 0o644);
  });

  test(`${format}: the same content gives the same bytes, whatever mtimes and umask are`, async (context) => {
    const folder = await temporaryFolder(context);
    await fakePrefix(join(folder, 'same'), { python: PYTHON }, { 'etc/a': '{prefix}' });
    const request = { prefix: join(folder, 'same'), format, root: 'e' };
    const first = await pack({ ...request, output: join(folder, '1') });
    await setModified(join(folder, 'same/lib/python3.11/os.py'), 1);
    await chmod(join(folder, 'same/lib/python3.11/os.py'), 0o600);
    await chmod(join(folder, 'same/lib'), 0o700);
    await writeFile(join(folder, 'same/conda-meta/history'), 'another day');
    const second = await pack({ ...request, output: join(folder, '2') });
    assert.equal(second.sha256, first.sha256);
    await writeFile(join(folder, 'same/lib/python3.11/os.py'), 'import xyz\n');
    const third = await pack({ ...request, output: join(folder, '3') });
    assert.notEqual(third.sha256, first.sha256);
  });

  test(`${format}: archiver writes the same members`, async (context) => {
    const folder = await temporaryFolder(context);
    const prefix = await fakePrefix(
      join(folder, 'prefix'),
      { python: PYTHON },
      { 'bin/tool': '#!{prefix}/bin/python\n', 'etc/empty': '', 'etc/p': '{prefix}', 'lib/é': 'x' },
    );
    await mkdir(join(prefix, 'hollow'));
    const ours = join(folder, `ours.${format}`);
    const reference = join(folder, `reference.${format}`);
    const report = await pack({ prefix, output: ours, format, root: 'churn' });
    const other = await packWithArchiver({ prefix, output: reference, format, root: 'churn' });
    assert.deepEqual(await listWithPython(ours), await listWithPython(reference));
    assert.equal(report.files, other.files);
    const again = await packWithArchiver({ prefix, output: reference, format, root: 'churn' });
    assert.equal(again.sha256, other.sha256);
    assert.deepEqual((await lint(reference)).findings, (await lint(ours)).findings);
  });

  test(`${format}: what we write passes lint wherever it is offered`, async (context) => {
    const { archive } = await packed(context, format, { python: PYTHON }, { 'etc/empty': '' });
    const { verdicts, findings } = await lint(archive);
    const failing = Object.keys(verdicts).filter((name) => verdicts[name] === 'fails');
    if (format === 'tar.gz') assert.deepEqual(findings, []);
    else
      assert.ok(
        failing.every((name) => /spark3\.\d$/.test(name)),
        failing.join(),
      );
  });

  test(`${format}: empty folders and empty files are kept`, async (context) => {
    const { members } = await packed(context, format, { python: { ...PYTHON, 'a/empty': '' } });
    assert.deepEqual(members['churn/a/empty'], ['file', 0o644, sha256('')]);
    const folder = await temporaryFolder(context);
    const prefix = await fakePrefix(join(folder, 'p'), { python: PYTHON });
    await mkdir(join(prefix, 'var/run'), { recursive: true });
    await pack({ prefix, output: join(folder, `o.${format}`), format, root: 'e' });
    const again = await listWithPython(join(folder, `o.${format}`));
    assert.deepEqual(again['e/var/run'], ['directory', 0o755, '']);
  });
}

test('GNU tar and gzip unpack it as YARN does, and unzip too', async (context) => {
  for (const format of FORMATS) {
    const { archive } = await packed(context, format, { python: PYTHON }, { 'etc/x': 'y' });
    const target = await temporaryFolder(context);
    if (format === 'zip') await output('unzip', '-q', archive, '-d', target);
    else await output('sh', '-c', 'gzip -dc "$1" | (cd "$2" && tar -xf -)', 'sh', archive, target);
    assert.equal(await readFile(join(target, 'churn/etc/x'), 'utf8'), 'y');
    assert.equal((await stat(join(target, 'churn/bin/python'))).mode & 0o777, 0o755);
  }
});

test('a tar.gz has one gzip member per segment and one end', async (context) => {
  const { report, archive } = await packed(context, 'tar.gz', { python: PYTHON });
  const bytes = await readFile(archive);
  for (const { offset, bytes: length, name } of report.segments) {
    const member = gunzipSync(bytes.subarray(offset, offset + length));
    assert.equal(member.length % 512, 0);
    assert.equal(
      name === 'end',
      member.every((byte) => byte === 0),
    );
  }
});

test("caches, other environments, foreign scripts and conda's trash stay behind", async (context) => {
  const { members } = await packed(
    context,
    'tar.gz',
    { python: PYTHON },
    {
      'pkgs/a': '',
      'envs/b/c': '',
      'conda-bld/x': '',
      'trash~': '',
      'bin/conda': '',
      'bin/activate': 'foreign',
      'lib/envs/kept': '',
    },
  );
  const gone = ['pkgs', 'envs', 'conda-bld', 'trash~', 'bin/conda'];
  for (const path of gone) assert.ok(!(`churn/${path}` in members), path);
  assert.ok('churn/lib/envs/kept' in members);
  assert.notEqual(members['churn/bin/activate']?.[2], sha256('foreign'));
});

test('conda-meta travels without paths and credentials of the build host', async (context) => {
  const { archive } = await packed(context, 'tar.gz', { python: PYTHON });
  const records = await output('tar', 'xOzf', archive, 'churn/conda-meta/python-1.0-0.json');
  assert.doesNotMatch(records, /secret|tk-123|\/home\/builder\/pkgs/);
  assert.match(records, /https:\/\/conda\.example\/main\/python-1\.0-0\.conda/);
  assert.equal(await output('tar', 'xOzf', archive, 'churn/conda-meta/history'), '');
});

test('with a target prefix everything is rewritten and conda-unpack is not needed', async (context) => {
  const { archive, members } = await packed(
    context,
    'tar.gz',
    { python: PYTHON },
    { 'bin/tool': '#!{prefix}/bin/python\n', 'etc/p': 'home={prefix}\n' },
    { targetPrefix: '/opt/e' },
  );
  assert.equal(await output('tar', 'xOzf', archive, 'churn/bin/tool'), '#!/opt/e/bin/python\n');
  assert.equal(await output('tar', 'xOzf', archive, 'churn/etc/p'), 'home=/opt/e\n');
  assert.ok(!('churn/bin/conda-unpack' in members));
});

const SITE = 'lib/python3.11/site-packages';
const EDITABLES: [title: string, file: string, content: string, name: string][] = [
  [
    'PEP 610',
    `${SITE}/churn-1.0.dist-info/direct_url.json`,
    '{"url": "file:///src", "dir_info": {"editable": true}}',
    'churn',
  ],
  ['a legacy egg-link', `${SITE}/churn.egg-link`, '/src/churn\n.', 'churn'],
  ['a PEP 660 path', `${SITE}/__editable__.churn-1.0.pth`, '/src/churn\n', 'churn'],
  ['a PEP 660 finder', `${SITE}/__editable___churn_1_0_finder.py`, 'MAPPING = {}', 'churn'],
  ['easy-install', `${SITE}/easy-install.pth`, '/src/churn\n', 'easy-install'],
  ['a relative way out', `${SITE}/own.pth`, '../../../../../src\n', 'own'],
];

for (const [title, path, content, name] of EDITABLES) {
  test(`an editable package is refused by name and file: ${title}`, async (context) => {
    const error = await refused(context, { python: PYTHON }, { [path]: content });
    assert.equal(error.code, 'editable-package');
    assert.ok(error.message.includes(`\`${name}\``) && error.message.includes(path), error.message);
  });
}

test('a .pth that stays inside and an ordinary direct_url are no editable packages', async (context) => {
  const { report } = await packed(
    context,
    'tar.gz',
    { python: PYTHON },
    {
      [`${SITE}/ok.pth`]: '# comment\nimport os\nsub/folder\n{prefix}/lib/more\n',
      [`${SITE}/w-1.dist-info/direct_url.json`]: '{"url": "file:///w.whl", "archive_info": {}}',
    },
  );
  assert.deepEqual(report.warnings, []);
});

test('a zip of links that go in circles ends, and says what it left out', async (context) => {
  const { members, report } = await packed(context, 'zip', {
    python: {
      ...PYTHON,
      'a/x': 'x',
      'a/self': { link: '.' },
      'a/up': { link: '../a' },
      'a/b': { link: '../b' },
      'b/y': 'y',
      'b/a': { link: '../a' },
    },
  });
  assert.ok('churn/a/b/y' in members && 'churn/b/a/x' in members);
  const loops = report.warnings.filter(({ id }) => id === 'link-loop').map(({ path }) => path);
  assert.ok(loops.includes('a/self') && loops.includes('a/up'));
});

test('compiled Python travels when it is valid and listed, and no longer depends on times', async (context) => {
  const folder = await temporaryFolder(context);
  const cache = 'lib/python3.11/__pycache__';
  const bytecode = fakeBytecode(11, 1_700_000_000);
  const prefix = await fakePrefix(
    join(folder, 'prefix'),
    {
      python: {
        ...PYTHON,
        [`${cache}/os.cpython-311.pyc`]: bytecode,
        [`${cache}/os.cpython-311.opt-1.pyc`]: bytecode,
        [`${cache}/gone.cpython-311.pyc`]: bytecode,
        'lib/python3.11/io.py': 'changed since\n',
        [`${cache}/io.cpython-311.pyc`]: bytecode,
        'lib/python3.11/re.py': 'checked by hash',
        [`${cache}/re.cpython-311.pyc`]: fakeBytecode(1, 2, 0b11),
      },
    },
    { 'lib/run/__pycache__/trace.cpython-311.pyc': bytecode, 'lib/run/trace.py': 'import sys\n' },
  );
  await setModified(join(prefix, 'lib/python3.11/os.py'), 1_700_000_000);
  const archive = join(folder, 'a.tar.gz');
  await pack({ prefix, output: archive, format: 'tar.gz', root: 'e' });
  const members = await listWithPython(archive);
  assert.deepEqual(
    Object.keys(members).filter((path) => path.includes('pycache')),
    [`e/${cache}`, `e/${cache}/os.cpython-311.pyc`, `e/${cache}/re.cpython-311.pyc`],
  );
  const unchecked = Buffer.concat([
    bytecode.subarray(0, 4),
    Buffer.from([1]),
    Buffer.alloc(11),
    bytecode.subarray(16),
  ]);
  assert.equal(members[`e/${cache}/os.cpython-311.pyc`]?.[2], sha256(unchecked));
});

test('Python loads compiled modules from an unpacked archive without compiling them again', async (context) => {
  const folder = await temporaryFolder(context);
  const prefix = await fakePrefix(join(folder, 'prefix'), {
    mod: { 'lib/mod.py': 'VALUE = 41 + 1\n' },
  });
  await output('python3', '-m', 'compileall', '-q', join(prefix, 'lib'));
  const [compiled] = await readdir(join(prefix, 'lib/__pycache__'));
  const meta = JSON.parse(await readFile(join(prefix, 'conda-meta/mod-1.0-0.json'), 'utf8'));
  meta.files.push(`lib/__pycache__/${compiled}`);
  await writeFile(join(prefix, 'conda-meta/mod-1.0-0.json'), JSON.stringify(meta));
  const archive = join(folder, 'a.zip');
  await pack({ prefix, output: archive, format: 'zip', root: 'e' });
  await output('unzip', '-q', '-DD', archive, '-d', folder);
  const program = `import sys; sys.path.insert(0, sys.argv[1]); import mod; assert mod.VALUE == 42`;
  const trace = await output(
    'sh',
    '-c',
    'python3 -v -B -c "$1" "$2" 2>&1',
    'sh',
    program,
    join(folder, 'e/lib'),
  );
  assert.match(trace, new RegExp(`matches .*e/lib/mod\\.py|code object from .*${compiled}`));
  assert.doesNotMatch(trace, /code object from '?[^'\n]*mod\.py/);
});

test('a socket is left out and said so', async (context) => {
  const folder = await temporaryFolder(context);
  const prefix = await fakePrefix(join(folder, 'prefix'), { python: PYTHON });
  await output('mkfifo', join(prefix, 'pipe'));
  const report = await pack({ prefix, output: join(folder, 'a.zip'), format: 'zip', root: 'e' });
  assert.deepEqual(
    report.warnings.map(({ id, path }) => [id, path]),
    [['special-file', 'pipe']],
  );
});

test('bad requests are refused in words', async (context) => {
  const folder = await temporaryFolder(context);
  const prefix = await fakePrefix(join(folder, 'prefix'), { python: PYTHON });
  const request = { prefix, output: join(folder, 'a.zip'), format: 'zip' as const, root: 'e' };
  const cases: [Partial<PackRequest>, string][] = [
    [{ root: '../x' }, 'bad-root'],
    [{ root: 'a b' }, 'bad-root'],
    [{ root: '..' }, 'bad-root'],
    [{ level: 10 }, 'bad-level'],
    [{ targetPrefix: 'opt/e' }, 'bad-target-prefix'],
    [{ targetPrefix: '/' }, 'bad-target-prefix'],
    [{ targetPrefix: '/opt/e\n' }, 'bad-target-prefix'],
    [{ prefix: '/' }, 'not-a-prefix'],
    [{ prefix: join(folder, 'none') }, 'not-a-prefix'],
    [{ prefix: folder }, 'not-a-prefix'],
  ];
  for (const [change, code] of cases) {
    await assert.rejects(pack({ ...request, ...change }), { code });
  }
  await writeFile(join(prefix, 'conda-meta/bad-1-0.json'), '{"name": 1');
  await assert.rejects(pack(request), { code: 'conda-meta-broken' });
  assert.deepEqual(await readdir(folder), ['prefix']);
});

test('an environment without Python packs, with a warning', async (context) => {
  const { report } = await packed(context, 'zip', { zlib: { 'lib/libz.so': 'z' } });
  assert.deepEqual(
    report.warnings.map(({ id }) => id),
    ['interpreter-not-found'],
  );
});

test('a cancelled packing rejects with the reason and leaves nothing', async (context) => {
  const folder = await temporaryFolder(context);
  const large = Buffer.alloc(40 << 20, 'some text that shrinks ');
  const prefix = await fakePrefix(join(folder, 'prefix'), {
    python: { ...PYTHON, 'lib/a': large, 'lib/b': large },
  });
  for (const format of FORMATS) {
    for (const when of ['before', 'during'] as const) {
      const controller = new AbortController();
      const reason = new Error('stop');
      if (when === 'before') controller.abort(reason);
      const packing = pack({
        prefix,
        output: join(folder, 'a'),
        format,
        root: 'e',
        cache: join(folder, 'cache'),
        signal: controller.signal,
        onProgress: ({ bytes }) => bytes > 0 && controller.abort(reason),
      });
      await assert.rejects(packing, reason);
      const left = (await readdir(folder, { recursive: true })).filter(
        (name) => !name.startsWith('prefix'),
      );
      assert.deepEqual(
        left.filter((name) => name !== 'cache' && !/^cache\/[0-9a-f]{64}$/.test(name)),
        [],
      );
    }
  }
});

test('an output that cannot be written fails and leaves nothing', async (context) => {
  const folder = await temporaryFolder(context);
  const prefix = await fakePrefix(join(folder, 'prefix'), { python: PYTHON });
  await mkdir(join(folder, 'taken'));
  const request = { prefix, output: join(folder, 'taken'), format: 'zip' as const, root: 'e' };
  await assert.rejects(pack(request));
  assert.deepEqual((await readdir(folder)).sort(), ['prefix', 'taken']);
});

test('a file that changes between the walk and its reading fails the packing', async (context) => {
  const prefix = await fakePrefix(await temporaryFolder(context), {
    zlib: { 'lib/z': 'as walked' },
  });
  const { files } = await listPrefix(prefix);
  const file = files.find(({ path }) => path === 'lib/z');
  assert.ok(file);
  const reader = new ContentReader({ prefix, targetPrefix: null });
  const entry = { kind: 'file', path: 'lib/z', executable: false } as const;
  const source = { kind: 'disk', file, record: null, uncheck: false } as const;
  const scanned = await reader.scan({ ...entry, source });
  for (const change of ['rewritten', 'shorter', 'a good deal longer']) {
    await writeFile(join(prefix, 'lib/z'), change);
    const code = { code: 'prefix-changed', retryable: true };
    await assert.rejects(reader.scan({ ...entry, source }), code);
    assert.throws(() => [...reader.blocks(scanned)], code);
  }
});

test('progress ends at the whole', async (context) => {
  const seen: number[] = [];
  let total = 0;
  await packed(
    context,
    'zip',
    { python: PYTHON },
    {},
    {
      onProgress: ({ bytes, totalBytes }) => {
        seen.push(bytes);
        total = totalBytes;
      },
    },
  );
  assert.deepEqual(
    seen,
    [...seen].sort((left, right) => left - right),
  );
  assert.ok((seen.at(-1) ?? 0) >= total);
});

test('names in any script, links to them and long paths survive', async (context) => {
  const long = `${'d'.repeat(60)}/`.repeat(4);
  const files = { [`lib/${long}ü.py`]: 'x', 'lib/数据': 'y', 'lib/l': { link: '数据' } };
  for (const format of FORMATS) {
    const { members } = await packed(context, format, { python: { ...PYTHON, ...files } });
    assert.equal(members[`churn/lib/${long}ü.py`]?.[2], sha256('x'));
    assert.equal(members['churn/lib/数据']?.[2], sha256('y'));
  }
});

test('two packings to one place at a time: one of them is there whole, and nothing else', async (context) => {
  const folder = await temporaryFolder(context);
  const noise = [1, 2].map((value) => Buffer.alloc(3_000_000, value));
  await mkdir(join(folder, 'out'));
  const output = join(folder, 'out', 'a.tar.gz');
  const packings = noise.map(async (content, index) => {
    const prefix = await fakePrefix(
      join(folder, `p${index}`),
      { python: PYTHON },
      { noise: content },
    );
    return pack({ prefix, output, format: 'tar.gz', root: 'e' });
  });
  const digests = (await Promise.all(packings)).map(({ sha256 }) => sha256);
  assert.deepEqual(await readdir(join(folder, 'out')), ['a.tar.gz']);
  const digest = createHash('sha256')
    .update(await readFile(output))
    .digest('hex');
  assert.ok(digests.includes(digest));
});

test('one program under many names is in a tar once, and what a zip repeats is said', async (context) => {
  const program = Buffer.alloc(400_000);
  for (let at = 0; at < program.length; at += 8) program.writeDoubleLE(Math.random(), at);
  const names = Array.from({ length: 10 }, (_, index) => `libexec/git-${index}`);
  const git = Object.fromEntries(names.map((name) => [name, program]));
  const tar = await packed(context, 'tar.gz', { python: PYTHON, git }, { 'opt/other': program });
  assert.ok(tar.report.bytes < 900_000, `${tar.report.bytes}`);
  assert.deepEqual(tar.report.warnings, []);
  const { findings } = await lint(tar.archive);
  assert.deepEqual(findings, []);
  const folder = await temporaryFolder(context);
  await output('tar', 'xzf', tar.archive, '-C', folder);
  for (const name of [...names, 'opt/other']) {
    assert.deepEqual(await readFile(join(folder, 'churn', name)), program, name);
  }
  const zip = await packed(context, 'zip', { python: PYTHON, git });
  const [warning] = zip.report.warnings;
  assert.equal(warning?.id, 'files-repeated');
  assert.match(warning?.text ?? '', /9 files .*`libexec\/git-1`.* 3\.6 MB/);
});

test('a script of an environment that was moved since: packing does not advise packing', async (context) => {
  const moved = { 'bin/tool': '#!/home/ann/envs/old/bin/python\nprint(1)\n' };
  const { report } = await packed(context, 'tar.gz', { python: PYTHON }, moved);
  const [warning] = report.warnings;
  assert.equal(warning?.id, 'prefix-hardcoded');
  assert.match(warning?.text ?? '', /install them anew/);
  assert.doesNotMatch(warning?.text ?? '', /conda-ferry pack/);
});
