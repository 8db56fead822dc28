import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { whyNoUv, writeIndex } from '../harness/pip-index.ts';
import { BACKENDS, sdist } from '../harness/sdists.ts';
import { cannotWalk, ferry } from '../harness.ts';

const WHEELS = [
  { name: 'greeting', version: '1.0', requires: ['six>=1.10', 'loud>=2'] },
  { name: 'loud', version: '2.1' },
  { name: 'modern', version: '3.0', requires: ['six>=2'] },
  ...BACKENDS,
];
const SDISTS = [
  sdist({ name: 'plain', requires: ['six'] }),
  sdist({ name: 'unnamed', prepare: 'raise SystemExit(9)' }),
];

describe('packages of pip beside those of conda', { skip: cannotWalk || whyNoUv() }, () => {
  const runTest = ferry({
    configure: ({ directory }) => {
      const index = writeIndex(join(directory, 'index'), WHEELS, SDISTS);
      return {
        indexes: [{ name: 'own', url: pathToFileURL(index).href }],
        sdists: [{ name: 'plain' }],
      };
    },
  });

  test('are resolved, checked, installed without network, and imported on the edge', () =>
    runTest(async (ctx) => {
      await ctx.ask('create greeted python=3.11 six --pip greeting');
      const build = await ctx.untilReady('greeted');
      assert.deepEqual(
        build.lock?.wheels?.map(({ name, version }) => `${name} ${version}`),
        ['greeting 1.0', 'loud 2.1'],
      );
      assert.deepEqual(build.imports.greeting, ['greeting']);
      const python = `${ctx.edge.root}/envs/greeted/current/bin/python`;
      const answer = `${python} -c 'import greeting, loud, six; print(greeting.version, loud.version, six.__version__)'`;
      assert.equal(await ctx.edge.ssh(answer), '1.0 2.1 1.17.0');
      // Asked again, it is known.
      const again = await ctx.ask('create greeted python=3.11 six --pip greeting');
      assert.match(again, /greeted@1/);
      assert.equal((await ctx.build('greeted')).id, build.id);
    }));

  test('are taken from a file, in the terminal as beside a message', () =>
    runTest(async (ctx) => {
      const file = join(ctx.directory, 'environment.yml');
      writeFileSync(file, 'dependencies: [python=3.11, six, pip: [loud>=2]]\n');
      const words = ['exec', '--wait', '--file', file, '--', 'create filed'];
      const { code, stdout } = await ctx.terminal(words);
      assert.equal(code, 0, stdout);
      const build = await ctx.build('filed');
      assert.deepEqual(
        [build.request.specs.length, build.lock?.wheels?.map(({ name }) => name)],
        [2, ['loud']],
      );
    }));

  test('are built from source where the operator names them, and refused elsewhere with who could', () =>
    runTest(async (ctx) => {
      const refused = await ctx.ask('create other python=3.11 six --pip unnamed');
      assert.match(
        refused,
        /unnamed==1\.0 has no wheel .* the operator does not allow to build it/,
      );
      assert.match(refused, /unnamed under sdists in the configuration/);
      await ctx.ask('create sourced python=3.11 six --pip plain');
      const build = await ctx.untilReady('sourced');
      const [plain] = build.lock?.wheels ?? [];
      assert.deepEqual(
        plain?.builtWith?.map(({ name, version }) => `${name} ${version}`),
        ['tinybuild 1.0', 'tinyhelp 1.0'],
      );
      const python = `${ctx.edge.root}/envs/sourced/current/bin/python`;
      assert.equal(await ctx.edge.ssh(`${python} -c 'import plain; print(plain.version)'`), '1.0');
      const { stdout } = await ctx.terminal(['exec', '--', 'lock sourced --as requirements.txt']);
      assert.match(stdout, new RegExp(`^plain==1\\.0 --hash=sha256:${plain?.sha256}$`, 'm'));
    }));

  test('that need what conda has not are refused before anything is built, with what would do', () =>
    runTest(async (ctx) => {
      const answer = await ctx.ask('create modern python=3.11 six --pip modern');
      assert.match(answer, /modern needs six>=2 and conda has six 1\.17\.0/);
      assert.match(answer, /Build with six>=2/);
      assert.equal(await ctx.store.readEnvironment('modern'), null);
    }));
});
