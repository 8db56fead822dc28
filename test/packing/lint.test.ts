import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { createGzip, gzipSync } from 'node:zlib';
import { type LintProfile, type LintReport, lint } from '../../src/packing/lint.ts';
import { pack } from '../../src/packing/pack.ts';
import { TAR_END, type TarMember, tarHeader, tarPadding } from '../../src/packing/tar.ts';
import fc from '../harness/properties.ts';
import { fakePrefix, PYTHON, temporaryFolder } from './fake-prefix.ts';
import { output } from './tools.ts';

/** A tar with a good interpreter and whatever else a case needs. */
function tar(more: (Partial<TarMember> & { path: string; content?: string })[] = []): Buffer {
  const python = { path: 'env/bin/python', content: 'x', mode: 0o755 };
  const parts = [python, ...more].flatMap(({ content = '', ...member }) => [
    tarHeader({ type: 'file', mode: 0o644, bytes: content.length, target: '', ...member }),
    Buffer.from(content),
    tarPadding(content.length),
  ]);
  return Buffer.concat([...parts, TAR_END]);
}

async function linted(
  context: TestContext,
  name: string,
  content: Buffer,
  profile?: LintProfile,
): Promise<LintReport> {
  const place = join(await temporaryFolder(context), name);
  await writeFile(place, content);
  return lint(place, profile);
}

/** A zip that Python's zipfile makes by running `program` with `z` open. */
async function zipped(context: TestContext, program: string, more = ''): Promise<LintReport> {
  const place = join(await temporaryFolder(context), 'env.zip');
  const setup = `
import sys, zipfile
path = sys.argv[1]
def info(name, mode=0o100644, method=zipfile.ZIP_DEFLATED):
    i = zipfile.ZipInfo(name); i.external_attr = mode << 16; i.compress_type = method; i.create_system = 3
    return i
class Pipe:
    def __init__(self, f): self.f = f
    def write(self, b): return self.f.write(b)
    def flush(self): pass
python = lambda z: z.writestr(info('env/bin/python', 0o100755), 'x')
${program}
`;
  await output('python3', '-c', setup + more, place);
  return lint(place);
}

const inZip = (lines: string) => `with zipfile.ZipFile(path, 'w') as z:\n    ${lines}\n`;

function failing({ verdicts }: LintReport): string[] {
  return Object.keys(verdicts).filter((name) => verdicts[name] === 'fails');
}

const ids = (report: LintReport) => report.findings.map(({ id }) => id);
const ALL = 22;
const OLD_SPARK = /^(kubernetes|standalone|local-cluster)-spark3\./;

test('a good tar.gz passes everywhere, under both names and in any case', async (context) => {
  for (const name of ['e.tar.gz', 'e.tgz', 'E.TAR.GZ']) {
    const report = await linted(context, name, gzipSync(tar()));
    assert.deepEqual([report.findings, failing(report)], [[], []], name);
    assert.deepEqual([report.format, report.root, report.files], ['tar.gz', 'env', 1]);
    assert.equal(Object.keys(report.verdicts).length, ALL);
  }
});

test('the name decides whether it is unpacked, and must say what it is', async (context) => {
  for (const name of ['e.tar.bz2', 'e.tar.xz', 'e.tar.zst', 'e', 'e.gz']) {
    const report = await linted(context, name, gzipSync(tar()));
    assert.ok(ids(report).includes('archive-not-unpacked'), name);
    assert.equal(failing(report).length, ALL);
  }
  for (const [name, content] of [
    ['e.zip', gzipSync(tar())],
    ['e.tar', gzipSync(tar())],
    ['e.tar.gz', tar()],
    ['e.tar.gz', Buffer.from('hello')],
    ['e.zip', Buffer.alloc(0)],
  ] as const) {
    const report = await linted(context, name, content);
    assert.ok(ids(report).includes('archive-content-mismatch'), name);
    assert.equal(failing(report).length, ALL);
  }
});

test('a plain tar works on YARN only', async (context) => {
  const report = await linted(context, 'e.tar', tar());
  assert.deepEqual(ids(report), ['plain-tar-off-yarn']);
  assert.ok(failing(report).every((name) => !name.startsWith('yarn')));
  assert.equal(failing(report).length, ALL - 4);
});

test('a good zip fails only where Spark has Hadoop client 3.3', async (context) => {
  const report = await zipped(context, inZip('python(z)'));
  assert.deepEqual(ids(report), ['exec-bit-lost']);
  assert.ok(failing(report).every((name) => OLD_SPARK.test(name)));
  assert.equal(failing(report).length, 9);
});

const ZIPS: [title: string, program: string, id: string, fails: (name: string) => boolean][] = [
  [
    'symbolic links',
    inZip("python(z); z.writestr(info('env/bin/python3', 0o120777), 'python')"),
    'zip-symlink-hang',
    () => true,
  ],
  [
    'stored members with descriptors',
    "with zipfile.ZipFile(Pipe(open(path, 'wb')), 'w') as z:\n    z.writestr(info('env/bin/python', 0o100755, zipfile.ZIP_STORED), 'x')",
    'zip-data-descriptor',
    (name) => name.startsWith('yarn') || OLD_SPARK.test(name),
  ],
  [
    'zip64 members with descriptors',
    "with zipfile.ZipFile(Pipe(open(path, 'wb')), 'w') as z:\n    f = z.open(info('env/bin/python', 0o100755), 'w', force_zip64=True); f.write(b'x'); f.close()",
    'zip-data-descriptor',
    (name) => name === 'yarn-hadoop3.3' || OLD_SPARK.test(name),
  ],
  [
    'bytes in front',
    `${inZip('python(z)')}data = open(path, 'rb').read(); open(path, 'wb').write(b'#!/bin/sh\\n' + data)`,
    'zip-unsupported-feature',
    (name) => /^yarn-hadoop3\.3/.test(name) || OLD_SPARK.test(name),
  ],
  [
    'bzip2',
    inZip("z.writestr(info('env/bin/python', 0o100755, zipfile.ZIP_BZIP2), 'x')"),
    'zip-unsupported-feature',
    (name) => name === 'yarn-hadoop3.3' || OLD_SPARK.test(name),
  ],
  [
    'LZMA',
    inZip("z.writestr(info('env/bin/python', 0o100755, zipfile.ZIP_LZMA), 'x')"),
    'zip-unsupported-feature',
    () => true,
  ],
  [
    'no Unix modes',
    inZip(
      "i = info('env/bin/python'); i.create_system = 0; i.external_attr = 0; z.writestr(i, 'x')",
    ),
    'exec-bit-lost',
    (name) => !name.startsWith('yarn'),
  ],
  [
    'an interpreter that is not executable',
    inZip("z.writestr(info('env/bin/python', 0o100644), 'x')"),
    'exec-bit-lost',
    (name) => !name.startsWith('yarn'),
  ],
  [
    'a member outside',
    inZip("python(z); z.writestr(info('../evil'), 'x')"),
    'unsafe-member',
    () => true,
  ],
  [
    'no interpreter',
    inZip("z.writestr(info('env/lib/x'), 'x')"),
    'interpreter-not-found',
    () => true,
  ],
  [
    'headers that disagree',
    `${inZip('python(z)')}data = open(path, 'rb').read(); open(path, 'wb').write(data.replace(b'env/bin/python', b'env/bin/pythom', 1))`,
    'archive-content-mismatch',
    () => true,
  ],
];

for (const [title, program, id, fails] of ZIPS) {
  test(`a zip with ${title}`, async (context) => {
    const report = await zipped(context, program);
    const finding = report.findings.find((one) => one.id === id);
    assert.ok(finding, ids(report).join());
    assert.ok(finding.fix.length > 0);
    const expected = Object.keys(report.verdicts).filter(
      (name) => fails(name) || OLD_SPARK.test(name),
    );
    assert.deepEqual(failing(report), expected);
  });
}

const link = { type: 'link', mode: 0o777 } as const;
const SITE = 'env/lib/python3.11/site-packages';
const TARS: [title: string, members: Parameters<typeof tar>[0], id: string, severity: string][] = [
  ['a dangling link', [{ ...link, path: 'env/lib/l', target: 'gone' }], 'dangling-link', 'warning'],
  [
    'an interpreter that dangles',
    [{ ...link, path: 'env/bin/python3', target: 'gone' }],
    'dangling-link',
    'error',
  ],
  [
    'an absolute link',
    [{ ...link, path: 'env/lib/l', target: '/usr/bin/x' }],
    'link-outside',
    'warning',
  ],
  [
    'a link that leads out',
    [{ ...link, path: 'env/l', target: '../../x' }],
    'link-outside',
    'warning',
  ],
  ['an absolute member', [{ path: '/etc/x' }], 'unsafe-member', 'error'],
  ['a member above', [{ path: 'env/../../x' }], 'unsafe-member', 'error'],
  ['a member twice', [{ path: 'env/x' }, { path: 'env/x' }], 'duplicate-member', 'warning'],
  [
    'an editable install',
    [{ path: `${SITE}/a-1.dist-info/direct_url.json`, content: '{"dir_info":{"editable":true}}' }],
    'editable-package',
    'error',
  ],
  ['an egg-link', [{ path: `${SITE}/a.egg-link`, content: '/src' }], 'editable-package', 'error'],
  [
    'a .pth to outside',
    [{ path: `${SITE}/a.pth`, content: 'import os\n/src\n' }],
    'editable-package',
    'error',
  ],
  [
    'a dead shebang',
    [{ path: 'env/bin/pip', content: '#!/build/envs/churn/bin/python\n' }],
    'prefix-hardcoded',
    'warning',
  ],
  [
    'a dead shebang behind sh',
    [{ path: 'env/bin/pip', content: '#!/bin/sh\n\'\'\'exec\' /build/bin/python "$0" "$@"\n' }],
    'prefix-hardcoded',
    'warning',
  ],
  [
    'a placeholder',
    [{ path: 'env/bin/x', content: `#!/bin/sh\nX=/opt/${'_placehold'.repeat(9)}` }],
    'prefix-hardcoded',
    'warning',
  ],
];

for (const [title, members, id, severity] of TARS) {
  test(`a tar.gz with ${title}`, async (context) => {
    const report = await linted(context, 'e.tar.gz', gzipSync(tar(members)));
    assert.deepEqual(
      report.findings.map((one) => [one.id, one.severity]),
      [[id, severity]],
    );
    assert.equal(failing(report).length, severity === 'error' ? ALL : 0);
    assert.ok(report.findings[0]?.paths.length);
  });
}

test('links through folders that are links are followed', async (context) => {
  const members = [
    { path: 'env/lib/a', content: 'x' },
    { ...link, path: 'env/lib64', target: 'lib' },
    { ...link, path: 'env/l', target: 'lib64/a' },
    { ...link, path: 'env/top', target: '.' },
  ];
  const report = await linted(context, 'e.tar.gz', gzipSync(tar(members)));
  assert.deepEqual(report.findings, []);
});

test('links in a circle do not hold the linter', async (context) => {
  const members = [
    { ...link, path: 'env/a', target: 'b' },
    { ...link, path: 'env/b', target: 'a' },
  ];
  const report = await linted(context, 'e.tar.gz', gzipSync(tar(members)));
  assert.deepEqual(ids(report), ['dangling-link']);
});

const YARN: LintProfile = { name: 'here', manager: 'yarn', spark: '3.5.9', hadoop: '3.5.0' };

test('glibc and architecture are judged against the nodes, as readelf reads the same file', async (context) => {
  const elf = await readFile('/bin/ls');
  const needed = [...(await output('readelf', '-V', '/bin/ls')).matchAll(/GLIBC_(\d+)\.(\d+)/g)]
    .map(([, major, minor]) => [Number(major), Number(minor)] as const)
    .sort((left, right) => left[0] - right[0] || left[1] - right[1])
    .at(-1);
  assert.ok(needed);
  const content = gzipSync(
    Buffer.concat([
      tarHeader({
        path: 'env/bin/python',
        type: 'file',
        mode: 0o755,
        bytes: elf.length,
        target: '',
      }),
      elf,
      tarPadding(elf.length),
      TAR_END,
    ]),
  );
  const exactly = `${needed[0]}.${needed[1]}`;
  const machine = process.arch === 'arm64' ? 'aarch64' : 'x86_64';
  const judge = (more: Partial<LintProfile>) =>
    linted(context, 'e.tar.gz', content, { ...YARN, ...more });
  assert.deepEqual((await judge({ glibc: exactly, architecture: machine })).findings, []);
  const old = await judge({ glibc: `${needed[0]}.${needed[1] - 1}` });
  assert.deepEqual(ids(old), ['glibc-or-arch']);
  assert.ok(old.findings[0]?.text.includes(`needs glibc ${exactly}`));
  assert.deepEqual(old.verdicts, { here: 'fails' });
  const foreign = await judge({ architecture: machine === 'x86_64' ? 'aarch64' : 'x86_64' });
  assert.deepEqual(ids(foreign), ['glibc-or-arch']);
  const full = await judge({ freeBytes: 1000 });
  assert.deepEqual(ids(full), ['no-space']);
});

test('versions of Spark off YARN, and of Hadoop on YARN, choose the unpacker', async (context) => {
  const zip = async (profile: Partial<LintProfile>) => {
    const folder = await temporaryFolder(context);
    const prefix = await fakePrefix(join(folder, 'prefix'), { python: PYTHON });
    const place = join(folder, 'e.zip');
    await pack({ prefix, output: place, format: 'zip', root: 'e' });
    return (await lint(place, { ...YARN, ...profile })).verdicts.here;
  };
  assert.equal(await zip({ manager: 'kubernetes', spark: '3.5.9', hadoop: null }), 'fails');
  assert.equal(await zip({ manager: 'kubernetes', spark: '4.3.0', hadoop: null }), 'ok');
  assert.equal(await zip({ manager: 'standalone', spark: null, hadoop: null }), 'fails');
  assert.equal(await zip({ manager: 'yarn', spark: null, hadoop: null }), 'ok');
});

test('bombs are found before they are unpacked', async (context) => {
  const zeros = Buffer.alloc(64 << 20);
  const place = join(await temporaryFolder(context), 'bomb.tar.gz');
  const gzip = createGzip({ level: 1 });
  const chunks: Buffer[] = [];
  gzip.on('data', (chunk) => chunks.push(chunk));
  gzip.write(
    tarHeader({
      path: 'env/zeros',
      type: 'file',
      mode: 0o644,
      bytes: 40 * zeros.length,
      target: '',
    }),
  );
  for (let index = 0; index < 40; index += 1) {
    if (!gzip.write(zeros)) await new Promise((resolve) => gzip.once('drain', resolve));
  }
  gzip.end(TAR_END);
  await new Promise((resolve) => gzip.once('end', resolve));
  await writeFile(place, Buffer.concat(chunks));
  const report = await lint(place);
  assert.deepEqual(ids(report), ['archive-bomb']);
  assert.equal(failing(report).length, ALL);
});

test('a damaged archive gives findings, wherever it is cut or changed', async (context) => {
  const folder = await temporaryFolder(context);
  const prefix = await fakePrefix(
    join(folder, 'prefix'),
    { python: { ...PYTHON, 'bin/real': await readFile('/bin/true') } },
    { 'etc/long': 'x'.repeat(5000), [`lib/${'d'.repeat(120)}/ü`]: 'y' },
  );
  for (const format of ['zip', 'tar.gz'] as const) {
    const place = join(folder, `good.${format}`);
    await pack({ prefix, output: place, format, root: 'e' });
    const good = await readFile(place);
    const damage = fc.oneof(
      fc.record({ cut: fc.nat(good.length - 1) }),
      fc.record({
        at: fc.nat(good.length - 1),
        bytes: fc.uint8Array({ minLength: 1, maxLength: 8 }),
      }),
    );
    await fc.assert(
      fc.asyncProperty(damage, async (how) => {
        const bad = Buffer.from('cut' in how ? good.subarray(0, how.cut) : good);
        if ('at' in how) bad.set(how.bytes.subarray(0, bad.length - how.at), how.at);
        const target = join(folder, `bad.${format}`);
        await writeFile(target, bad);
        const report = await lint(target);
        if ('cut' in how) assert.equal(failing(report).length, ALL);
      }),
      { numRuns: 150 },
    );
  }
});

test('an archive only its owner can read is worth a warning', async (context) => {
  const place = join(await temporaryFolder(context), 'e.tar.gz');
  await writeFile(place, gzipSync(tar()), { mode: 0o600 });
  assert.deepEqual(ids(await lint(place)), ['staged-unreadable']);
});

test('a file that is not there is the only error', async () => {
  await assert.rejects(lint('/nowhere/e.zip'), { code: 'file-not-found' });
});
