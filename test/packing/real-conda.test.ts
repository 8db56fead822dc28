import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { lint } from '../../src/packing/lint.ts';
import { type PackReport, pack } from '../../src/packing/pack.ts';
import { labChannel, prepareConda, whyNoConda } from '../adapters/engines/lab.ts';
import { noRealPrefix, realPrefix } from './real-prefix.ts';
import { listWithPython, output } from './tools.ts';

/** Environments of real conda, however it links, and of rattler: what they record is believed. */
const skip = noRealPrefix || whyNoConda();

const SITE = 'lib/python3.11/site-packages';
const SPECS = ['pip', 'six', 'ferry-entry', 'ferry-links', 'ferry-prefix', 'ferry-activate'];

let home = '';
let conda: (words: readonly string[], variables?: Record<string, string>) => Promise<string>;
after(() => home && rm(home, { recursive: true, force: true }));
before(async () => {
  if (skip) return;
  home = await mkdtemp(join(tmpdir(), 'ferry-conda-'));
  await writeFile(join(home, 'condarc'), '');
  const executable = prepareConda();
  conda = async (words, variables = {}) => {
    const env = {
      PATH: process.env.PATH,
      HOME: home,
      CONDARC: join(home, 'condarc'),
      CONDA_PKGS_DIRS: join(home, 'pkgs'),
      CONDA_ENVS_DIRS: join(home, 'envs'),
      CONDA_SOLVER: 'rattler',
      CONDA_NUMBER_CHANNEL_NOTICES: '0',
      ...variables,
    };
    const { stdout } = await promisify(execFile)(executable, words, { env });
    return stdout;
  };
});

const place = (name: string) => join(home, 'envs', name);
const from = ['--override-channels', '--channel', labChannel.url, '--yes', '--quiet'];
const create = (name: string, specs: readonly string[], variables?: Record<string, string>) =>
  conda(['create', '--prefix', place(name), ...from, 'python=3.11', ...specs], variables);

async function packed(name: string): Promise<{ report: PackReport; archive: string }> {
  const archive = join(home, `${name}.tar.gz`);
  const request = { prefix: place(name), output: archive, format: 'tar.gz', root: 'e' } as const;
  return { report: await pack(request), archive };
}

/** What differs by the way of linking: records, texts that name the prefix, rattler's own marker. */
const NAMES_PREFIX =
  /^e\/(CACHEDIR\.TAG|conda-meta|bin\/|share\/ferry-prefix|lib\/ferry-prefix|lib\/python3\.11\/(_sysconfigdata|config-))|\/__pycache__/;

test('however conda links, and whoever installs, the archive is the same and nothing is called changed', {
  skip,
}, async () => {
  const makers: Record<string, () => Promise<unknown>> = {
    hard: () => create('hard', SPECS),
    clone: () => conda(['create', '--prefix', place('clone'), '--clone', place('hard'), ...from]),
    soft: () => create('soft', SPECS, { CONDA_ALWAYS_SOFTLINK: 'true' }),
    rattler: () => realPrefix(place('rattler'), 'python 3.11.*', ...SPECS),
  };
  const contents = new Map<string, unknown>();
  for (const [name, make] of Object.entries(makers)) {
    await make();
    const { report, archive } = await packed(name);
    assert.deepEqual(report.warnings, [], name);
    const all = Object.entries(await listWithPython(archive));
    const same = all.filter(([path]) => !NAMES_PREFIX.test(path));
    contents.set(name, Object.fromEntries(same));
    assert.ok(same.length > 1000 && same.some(([path]) => path === `e/${SITE}/six.py`));
    assert.ok(all.some(([path]) => path === 'e/bin/ferry-entry'));
    const entry = await output('tar', 'xOzf', archive, 'e/bin/ferry-entry');
    assert.match(entry, /^#!\/usr\/bin\/env python/);
    const findings = (await lint(archive)).findings.filter(({ id }) => id === 'dangling-link');
    assert.deepEqual(findings, []);
  }
  for (const name of Object.keys(makers)) {
    assert.deepEqual(contents.get(name), contents.get('hard'), name);
  }
});

test('after installs, removals and variables it packs, and conda lists the same packages where it is unpacked', {
  skip,
}, async () => {
  await create('updated', ['pip', 'pytz', 'ferry-entry=1.0']);
  await conda(['install', '--prefix', place('updated'), ...from, 'ferry-entry=1.1', 'six']);
  await conda(['remove', '--prefix', place('updated'), ...from, 'pytz']);
  await conda(['env', 'config', 'vars', 'set', '--prefix', place('updated'), 'API_TOKEN=hunter2']);
  const { report, archive } = await packed('updated');
  assert.deepEqual(
    report.warnings.map(({ id }) => id),
    ['variables-left-out'],
  );
  await output('tar', 'xzf', archive, '-C', home);
  const list = async (prefix: string) =>
    JSON.parse(await conda(['list', '--json', '--prefix', prefix]));
  const packages = await list(join(home, 'e'));
  assert.deepEqual(packages, await list(place('updated')));
  const versions = new Map(
    packages.map((each: { name: string; version: string }) => [each.name, each.version]),
  );
  assert.equal(versions.get('ferry-entry'), '1.1');
  assert.ok(!versions.has('pytz'));
});

/** Packages that a channel prepared earlier does not have. */
const skipNewest =
  skip ||
  (readFileSync(new URL('noarch/repodata.json', `${labChannel.url}/`), 'utf8').includes(
    'ferry-noarch',
  )
    ? false
    : 'the channel in .lab is an older one: run `npm run prepare-lab`');

test('all that an installer makes of a noarch package and of a link script is as recorded; one package over another is named', {
  skip: skipNewest,
}, async () => {
  const specs = ['ferry-noarch', 'ferry-script', 'ferry-activate', 'ferry-legacy', 'ferry-clobber'];
  await create('newest', specs);
  await realPrefix(place('newest-rattler'), 'python 3.11.*', ...specs);
  for (const name of ['newest', 'newest-rattler']) {
    const { report, archive } = await packed(name);
    const [clobbered, ...more] = report.warnings;
    assert.deepEqual(more, [], name);
    // conda lets the later package win, rattler the earlier one.
    const [loser, winner] =
      name === 'newest' ? ['ferry-activate', 'ferry-clobber'] : ['ferry-clobber', 'ferry-activate'];
    const said = `\`${loser}\` changed since (1 overwritten: \`share/ferry-activate/data.txt\`), by conda's \`${winner}\``;
    assert.ok(clobbered?.text.includes(said), clobbered?.text);
    const segment = report.segments.find((each) => each.name === 'conda:ferry-noarch');
    assert.ok(segment && segment.bytes > 0);
    const members = Object.keys(await listWithPython(archive));
    for (const path of [
      'bin/ferry-noarch',
      'bin/ferry-noarch-run',
      `${SITE}/ferry_noarch/main.py`,
    ]) {
      assert.ok(members.includes(`e/${path}`), path);
    }
    const folder = join(home, `unpacked-${name}`);
    await output('mkdir', folder);
    await output('tar', 'xzf', archive, '-C', folder);
    const runs =
      '. "$1/e/bin/activate" && ferry-noarch && ferry-noarch-run && conda-unpack --quiet && cat "$1"/e/lib/python3.11/site-packages/ferry_noarch/where.cfg';
    assert.equal(
      await output('bash', '-c', runs, 'sh', folder),
      `ferry-noarch\nferry-noarch\nhome = ${folder}/e\n`,
    );
  }
});

/** Makes a wheel of one module, without network and without a build. */
const WHEEL = `
import sys, zipfile
folder, name, version, text = sys.argv[1:]
info = f'{name}-{version}.dist-info'
with zipfile.ZipFile(f'{folder}/{name}-{version}-py3-none-any.whl', 'w') as wheel:
    wheel.writestr(f'{name}.py', text)
    wheel.writestr(f'{info}/METADATA', f'Metadata-Version: 2.1\\nName: {name}\\nVersion: {version}\\n')
    wheel.writestr(f'{info}/WHEEL', 'Wheel-Version: 1.0\\nGenerator: t\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n')
    wheel.writestr(f'{info}/entry_points.txt', '[console_scripts]\\nferry-entry = six:main\\n')
    wheel.writestr(f'{info}/RECORD', f'{name}.py,,\\n{info}/METADATA,,\\n{info}/WHEEL,,\\n{info}/entry_points.txt,,\\n{info}/RECORD,,\\n')
`;

test("what pip replaces is named with pip's package, the conda packages and paths", {
  skip,
}, async () => {
  await create('mixed', ['pip', 'six', 'ferry-entry']);
  await output('python3', '-c', WHEEL, home, 'six', '99.0', 'def main():\n    pass\n');
  const wheel = join(home, 'six-99.0-py3-none-any.whl');
  const options = ['--quiet', '--no-index', '--no-deps', '--root-user-action', 'ignore'];
  await output(join(place('mixed'), 'bin/python'), '-m', 'pip', 'install', ...options, wheel);
  const { report } = await packed('mixed');
  const [entry, six, ...more] = report.warnings;
  assert.deepEqual(more, []);
  assert.match(
    entry?.text ?? '',
    /`ferry-entry` changed.*1 overwritten: `bin\/ferry-entry`\), by pip's `six` 99\.0/,
  );
  assert.match(
    six?.text ?? '',
    /`six` changed.*1 overwritten, 6 deleted: `lib.*six\.py`.*by pip's `six` 99\.0/,
  );
});
