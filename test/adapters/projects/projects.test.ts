import assert from 'node:assert/strict';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { chooseEngine } from '../../../src/adapters/engines/engine.ts';
import { available } from '../../../src/adapters/host/sandbox.ts';
import { createProjects, type ProjectsOptions } from '../../../src/adapters/projects/projects.ts';
import { wheelIn } from '../../../src/adapters/projects/source.ts';
import type { FerryError } from '../../../src/domain/errors.ts';
import type { ProjectPin, ProjectReference } from '../../../src/domain/request.ts';
import { parseSpec } from '../../../src/domain/spec.ts';
import { execFileSync } from '../../harness/command.ts';
import {
  labChannel,
  labPython,
  recordProgress,
  whyNoLabChannel,
  whyNoLabPython,
} from '../engines/lab.ts';

const folder = mkdtempSync(join(tmpdir(), 'projects-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const skip = whyNoLabPython() || whyNoLabChannel() || ((await available()) ?? false);
const prefix = join(folder, 'prefix');
const allowed = join(folder, 'allowed');
let count = 0;

/** Writes a project and returns its folder, which is an allowed path. */
function project(files: Record<string, string>): string {
  count += 1;
  const root = join(allowed, `project${count}`);
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), text);
  }
  return root;
}

function setup(fields: string, before = ''): string {
  return `from setuptools import setup, Extension\n${before}\nsetup(${fields})\n`;
}

/** Writes a wheel by hand, which takes no build; returns its path, which is allowed. */
function wheel(
  name: string,
  files: Record<string, string>,
  metadata: readonly string[] = [],
): string {
  const info = `${name}-1.dist-info`;
  const fields = ['Metadata-Version: 2.1', `Name: ${name}`, 'Version: 1', ...metadata];
  const members = {
    ...files,
    [`${info}/METADATA`]: `${fields.join('\n')}\n`,
    [`${info}/WHEEL`]: 'Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n',
    [`${info}/RECORD`]: '',
  };
  const path = join(allowed, `${name}-1-py3-none-any.whl`);
  const script = `import json, sys, zipfile
with zipfile.ZipFile(sys.argv[1], 'w') as wheel:
    for name, text in json.load(sys.stdin).items(): wheel.writestr(name, text)`;
  execFileSync(labPython, ['-c', script, path], { input: JSON.stringify(members) });
  return path;
}

function make(
  options: Partial<ProjectsOptions> = {},
  config: Partial<ProjectsOptions['config']> = {},
) {
  return createProjects({
    config: { repositories: [], paths: [allowed], sandbox: 'required', ...config },
    dataDirectory: join(folder, 'data'),
    limits: { seconds: 60 },
    ...options,
  });
}

function work(): string {
  count += 1;
  return join(folder, `work${count}`);
}

async function pin(references: readonly ProjectReference[], options = make()) {
  const directory = work();
  const pins = await options.pin(references, directory, recordProgress().progress, null);
  return { pins, directory };
}

/** Pins and installs allowed paths into the shared prefix. */
async function install(
  paths: readonly string[],
  options = make(),
  glibc: string | null = null,
): Promise<ProjectPin[]> {
  const { pins, directory } = await pin(
    paths.map((path) => ({ kind: 'path', path })),
    options,
  );
  const recorded = recordProgress();
  await options.install(pins, directory, { prefix, glibc }, recorded.progress);
  assert.deepEqual(
    readdirSync(join(join(folder, 'data'), 'scratch'), {
      recursive: true,
      encoding: 'utf8',
    }).filter((name) => name.includes('work-')),
    [],
  );
  return pins;
}

async function refusal(promise: Promise<unknown>, code: string): Promise<FerryError> {
  const error = await promise.then(() => null).catch((thrown: FerryError) => thrown);
  assert.equal(error?.code, code, error?.stack ?? 'nothing was refused');
  return error as FerryError;
}

function python(script: string): string {
  const args = ['-B', '-c', script];
  return execFileSync(join(prefix, 'bin', 'python'), args, { encoding: 'utf8' }).trim();
}

const sitePackages = join(prefix, 'lib', 'python3.11', 'site-packages');

describe('projects', { skip }, () => {
  before(async () => {
    const engine = chooseEngine({
      configured: 'rattler',
      environment: process.env,
      dataDirectory: join(folder, 'engine'),
      python: async () => labPython,
    });
    const { progress } = recordProgress();
    const specs = ['python=3.11', 'numpy=1.26', 'six', 'setuptools', 'wheel'];
    const lock = await engine.solve(
      {
        specs: specs.map((text) => parseSpec(text)),
        channels: [labChannel],
        platform: 'linux-64',
        glibc: '2.17',
        keep: [],
      },
      progress,
    );
    await engine.create({ lock, prefix }, progress);
    mkdirSync(allowed, { recursive: true });
  });

  test('a setup.py alone is built and installed', async () => {
    const root = project({
      'setup.py': setup("name='plain-setup', version='1.0', py_modules=['plain_setup']"),
      'plain_setup.py': 'answer = 42\n',
    });
    const [pinned] = await install([root]);
    assert.equal(pinned?.name, 'plain-setup');
    assert.equal(python('import plain_setup; print(plain_setup.answer)'), '42');
  });

  test('a pyproject.toml with a command gets its launcher for this prefix', async () => {
    const root = project({
      'pyproject.toml': `[build-system]\nrequires = ["setuptools>=61"]\nbuild-backend = "setuptools.build_meta"
[project]\nname = "with-command"\nversion = "2.0"\ndependencies = ["numpy>=1.20"]
[project.scripts]\nwith-command = "with_command:main"\n`,
      'with_command/__init__.py': "def main(): print('ran')\n",
    });
    await install([root]);
    const launcher = join(prefix, 'bin', 'with-command');
    assert.match(readFileSync(launcher, 'utf8'), new RegExp(`^#!${prefix}/bin/python`));
    assert.equal(execFileSync(launcher, { encoding: 'utf8' }), 'ran\n');
  });

  test('a C extension is compiled against the numpy of the environment', async () => {
    const root = project({
      'pyproject.toml':
        '[build-system]\nrequires = ["setuptools", "numpy"]\nbuild-backend = "setuptools.build_meta"\n',
      'setup.py': setup(
        "name='fast', version='1', ext_modules=[Extension('fast', ['fast.c'], include_dirs=[numpy.get_include()])]",
        'import numpy',
      ),
      'fast.c': `#include <Python.h>
#include <numpy/arrayobject.h>
static PyObject *ones(PyObject *self, PyObject *args) {
  npy_intp size = 3; PyObject *array = PyArray_SimpleNew(1, &size, NPY_INT);
  PyArray_FILLWBYTE((PyArrayObject *)array, 1); return array; }
static PyMethodDef methods[] = {{"ones", ones, METH_NOARGS, ""}, {0}};
static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "fast", "", -1, methods};
PyMODINIT_FUNC PyInit_fast(void) { import_array(); return PyModule_Create(&module); }
`,
    });
    await install([root]);
    assert.equal(
      python('import fast; print(len(fast.ones()), type(fast.ones()).__module__)'),
      '3 numpy',
    );
  });

  test('what is compiled for a newer glibc than the edge nodes have is refused', async () => {
    const path = wheel('threaded', { 'threaded.py': '' });
    const library = join(folder, 'fast.so');
    // In a glibc of its own since 2.34, with a version of that name.
    const code = `#include <pthread.h>
static void *run(void *given) { return given; }
int start(void) { pthread_t thread; return pthread_create(&thread, 0, run, 0); }`;
    execFileSync('cc', ['-shared', '-fPIC', '-x', 'c', '-', '-o', library], { input: code });
    const add =
      'import sys, zipfile; zipfile.ZipFile(sys.argv[1], "a").write(sys.argv[2], "fast.so")';
    execFileSync(labPython, ['-c', add, path, library]);
    const error = await refusal(install([path], make(), '2.17'), 'project-needs-newer-glibc');
    assert.match(
      error.message,
      /^threaded has compiled parts that need glibc 2\.\d+ \(`\S+fast\.so`\), .* have 2\.17\.$/,
    );
    assert.match(error.suggestion ?? '', /manylinux_2_17/);
    await install([path], make(), '2.99');
  });

  test('data files come along, inside the package and beside it', async () => {
    const root = project({
      'setup.py': setup(
        "name='with-data', version='1', packages=['with_data'], package_data={'with_data': ['*.csv']}, data_files=[('share/with-data', ['extra.txt'])]",
      ),
      'with_data/__init__.py': '',
      'with_data/table.csv': 'a,b\n',
      'extra.txt': 'extra\n',
    });
    await install([root]);
    assert.equal(readFileSync(join(sitePackages, 'with_data', 'table.csv'), 'utf8'), 'a,b\n');
    assert.equal(readFileSync(join(prefix, 'share', 'with-data', 'extra.txt'), 'utf8'), 'extra\n');
  });

  test('an attached wheel and an attached sdist are installed as they are', async () => {
    const root = project({
      'setup.py': setup("name='attached', version='1', py_modules=['attached']"),
      'attached.py': 'value = 7\n',
    });
    const built = join(folder, 'built');
    const build = ['setup.py', '-q', 'sdist', '-d', built, 'bdist_wheel', '-d', built];
    execFileSync(join(prefix, 'bin', 'python'), build, { cwd: root });
    for (const file of readdirSync(built)) {
      const options = make({
        fetchFile: async () => ({ name: file, content: readFileSync(join(built, file)) }),
      });
      const reference = { kind: 'file', fileId: 'F123456', name: 'F123456' } as const;
      const { pins, directory } = await pin([reference], options);
      assert.deepEqual([pins[0]?.name, pins[0]?.origin], ['attached', file]);
      await options.install(pins, directory, { prefix, glibc: null }, recordProgress().progress);
      assert.equal(python('import attached; print(attached.value)'), '7');
      const names = readdirSync(sitePackages).filter((name) => name.startsWith('attached'));
      for (const name of names) rmSync(join(sitePackages, name), { recursive: true });
    }
  });

  test('what is installed tells nothing of the build host and is read by everybody', async () => {
    const root = project({
      'setup.py': setup("name='clean', version='1', py_modules=['clean']"),
      'clean.py': '',
    });
    await install([root]);
    const info = join(sitePackages, 'clean-1.dist-info');
    assert.equal(existsSync(join(info, 'direct_url.json')), false);
    assert.doesNotMatch(readFileSync(join(info, 'RECORD'), 'utf8'), /direct_url|pyc|projects-/);
    assert.equal(statSync(join(sitePackages, 'clean.py')).mode & 0o777, 0o644);
    assert.equal(statSync(join(sitePackages, 'clean.py')).uid, process.getuid?.());
  });

  test('what is missing is named as specs to add, all at once', async () => {
    const root = wheel('needy', { 'needy.py': '' }, [
      'Requires-Dist: pandas>=2',
      'Requires-Dist: numpy>=2',
      'Requires-Dist: six',
      "Requires-Dist: enum34; python_version < '3'",
      "Requires-Dist: pytest; extra == 'test'",
    ]);
    const error = await refusal(install([root]), 'project-requirements');
    assert.match(error.message, /needs pandas>=2; needy needs numpy>=2, there is 1\.26/);
    assert.equal(error.suggestion, 'Add to the command: "pandas>=2" "numpy>=2"');
    assert.equal(existsSync(join(sitePackages, 'needy.py')), false);
  });

  test('one project may need another that comes with it', async () => {
    const base = wheel('pair_base', { 'pair_base.py': 'value = 5\n' });
    const top = wheel('pair_top', { 'pair_top.py': 'from pair_base import value\n' }, [
      'Requires-Dist: pair-base>=1',
    ]);
    await install([top, base]);
    assert.equal(python('import pair_top; print(pair_top.value)'), '5');
  });

  test('a wrong Python, and a build that lacks packages, are told with what to add', async () => {
    const old = wheel('old', { 'old.py': '' }, ['Requires-Python: <3.11']);
    const python = await refusal(install([old]), 'project-requirements');
    assert.match(python.message, /Python <3\.11/);
    const backend = project({
      'pyproject.toml':
        '[build-system]\nrequires = ["hatchling>=1"]\nbuild-backend = "hatchling.build"\n[project]\nname = "modern"\nversion = "1"\n',
    });
    const lacks = await refusal(install([backend]), 'project-requirements');
    assert.match(lacks.suggestion ?? '', /"hatchling>=1"/);
    const imports = project({ 'setup.py': setup("name='i', version='1'", 'import scipy') });
    assert.match((await refusal(install([imports]), 'project-requirements')).message, /scipy/);
  });

  test('files of conda packages are never overwritten, and both sides are named', async () => {
    const root = wheel('shadow', { 'six.py': 'mine = 1\n', 'fine.py': '' });
    const error = await refusal(install([root]), 'conda-files-clobbered');
    assert.match(error.message, /shadow would overwrite files of six 1\.17\.0: `lib\/.*\/six\.py`/);
    assert.equal(existsSync(join(sitePackages, 'fine.py')), false);
    assert.doesNotMatch(readFileSync(join(sitePackages, 'six.py'), 'utf8'), /mine/);
  });

  test('two projects that bring the same module are told apart', async () => {
    const twin = (name: string) => wheel(name, { 'twin.py': '' });
    await refusal(install([twin('twin_one'), twin('twin_two')]), 'projects-collide');
  });

  test('a wheel for another platform is refused, and one that leaves its folder', async () => {
    const path = wheel('foreign', { 'foreign.py': '' });
    const foreign = path.replace('py3-none-any', 'cp39-cp39-win_amd64');
    renameSync(path, foreign);
    const error = await refusal(install([foreign]), 'project-wheel-refused');
    assert.match(error.message, /another Python or platform/);
    const escaping = wheel('escaping', { '../../../../../escaped.py': '' });
    await refusal(install([escaping]), 'project-unsafe');
    assert.equal(existsSync(join(prefix, '..', 'escaped.py')), false);
  });

  test('a wheel of an editable install is refused', async () => {
    const root = wheel('editable', {
      '__editable__.x.pth': '/home/ana/src\n',
      '__editable___x_finder.py': '',
    });
    const error = await refusal(install([root]), 'editable-package');
    assert.match(error.message, /__editable__/);
  });

  test('a build host without a compiler is told what to install', async () => {
    const root = project({
      'setup.py': setup(
        "name='c', version='1', ext_modules=[Extension('c', ['c.c'])]",
        "import os; os.environ['CC'] = 'no-such-gcc'",
      ),
      'c.c': '',
    });
    const error = await refusal(install([root]), 'project-needs-compiler');
    assert.match(error.suggestion ?? '', /apt-get install gcc/);
  });

  test('a build that fails says why in one line', async () => {
    const root = project({ 'setup.py': 'raise RuntimeError("no licence file")\n' });
    const error = await refusal(install([root]), 'project-build-failed');
    assert.match(error.message, /no licence file/);
    assert.ok(error.message.length < 500);
  });

  test('the same tree is the same pin, whatever its times; another byte is another pin', async () => {
    const files = { 'setup.py': setup("name='same', version='1'"), 'a.py': '1\n' };
    const digestOf = async (root: string) =>
      (await pin([{ kind: 'path', path: root }])).pins[0]?.sha256;
    const first = await digestOf(project(files));
    const again = project(files);
    mkdirSync(join(again, '.git'));
    writeFileSync(join(again, '.git', 'config'), 'x');
    assert.equal(await digestOf(again), first);
    assert.notEqual(await digestOf(project({ ...files, 'a.py': '2\n' })), first);
  });

  test('pins that were touched or lost are not built', async () => {
    const root = project({ 'setup.py': setup("name='touched', version='1'") });
    const options = make();
    const { pins, directory } = await pin([{ kind: 'path', path: root }], options);
    const [pinned] = pins;
    writeFileSync(join(directory, pinned?.sha256 ?? '', 'source', 'setup.py'), 'evil');
    const { progress } = recordProgress();
    await refusal(
      options.install(pins, directory, { prefix, glibc: null }, progress),
      'project-lost',
    );
  });

  test('only allowed paths are taken, and no link out of them', async () => {
    const outside = join(folder, 'outside');
    mkdirSync(outside);
    writeFileSync(join(outside, 'setup.py'), '');
    symlinkSync(outside, join(allowed, 'way-out'));
    for (const path of [outside, join(allowed, 'way-out'), `${allowed}/../outside`, '/etc']) {
      await refusal(pin([{ kind: 'path', path }]), 'project-not-allowed');
    }
    const root = project({ 'setup.py': '', 'inside.py': '' });
    symlinkSync('inside.py', join(root, 'alias.py'));
    await pin([{ kind: 'path', path: root }]);
    symlinkSync('/etc/passwd', join(root, 'passwd'));
    const error = await refusal(pin([{ kind: 'path', path: root }]), 'project-unsafe');
    const pipe = join(allowed, 'pipe');
    execFileSync('mkfifo', [pipe]);
    await refusal(pin([{ kind: 'path', path: pipe }]), 'project-unsafe');
    assert.match(error.message, /`passwd`/);
  });

  test('a folder that roles name is had by no link that stands elsewhere, only by its name', async () => {
    const secret = project({ 'setup.py': '', 'sub/setup.py': '' });
    const open = project({ 'setup.py': '' });
    const options = make({ restricted: [secret, join(folder, 'gone')] });
    symlinkSync(secret, join(allowed, 'harmless'));
    symlinkSync(join(secret, 'sub'), join(allowed, 'deeper'));
    symlinkSync(open, join(allowed, 'other-name'));
    for (const name of ['harmless', 'deeper', 'harmless/sub']) {
      const asked = pin([{ kind: 'path', path: join(allowed, name) }], options);
      const error = await refusal(asked, 'project-not-allowed');
      assert.match(error.message, /leads to `.*`, which is for the people of a role/);
    }
    for (const path of [secret, join(secret, 'sub'), join(allowed, 'other-name')]) {
      assert.equal((await pin([{ kind: 'path', path }], options)).pins.length, 1);
    }
  });

  test('what is no Python project is said to be none', async () => {
    const root = project({ 'README.md': '' });
    await refusal(pin([{ kind: 'path', path: root }]), 'project-unsupported');
    const options = make({
      fetchFile: async () => ({ name: '../../evil.sh', content: new Uint8Array() }),
    });
    const reference = { kind: 'file', fileId: 'F123456', name: 'F123456' } as const;
    await refusal(pin([reference], options), 'project-unsupported');
  });
});

describe('projects from a repository', { skip }, () => {
  const repository = join(folder, 'repository');
  const git = (...args: string[]) =>
    execFileSync('git', ['-c', 'user.name=Ana', '-c', 'user.email=ana@example.com', ...args], {
      cwd: repository,
      encoding: 'utf8',
    }).trim();
  const options = make({}, { repositories: [{ name: 'models', url: repository }] });
  const at = (ref: string | null) =>
    pin([{ kind: 'repository', repository: 'models', ref }], options);
  let first = '';

  before(() => {
    mkdirSync(repository);
    git('init', '--quiet', '--initial-branch=main');
    writeFileSync(join(repository, 'setup.py'), setup("name='models', version='1'"));
    git('add', '.');
    git('commit', '--quiet', '--message=first');
    git('tag', 'v1');
    first = git('rev-parse', 'HEAD');
    writeFileSync(join(repository, 'setup.py'), setup("name='models', version='2'"));
    git('commit', '--quiet', '--all', '--message=second');
  });

  test('a branch, a tag, a commit and no ref are pinned to their commit', async () => {
    const second = git('rev-parse', 'HEAD');
    const commits: Record<string, string> = { main: second, v1: first, [first]: first };
    for (const [ref, commit] of Object.entries({ ...commits, [first.slice(0, 8)]: first })) {
      const { pins } = await at(ref);
      assert.deepEqual([pins[0]?.name, pins[0]?.origin], ['models', `models@${commit}`]);
    }
    assert.equal((await at(null)).pins[0]?.origin, `models@${second}`);
  });

  test('what was pushed since is seen', async () => {
    writeFileSync(join(repository, 'new.py'), '');
    git('add', '.');
    git('commit', '--quiet', '--message=third');
    assert.equal((await at('main')).pins[0]?.origin, `models@${git('rev-parse', 'HEAD')}`);
  });

  test('refs that are none, or try to be more, are refused', async () => {
    for (const ref of ['nope', '--upload-pack=id', 'main~1', 'HEAD^', '@{-1}', 'a..b', 'HEAD']) {
      await refusal(at(ref), 'bad-ref');
    }
    await refusal(
      pin([{ kind: 'repository', repository: 'elsewhere', ref: null }], options),
      'unknown-repository',
    );
  });

  test('nothing of the repository is executed, and links out of it are refused', async () => {
    const marker = join(folder, 'executed');
    writeFileSync(join(repository, '.gitattributes'), '* filter=evil\n');
    git('config', 'filter.evil.smudge', `touch ${marker}`);
    mkdirSync(join(repository, '.git', 'hooks'), { recursive: true });
    for (const hook of ['post-checkout', 'post-merge', 'reference-transaction', 'pre-auto-gc']) {
      const script = `#!/bin/sh\ntouch ${marker}\n`;
      writeFileSync(join(repository, '.git', 'hooks', hook), script, { mode: 0o755 });
    }
    await at('main');
    assert.equal(existsSync(marker), false);
    symlinkSync('/etc/passwd', join(repository, 'passwd'));
    git('-c', 'core.hooksPath=/dev/null', 'add', '.');
    git('-c', 'core.hooksPath=/dev/null', 'commit', '--quiet', '--message=link');
    await refusal(at('main'), 'project-unsafe');
  });
});

describe('hostile projects', { skip }, () => {
  const hostile = (body: string) =>
    project({ 'setup.py': `${body}\n${setup("name='hostile', version='1', py_modules=[]")}` });

  test('secrets of the build host are out of sight', async () => {
    const secret = join(folder, 'token');
    writeFileSync(secret, 'xoxb-secret');
    process.env.PROJECTS_TEST_SECRET = 'xoxb-environment';
    const root = hostile(`
import os, glob
found = []
for path in ['${secret}', '${homedir()}/.ssh/id_rsa', '/etc/shadow', '/proc/1/environ'] + glob.glob('${homedir()}/*') + glob.glob('/home/*'):
    try: found.append(open(path).read())
    except OSError: pass
raise SystemExit('FOUND ' + repr([text for text in found if text]) + repr(sorted(os.environ.values())))`);
    const error = await refusal(install([root]), 'project-build-failed');
    delete process.env.PROJECTS_TEST_SECRET;
    assert.match(error.details ?? '', /FOUND/);
    assert.doesNotMatch(error.details ?? '', /xoxb|root:/);
  });

  test('the network is away', async () => {
    const root = hostile(
      "import urllib.request; urllib.request.urlopen('http://192.0.2.1/', timeout=5)",
    );
    await refusal(install([root]), 'project-needs-network');
  });

  test('the environment cannot be changed by a build', async () => {
    const root = hostile(`import numpy; open(numpy.__file__, 'a').write('evil')`);
    await refusal(install([root]), 'project-build-failed');
    assert.doesNotMatch(readFileSync(join(sitePackages, 'numpy', '__init__.py'), 'utf8'), /evil/);
  });

  test('links that a build leaves are not followed on the build host', async () => {
    const elsewhere = join(folder, 'elsewhere');
    const ours = relative(process.cwd(), import.meta.dirname);
    mkdirSync(elsewhere);
    const linking = (name: string, target: string, link: string) =>
      project({
        'setup.py': setup(
          `name='${name}', version='1', py_modules=['${name}']`,
          `import os
try:
    os.makedirs(os.path.abspath('../../../${ours}'), exist_ok=True)
except OSError: pass
try:
    os.symlink('${target}', '../../${link}')
except OSError: pass`,
        ),
        [`${name}.py`]: '',
      });
    // Where its files are gathered: a way that is one folder inside and another outside.
    await install([linking('gathering', `/proc/self/cwd/${ours}`, 'stage')]);
    assert.equal(existsSync(join(prefix, 'projects.test.ts')), false);
    assert.equal(existsSync(join(sitePackages, 'gathering.py')), true);
    // Where the next project is put.
    const beside = wheel('beside', { 'beside.py': '' });
    await install([linking('placing', elsewhere, '../1'), beside]);
    assert.deepEqual(readdirSync(elsewhere), []);
    assert.equal(existsSync(join(sitePackages, 'beside.py')), true);
    // Where its wheel should be.
    const made = join(folder, 'made');
    symlinkSync(allowed, made);
    await refusal(wheelIn(made), 'project-unsafe');
    symlinkSync(beside, join(elsewhere, 'beside-1.whl'));
    await refusal(wheelIn(elsewhere), 'project-unsafe');
  });

  test('a fork bomb and an endless build are ended', async () => {
    const options = make({ limits: { seconds: 3 } });
    await refusal(
      install(
        [hostile('import os\nwhile True:\n  try: os.fork()\n  except OSError: pass')],
        options,
      ),
      'project-build-hung',
    );
  });

  test('memory that many processes take together is limited', async () => {
    const options = make({ limits: { seconds: 60, totalBytes: 400 * 2 ** 20 } });
    const root = hostile(`import os, time
for _ in range(12):
    if os.fork() == 0:
        held = b'x' * (60 << 20)
        time.sleep(60)
time.sleep(60)`);
    await refusal(install([root], options), 'project-too-much-memory');
  });

  test('a flood of files is ended', async () => {
    const options = make({ limits: { seconds: 60, directoryBytes: 50e6 } });
    const root = hostile(
      `import itertools\nfor n in itertools.count(): open(f'f{n}', 'wb').write(bytes(10**7))`,
    );
    await refusal(install([root], options), 'project-too-large');
  });
});
