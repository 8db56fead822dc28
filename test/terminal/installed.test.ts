import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { commitOf } from '../../src/terminal/version.ts';
import { execFileSync } from '../harness/command.ts';
import { clone, install, pack } from '../harness/installed.ts';
import { fakePrefix, temporaryFolder } from '../packing/fake-prefix.ts';

const ROOT = join(import.meta.dirname, '../..');
const folder = mkdtempSync(join(tmpdir(), 'ferry-installed-'));
after(() => rmSync(folder, { recursive: true }));

/** Programs that a shell script needs, and of all Nodes only that of `node`. */
function pathWith(name: string, node: string | null): string {
  const bin = join(folder, name);
  mkdirSync(bin);
  for (const tool of ['dirname', 'readlink', 'sh']) {
    const found = `${execFileSync('sh', ['-c', `command -v ${tool}`])}`.trim();
    symlinkSync(found, join(bin, tool));
  }
  if (node !== null) symlinkSync(node, join(bin, 'node'));
  return bin;
}

function typed(program: string, words: readonly string[], path = process.env.PATH) {
  const { status, stdout, stderr } = spawnSync(program, words, {
    ...{ encoding: 'utf8', cwd: folder },
    env: { HOME: folder, PATH: path },
  });
  return { status, stdout, stderr };
}

const SOURCES = join(ROOT, 'src/conda-ferry');
const PARSE = ['parse', '--', 'create churn numpy=1.26'];

describe('what npm pack makes', () => {
  let tarball = '';
  let program = '';
  let noNode = '';
  before(() => {
    tarball = pack(folder);
    program = install(tarball, join(folder, 'app'));
    noNode = pathWith('no-node', null);
  });

  test('has the code without types, what starts it and the documents, and nothing else', () => {
    const names = `${execFileSync('tar', ['-tzf', tarball])}`.trim().split('\n');
    const tops = names.map((name) => name.split('/').slice(1, 3).join('/'));
    assert.deepEqual([...new Set(tops)].filter((name) => !name.startsWith('deploy/')).sort(), [
      ...['CHANGELOG.md', 'LICENSE', 'README.md', 'dist/commands', 'dist/src', 'package.json'],
      ...['src/conda-ferry', 'src/find-node'],
    ]);
    assert.ok(names.includes('package/deploy/requirements.txt'));
    assert.ok(names.includes('package/deploy/config.example.yaml'));
    const odd = /\.ts$|\.test\.|^package\/deploy\/(?:lab|screenshots)\//;
    assert.deepEqual(
      names.filter((name) => odd.test(name)),
      [],
    );
    assert.equal(existsSync(join(folder, 'clone/dist')), false, 'a checkout keeps no dist');
  });

  test('has each line of the sources at its number, so that stacks are right', () => {
    const dist = join(folder, 'app/node_modules/conda-ferry/dist');
    const files = readdirSync(join(dist, 'src'), { recursive: true, encoding: 'utf8' });
    const code = files.filter((name) => name.endsWith('.js') && name !== 'main.js');
    assert.ok(code.length > 400);
    const lines = (path: string) => readFileSync(path, 'utf8').split('\n').length;
    for (const name of code) {
      const source = join(ROOT, 'src', name.replace(/\.js$/, '.ts'));
      assert.equal(lines(join(dist, 'src', name)), lines(source), name);
    }
  });

  test('runs with the Node that came with it, and says what the sources say', async (context) => {
    const own = existsSync(join(ROOT, 'node_modules', `node-linux-${process.arch}`));
    const path = own ? noNode : pathWith('new-node', process.execPath);
    const file = join(await temporaryFolder(context), 'environment.yml');
    // So many rows are read in a thread.
    const rows = Array.from({ length: 3000 }, (_, at) => `  - package-${at}=1.${at}`);
    writeFileSync(file, ['name: churn', 'dependencies:', ...rows, ''].join('\n'));
    for (const words of [['--version'], ['help'], PARSE, ['read', file, '--json']]) {
      const answer = typed(program, words, path);
      assert.deepEqual([answer.status, answer.stderr], [0, ''], answer.stderr);
      const expected = typed(SOURCES, words).stdout;
      // The clone that was packed has no commit.
      const isVersion = words[0] === '--version';
      assert.equal(answer.stdout, isVersion ? expected.replace(/ \(.*\)/, '') : expected);
    }
  });

  test('packs a prefix into the very bytes that the sources make of it', async (context) => {
    const prefix = await fakePrefix(join(await temporaryFolder(context), 'prefix'), {
      six: { 'lib/six.py': 'x = 1\n'.repeat(1000), 'bin/six': '#!{prefix}/bin/python\n' },
    });
    const sha256 = (by: string, name: string) => {
      const words = [
        'pack',
        prefix,
        '-o',
        join(folder, name),
        '--json',
        '--cache',
        join(folder, 'cache'),
      ];
      const { status, stdout, stderr } = typed(by, words);
      assert.equal(status, 0, stderr);
      return JSON.parse(stdout).sha256;
    };
    assert.equal(sha256(program, 'installed.zip'), sha256(SOURCES, 'sources.zip'));
  });

  test('takes what other code packed for another one’s, as the sources do', async () => {
    const keys = async (name: string) => {
      const code = join(folder, name, 'node_modules/conda-ferry/dist/src/packing');
      const { packageKeys } = await import(join(code, 'package-index.js'));
      const six = {
        name: 'six',
        version: '1.17',
        build: '0',
        subdir: 'noarch',
        url: '',
        sha256: '',
      };
      const lock = { packages: [six], platform: 'linux-64' };
      return packageKeys({ lock, engine: 'rattler', names: [], format: 'zip' });
    };
    install(tarball, join(folder, 'same'));
    const other = 'other/node_modules/conda-ferry/dist/src/packing/make-archive.js';
    install(tarball, join(folder, 'other'));
    appendFileSync(join(folder, other), '// Of another version.\n');
    assert.deepEqual(await keys('same'), await keys('app'));
    assert.notDeepEqual(await keys('other'), await keys('app'));
  });

  test('takes a Node of the PATH where none came with it, and says what to do without', () => {
    const bare = install(tarball, join(folder, 'bare'));
    const modules = join(folder, 'bare/node_modules');
    for (const name of readdirSync(modules).filter((each) => each.startsWith('node-linux-'))) {
      rmSync(join(modules, name));
    }
    const { status, stderr } = typed(bare, PARSE, noNode);
    assert.equal(status, 2);
    assert.match(stderr, /^conda-ferry: there is no Node here .*22\.18.*\nPut one on the PATH, or/);
    const answer = typed(bare, PARSE, pathWith('some-node', process.execPath));
    assert.deepEqual([answer.status, answer.stderr], [0, '']);
  });

  test('writes a first configuration and the app’s manifest', () => {
    const file = join(folder, 'first/conda-ferry.yaml');
    const edge = ['--edge', 'ferry@127.0.0.1:1', '--yes'];
    const { status, stderr } = typed(program, ['init', '--config', file, ...edge]);
    assert.equal(status, 0, stderr);
    assert.ok(existsSync(join(folder, 'first/slack-manifest.yaml')));
  });

  test('has no lab, and says where there is one', () => {
    const { status, stderr } = typed(program, ['lab', 'up']);
    assert.equal(status, 1);
    assert.match(
      stderr,
      /The lab is no part of the installed package.*\nIn a clone type `sh deploy/,
    );
  });
});

describe('a clone without packages', () => {
  const bare = join(folder, 'bare-clone');
  before(() => clone(bare));
  const start = join(bare, 'src/conda-ferry');

  test('says which is missing and what to type, also where there is a Node', () => {
    const path = pathWith('clone-node', process.execPath);
    for (const words of [PARSE, ['check'], ['start'], ['exec', '--', 'list']]) {
      const { status, stdout, stderr } = typed(start, words, path);
      assert.deepEqual([status, stdout], [2, ''], stderr);
      assert.match(
        stderr,
        /^conda-ferry: The package \S+ is not installed.*\nIn \/.* type `npm install`\n$/,
      );
    }
  });

  test('says what to type where there is no Node that will do', () => {
    const old = join(pathWith('old-node', null), 'node');
    writeFileSync(old, '#!/bin/sh\nexit 1\n', { mode: 0o755 });
    const { status, stderr } = typed(start, PARSE, join(folder, 'old-node'));
    assert.equal(status, 2);
    assert.match(stderr, /^conda-ferry: there is no Node here .*\nIn \/.* type `npm install`\n$/);
  });
});

test('the commit is that of the checkout, or the one that was packed, and no repository’s around', async () => {
  const repository = join(folder, 'repository');
  const inside = join(repository, 'node_modules/conda-ferry');
  mkdirSync(join(inside, 'dist'), { recursive: true });
  writeFileSync(join(repository, 'file'), 'one');
  const git = (...words: string[]) =>
    execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@b', ...words], {
      cwd: repository,
    });
  git('init', '--quiet');
  git('add', 'file');
  git('commit', '--quiet', '-m', 'one');
  const commit = await commitOf(repository);
  assert.match(`${commit}`, /^[0-9a-f]{12}$/);
  writeFileSync(join(repository, 'file'), 'two');
  assert.equal(await commitOf(repository), `${commit}, changed`);
  assert.equal(await commitOf(inside), null);
  writeFileSync(join(inside, 'dist/commit'), 'abc');
  assert.equal(await commitOf(inside), 'abc');
});
