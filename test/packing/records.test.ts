import assert from 'node:assert/strict';
import { mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { readOwners } from '../../src/packing/owners.ts';
import { type PackReport, pack } from '../../src/packing/pack.ts';
import { listPrefix } from '../../src/packing/prefix.ts';
import { temporaryFolder } from './fake-prefix.ts';
import { type Layout, link, linkPython, RECORDERS, type Recorded, sha256 } from './recorders.ts';
import { output } from './tools.ts';

const USUAL = 'lib/python3.11/site-packages';

/** A noarch package with a command, a script of its own, a file with the prefix and metadata. */
const TOOLZ: Recorded = {
  name: 'toolz',
  noarch: true,
  files: {
    'site-packages/toolz/__init__.py': 'conda\n',
    'site-packages/toolz/old.py': 'old\n',
    'site-packages/toolz/where.cfg': 'home={prefix}\n',
    'site-packages/toolz-1.0.dist-info/RECORD': 'toolz/__init__.py,,\n',
    'python-scripts/toolz-run': '#!{prefix}/bin/python\n',
    'share/toolz/data': 'data\n',
  },
  entryPoints: ['toolz'],
};

async function environment(
  context: TestContext,
  layout: Layout,
  ...packages: Recorded[]
): Promise<string> {
  const prefix = join(await temporaryFolder(context), 'churn');
  await linkPython(prefix, layout, layout.sitePackages === USUAL ? '3.11.9' : '3.13.1');
  for (const each of packages) await link(prefix, layout, each);
  return prefix;
}

async function packed(prefix: string): Promise<PackReport> {
  return pack({ prefix, output: `${prefix}.tar.gz`, format: 'tar.gz', root: 'e' });
}

async function texts(prefix: string): Promise<string[]> {
  const { warnings } = await packed(prefix);
  assert.ok(warnings.every(({ id }) => id === 'conda-files-clobbered'));
  return warnings.map(({ text }) => text);
}

for (const recorder of RECORDERS) {
  for (const sitePackages of [USUAL, 'lib/python3.13t/site-packages']) {
    const layout: Layout = { recorder, sitePackages };
    test(`${recorder}, ${sitePackages}: what was linked and not touched is nobody's worry`, async (context) => {
      const prefix = await environment(context, layout, TOOLZ);
      assert.deepEqual((await packed(prefix)).warnings, []);
      const owners = await readOwners(prefix, (await listPrefix(prefix)).files);
      const own = [
        `${sitePackages}/toolz/__init__.py`,
        'bin/toolz',
        'bin/toolz-run',
        'share/toolz/data',
      ];
      for (const path of own) assert.equal(owners.segmentOf(path), 'conda:toolz', path);
      const configuration = owners.recordOf(`${sitePackages}/toolz/where.cfg`);
      assert.equal(configuration?.mode, recorder === 'conda-4.2' ? null : 'text');
      const python = `bin/python${sitePackages === USUAL ? '3.11' : '3.13'}`;
      assert.equal(owners.recordOf(python)?.mode, recorder === 'conda-4.2' ? null : 'binary');
    });

    test(`${recorder}, ${sitePackages}: what changed or went is named`, async (context) => {
      const prefix = await environment(context, layout, TOOLZ);
      await rm(join(prefix, sitePackages, 'toolz/__init__.py'));
      await writeFile(join(prefix, sitePackages, 'toolz/__init__.py'), 'pip\n');
      await rm(join(prefix, sitePackages, 'toolz/old.py'));
      const [text, ...more] = await texts(prefix);
      assert.deepEqual(more, []);
      const [facts, path] =
        recorder === 'conda-4.2' ? ['1 deleted', 'old'] : ['1 overwritten, 1 deleted', '__init__'];
      const first = `${sitePackages}/toolz/${path}.py`;
      assert.ok(text?.includes(`\`toolz\` changed since (${facts}: \`${first}\``), text);
    });
  }
}

test('a binary that micromamba rewrote has the room its padding shows', async (context) => {
  const layout: Layout = { recorder: 'micromamba', sitePackages: USUAL };
  const prefix = await environment(context, layout, {
    name: 'ssl',
    files: { 'lib/libssl.so': { binary: '\x7fELF\0{prefix}/ssl\0' } },
  });
  const owners = await readOwners(prefix, (await listPrefix(prefix)).files);
  assert.equal(owners.recordOf('lib/libssl.so')?.mode, 'binary');
  assert.ok((owners.recordOf('lib/libssl.so')?.placeholderBytes ?? 0) > prefix.length + 50);
  const { archive } = { archive: `${prefix}.tar.gz` };
  await packed(prefix);
  const unpack = await output('tar', 'xOzf', archive, 'e/bin/conda-unpack');
  assert.match(unpack, /\["lib\/libssl\.so","binary",\d+\]/);
});

/** Installs over what is there as pip does: files, and a record of them with digests. */
async function pip(prefix: string, name: string, files: Record<string, string>): Promise<void> {
  const rows: string[] = [];
  for (const [path, content] of Object.entries(files)) {
    const place = join(prefix, USUAL, path);
    await rm(place, { force: true });
    await mkdir(dirname(place), { recursive: true });
    await writeFile(place, content);
    rows.push(`${path},sha256=${Buffer.from(sha256(content), 'hex').toString('base64url')},1`);
  }
  const record = join(prefix, USUAL, `${name}.dist-info/RECORD`);
  await mkdir(dirname(record), { recursive: true });
  await writeFile(record, `${rows.join('\n')}\n${name}.dist-info/RECORD,,\n`);
}

const CONDA: Layout = { recorder: 'conda', sitePackages: USUAL };

test('pip over conda is named: another package, the same one newer, and the same one again', async (context) => {
  const changes = { 'toolz/__init__.py': 'pip\n' };
  const another = await environment(context, CONDA, TOOLZ);
  await pip(another, 'toolz_ng-2.0', changes);
  assert.match(
    (await texts(another)).join(),
    /`toolz` changed.*1 overwritten.*pip's `toolz_ng` 2\.0/,
  );

  const newer = await environment(context, CONDA, TOOLZ);
  await rm(join(newer, USUAL, 'toolz-1.0.dist-info'), { recursive: true });
  await rm(join(newer, USUAL, 'toolz'), { recursive: true });
  await pip(newer, 'toolz-2.0', { 'toolz/fresh.py': 'new\n' });
  assert.match(
    (await texts(newer)).join(),
    /`toolz` changed.*4 deleted.* and 1 more.*pip's `toolz` 2\.0/,
  );

  const again = await environment(context, CONDA, TOOLZ);
  await pip(again, 'toolz-1.0', changes);
  assert.match((await texts(again)).join(), /`toolz` changed.*2 overwritten.*pip's `toolz` 1\.0/);
});

test("a command that pip wrote over conda's is seen, though conda has no digest of it", async (context) => {
  const prefix = await environment(context, CONDA, TOOLZ);
  await pip(prefix, 'other-1.0', { '../../../bin/toolz': '#!/usr/bin/python\n' });
  assert.match(
    (await texts(prefix)).join(),
    /1 overwritten: `bin\/toolz`\), by pip's `other` 1\.0/,
  );
  // conda installed last: what pip has on record is not what is there.
  await link(prefix, CONDA, TOOLZ);
  assert.deepEqual(await texts(prefix), []);
});

test("a file of two conda packages is nobody's loss when it is the same, else the loser is named", async (context) => {
  const prefix = await environment(
    context,
    CONDA,
    { name: 'first', files: { 'lib/same': 'same\n', 'lib/differs': 'of first\n' } },
    { name: 'second', files: { 'lib/same': 'same\n', 'lib/differs': 'of second\n' } },
  );
  const [text, ...more] = await texts(prefix);
  assert.deepEqual(more, []);
  assert.match(text ?? '', /`first` changed.*1 overwritten: `lib\/differs`\), by conda's `second`/);
  await writeFile(join(prefix, 'lib/differs'), 'of first\n');
  assert.match((await texts(prefix)).join(), /`second` changed.*by conda's `first`/);
});

test('a file that rattler put aside for another package is named when the two differ', async (context) => {
  const rattler: Layout = { recorder: 'rattler', sitePackages: USUAL };
  const aside = { 'lib/x': 'lib/x__clobber-from-second', 'lib/y': 'lib/y__clobber-from-second' };
  const prefix = await environment(
    context,
    rattler,
    { name: 'first', files: { 'lib/x': 'first\n', 'lib/y': 'same\n' } },
    { name: 'second', files: { 'lib/x': 'second\n', 'lib/y': 'same\n' }, displaced: aside },
  );
  const found = await texts(prefix);
  assert.equal(found.length, 1);
  assert.match(found[0] ?? '', /`second` changed.*1 overwritten: `lib\/x`\), by conda's `first`/);
});

test("what a package's own link script changes or removes is as it should be", async (context) => {
  const prefix = await environment(context, CONDA, {
    name: 'icons',
    files: {
      'share/icons/theme.cache': 'empty\n',
      'share/icons/once/setup.txt': 'x\n',
      'lib/other': 'x\n',
      'bin/.icons-post-link.sh':
        'update "$PREFIX/share/icons/theme.cache"\nrm -r "$PREFIX/share/icons/once"\n',
    },
  });
  await writeFile(join(prefix, 'share/icons/theme.cache'), 'made by the script\n');
  await rm(join(prefix, 'share/icons/once'), { recursive: true });
  assert.deepEqual(await texts(prefix), []);
  await writeFile(join(prefix, 'lib/other'), 'made by hand\n');
  assert.match((await texts(prefix)).join(), /1 overwritten: `lib\/other`\)\./);
});

test('a path that leads through a linked folder is not missing', async (context) => {
  const prefix = await environment(context, CONDA, { name: 'z', files: { 'lib/real': 'z' } });
  await symlink('lib', join(prefix, 'lib64'));
  await link(prefix, CONDA, { name: 'old', files: { 'lib64/libold.so': 'old' } });
  assert.deepEqual(await texts(prefix), []);
  const owners = await readOwners(prefix, (await listPrefix(prefix)).files);
  assert.equal(owners.segmentOf('lib/libold.so'), 'conda:old');
});

test('a noarch package that an old conda linked through lib/python3.1 belongs to nobody else', async (context) => {
  const prefix = await environment(context, CONDA);
  await symlink('python3.11', join(prefix, 'lib/python3.1'));
  const misread: Layout = { ...CONDA, sitePackages: 'lib/python3.1/site-packages' };
  await link(prefix, misread, TOOLZ);
  assert.deepEqual(await texts(prefix), []);
  const owners = await readOwners(prefix, (await listPrefix(prefix)).files);
  assert.deepEqual(owners.pip, []);
  assert.equal(owners.segmentOf(`${USUAL}/toolz/__init__.py`), 'conda:toolz');
});

test('an environment of links into a cache that is gone is refused', async (context) => {
  for (const recorder of ['conda-softlinks', 'micromamba-softlinks'] as const) {
    const prefix = await environment(context, { recorder, sitePackages: USUAL }, TOOLZ);
    await rm(join(dirname(prefix), 'pkgs'), { recursive: true });
    await assert.rejects(packed(prefix), { code: 'package-cache-gone' });
  }
});

test('records with holes in them are read as far as they go', async (context) => {
  const entry = { _path: 'share/x', path_type: 'hardlink', sha256: '', sha256_in_prefix: '' };
  const holes: Record<string, unknown>[] = [
    { paths_data: null, files: ['share/x'] },
    { paths_data: { paths_version: 2, paths: [entry, { path_type: 'hardlink' }] }, files: null },
    { link: null, paths_data: { paths: [entry] } },
    { files: [], paths_data: { paths: [{ _path: 'etc/made', path_type: 'directory' }] } },
  ];
  for (const more of holes) {
    const prefix = await environment(context, CONDA, {
      name: 'odd',
      files: { 'share/x': 'x' },
      more,
    });
    assert.deepEqual(await texts(prefix), []);
  }
});

test('a noarch package without a list of files is placed by the Python of its environment', async (context) => {
  const prefix = await environment(context, CONDA, { ...TOOLZ, more: { files: [] } });
  assert.deepEqual(await texts(prefix), []);
  await writeFile(join(prefix, USUAL, 'toolz/old.py'), 'new\n');
  assert.match((await texts(prefix)).join(), /1 overwritten/);
});
