import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { lint } from '../../src/packing/lint.ts';
import { pack } from '../../src/packing/pack.ts';
import { temporaryFolder } from './fake-prefix.ts';
import { CONDA_PACK, noRealPrefix, realPrefix } from './real-prefix.ts';
import { listWithPython, output } from './tools.ts';

const skip = noRealPrefix;

/** One environment for all tests: numpy, pip, and the lab's packages with everything odd in them. */
let home = '';
let prefix = '';
after(() => home && rm(home, { recursive: true, force: true }));
before(async () => {
  if (skip) return;
  home = await mkdtemp(join(tmpdir(), 'ferry-real-'));
  prefix = await realPrefix(join(home, 'envs/churn'), 'python 3.11.*', ...PACKAGES);
});

const PACKAGES = [
  'numpy',
  'pip',
  'six',
  'ferry-activate',
  'ferry-entry',
  'ferry-legacy',
  'ferry-links',
  'ferry-prefix',
];

test('a packed environment runs elsewhere, in both formats, before and after conda-unpack', {
  skip,
}, async (context) => {
  const folder = await temporaryFolder(context);
  for (const format of ['zip', 'tar.gz'] as const) {
    const archive = join(folder, `churn.${format}`);
    const report = await pack({ prefix, output: archive, format, root: 'churn' });
    assert.deepEqual(report.warnings, []);
    const { findings, files } = await lint(archive);
    assert.equal(files, report.files);
    assert.deepEqual(
      findings.filter(({ id }) => id !== 'exec-bit-lost'),
      [],
    );
    const place = join(folder, `elsewhere-${format}`);
    await output('mkdir', place);
    if (format === 'zip') await output('unzip', '-q', archive, '-d', place);
    else await output('tar', 'xzf', archive, '-C', place);
    const python = join(place, 'churn/bin/python');
    const program = 'import numpy, sys; print(numpy.dot([1, 2], [3, 4]), sys.prefix)';
    const imports = () => output(python, '-I', '-B', '-c', program);
    assert.equal(await imports(), `11 ${place}/churn\n`);
    assert.match(await output(python, '-m', 'pip', '--version'), /^pip .*elsewhere/);
    const activated = await output(
      'bash',
      '-c',
      `. '${place}/churn/bin/activate' && pip --version && conda-unpack && . deactivate && echo Done`,
    );
    assert.match(activated, /^pip .*\n.*files rewritten.*\nDone\n$/);
    assert.equal(await imports(), `11 ${place}/churn\n`);
    const left = await output('sh', '-c', 'grep -rlF "$1" "$2" || true', 'sh', prefix, place);
    assert.equal(left, `${place}/churn/bin/conda-unpack\n`);
    const sysconfig = 'import sysconfig; print(sysconfig.get_config_var("prefix"))';
    assert.equal(await output(python, '-c', sysconfig), `${place}/churn\n`);
  }
});

/** What differs from conda-pack on purpose, by path. */
const DIFFERENCES: readonly [path: RegExp, why: string][] = [
  [/^conda-meta\//, 'keys sorted, credentials and history gone'],
  [/^bin\/(activate|deactivate|conda-unpack)/, 'our own scripts'],
  [/^bin\/conda_unpack_progress\.py$|^bin\/activate\.fish$/, "parts of conda-pack's"],
  [/__pycache__/, 'unchecked-hash headers'],
  [
    /^lib\/python3\.11\/(_sysconfigdata|config-3\.11)|\/ferry-prefix/,
    'the prefix instead of the placeholder',
  ],
];

test('members are those of conda-pack, but for the differences we mean', {
  skip,
}, async (context) => {
  const folder = await temporaryFolder(context);
  const ours = join(folder, 'ours.tar.gz');
  const reference = join(folder, 'reference.tar.gz');
  await pack({ prefix, output: ours, format: 'tar.gz', root: 'churn' });
  await output(CONDA_PACK, '-q', '-p', prefix, '-o', reference, '--arcroot', 'churn');
  const [left, right] = [await listWithPython(ours), await listWithPython(reference)];
  const unexplained: string[] = [];
  for (const path of new Set([...Object.keys(left), ...Object.keys(right)])) {
    const inside = path.replace(/^churn\//, '');
    if (DIFFERENCES.some(([pattern]) => pattern.test(inside))) continue;
    // conda-pack lists no folder but empty ones.
    if (!right[path] && left[path]?.[0] === 'directory') continue;
    const [a, b] = [left[path], right[path]].map((one) => one && [...one]);
    // A link has no mode of its own, and we do not keep group and world bits.
    for (const one of [a, b]) if (one) one[1] = one[0] === 'link' ? 0 : Number(one[1]) & 0o700;
    try {
      assert.deepEqual(a, b);
    } catch {
      unexplained.push(`${path}: ${a} / ${b}`);
    }
  }
  assert.deepEqual(unexplained, []);
  assert.ok(Object.keys(left).length > 1000);
});

/** Reads a zip as a stream, as old NodeManagers do, and by its directory; both must agree. */
const READ_ZIP = `
import java.io.*; import java.util.*; import java.util.zip.*;
public class ReadZip { public static void main(String[] a) throws Exception {
  Map<String, String> seen = new TreeMap<>();
  try (ZipInputStream in = new ZipInputStream(new BufferedInputStream(new FileInputStream(a[0])))) {
    for (ZipEntry e; (e = in.getNextEntry()) != null; ) {
      byte[] bytes = in.readAllBytes(); CRC32 c = new CRC32(); c.update(bytes);
      if (seen.put(e.getName(), bytes.length + " " + c.getValue()) != null) throw new Exception("twice " + e.getName());
    }
  }
  try (ZipFile zip = new ZipFile(a[0])) {
    if (zip.size() != seen.size()) throw new Exception(zip.size() + " members, " + seen.size() + " in the stream");
    for (ZipEntry e : Collections.list(zip.entries())) {
      String by = e.getSize() + " " + e.getCrc();
      if (!by.equals(seen.get(e.getName()))) throw new Exception(e.getName() + " " + by + " " + seen.get(e.getName()));
    }
    System.out.println(zip.size());
  }
} }`;

test("Java's stream reader and its directory reader see the same zip", {
  skip,
}, async (context) => {
  const folder = await temporaryFolder(context);
  const archive = join(folder, 'churn.zip');
  await pack({ prefix, output: archive, format: 'zip', root: 'churn' });
  const source = join(folder, 'ReadZip.java');
  await output('sh', '-c', 'printf %s "$1" > "$2"', 'sh', READ_ZIP, source);
  const members = Object.keys(await listWithPython(archive)).length;
  assert.equal(Number(await output('java', source, archive)), members);
});

test('glibc of every library is what readelf says', { skip }, async (context) => {
  const folder = await temporaryFolder(context);
  const archive = join(folder, 'churn.tar.gz');
  await pack({ prefix, output: archive, format: 'tar.gz', root: 'churn' });
  const said = await output(
    'sh',
    '-c',
    `find "$1" -type f \\( -name '*.so' -o -name '*.so.*' -o -path '*/bin/python*' \\) -exec readelf -V {} + 2>/dev/null | grep -o 'Name: GLIBC_[0-9.]*' | sort -u -V | tail -1`,
    'sh',
    prefix,
  );
  const newest = said.trim().replace('Name: GLIBC_', '');
  const [major, minor] = newest.split('.').map(Number);
  const profile = { name: 'n', manager: 'yarn', spark: null, hadoop: '3.5.0' } as const;
  assert.equal((await lint(archive, { ...profile, glibc: newest })).verdicts.n, 'ok');
  const older = `${major}.${(minor ?? 0) - 1}`;
  assert.equal((await lint(archive, { ...profile, glibc: older })).verdicts.n, 'fails');
});

test('compiled modules of a real interpreter load from the archive', { skip }, async (context) => {
  const folder = await temporaryFolder(context);
  const site = 'lib/python3.11/site-packages';
  await output(join(prefix, 'bin/python'), '-m', 'compileall', '-q', join(prefix, site, 'six.py'));
  const record = (await output('sh', '-c', 'ls "$1"/conda-meta/six-*.json', 'sh', prefix)).trim();
  const meta = JSON.parse(await readFile(record, 'utf8'));
  const compiled = `${site}/__pycache__/six.cpython-311.pyc`;
  if (!meta.files.includes(compiled)) meta.files.push(compiled);
  await output('sh', '-c', 'printf %s "$1" > "$2"', 'sh', JSON.stringify(meta), record);
  const archive = join(folder, 'churn.tar.gz');
  await pack({ prefix, output: archive, format: 'tar.gz', root: 'churn' });
  await output('tar', 'xzf', archive, '-C', folder);
  const trace = await output(
    'sh',
    '-c',
    '"$1" -B -v -c "import six" 2>&1',
    'sh',
    join(folder, 'churn/bin/python'),
  );
  assert.match(trace, /code object from '?[^\n]*six\.cpython-311\.pyc/);
});
