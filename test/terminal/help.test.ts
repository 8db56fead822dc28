import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join, relative } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { PROFILES } from '../../src/packing/lint.ts';
import { CATALOGUE, usageOf } from '../../src/terminal/catalogue.ts';
import { helpOf } from '../../src/terminal/help.ts';
import { commitOf } from '../../src/terminal/version.ts';
import { typed } from '../harness/typed.ts';
import { temporaryFolder } from '../packing/fake-prefix.ts';

const ROOT = join(import.meta.dirname, '../..');

describe('help of the command line', () => {
  for (const [name, entry] of Object.entries(CATALOGUE)) {
    test(`${name}: its usage and its options are those it reads`, async () => {
      const { command } = await entry.load();
      const named = [...entry.words.matchAll(/--?[a-z][a-z-]*/g)].map(([flag]) => flag);
      for (const flag of named) {
        const known = Object.entries(command.options).some(
          ([option, { short }]) => flag === `--${option}` || flag === `-${short}`,
        );
        assert.ok(known, `${flag} is no option of ${name}`);
      }
      for (const [option, { short, says }] of Object.entries(command.options)) {
        const isNamed = [`--${option}`, `-${short}`].some((flag) => named.includes(flag));
        assert.ok(isNamed, `the usage of ${name} leaves out --${option}`);
        assert.match(says, /^\S.*[^.]$/);
      }
      const help = helpOf(name, entry, command);
      assert.ok(help.startsWith(`Usage: ${usageOf(name)}\n`));
    });
  }

  test('who starts it by the name that its entry had before is answered alike', () => {
    const words = ['parse', '--', 'create churn numpy'];
    const before = spawnSync(process.execPath, [join(ROOT, 'src/main.ts'), ...words], {
      encoding: 'utf8',
    });
    assert.match(before.stdout, /churn/);
    assert.equal(before.stdout, typed(words).stdout);
  });

  test('--help, -h and help NAME say the same; the list of profiles is in that of lint only', () => {
    const asked = [
      ['lint', '--help'],
      ['lint', 'a.zip', '-h'],
      ['help', 'lint'],
    ].map((words) => typed(words));
    const [first] = asked;
    for (const each of asked) assert.deepEqual(each, first);
    const { stdout: overview } = typed(['--help']);
    for (const { name } of PROFILES) {
      assert.ok(first?.stdout.includes(name), name);
      assert.ok(!overview.includes(name), name);
    }
    for (const name of Object.keys(CATALOGUE)) assert.ok(overview.includes(usageOf(name)), name);
  });

  test('what stands behind -- is text, also when it is --help', () => {
    const { status, stdout } = typed(['parse', '--json', '--', '--help']);
    assert.equal(status, 0);
    assert.equal(JSON.parse(stdout).command, 'help');
  });

  test('help for what is no command says which is near', () => {
    const { status, stderr } = typed(['help', 'lnt']);
    assert.equal(status, 1);
    assert.match(stderr, /There is no command `lnt`\.\nDid you mean `conda-ferry lint`\?/);
  });

  test('--version is that of the package, with the commit in a checkout', async () => {
    const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
    const commit = await commitOf(ROOT);
    const stdout = `conda-ferry ${version}${commit === null ? '' : ` (${commit})`}\n`;
    for (const flag of ['--version', '-V']) {
      assert.deepEqual(typed([flag]), { status: 0, stdout, stderr: '' });
    }
  });
});

describe('a quick start', () => {
  const PARSE = ['parse', '--json', '--', 'create churn numpy'];

  /** What a command loads: packages by their names, our files from the root on, and parts of Node. */
  async function loadedBy(
    context: TestContext,
    words: readonly string[],
    environment: NodeJS.ProcessEnv = {},
    expected = 0,
  ) {
    const told = join(await temporaryFolder(context), 'told.mjs');
    writeFileSync(
      told,
      `import { registerHooks } from 'node:module';
       registerHooks({ load(url, context, next) { process._rawDebug(url); return next(url, context); } });
       process.once('exit', () => process._rawDebug(process.moduleLoadList.join('\\n')));`,
    );
    const { status, stderr } = typed(words, {
      environment: { ...environment, NODE_OPTIONS: `--import=${told}` },
    });
    assert.equal(status, expected, stderr);
    const packages = [...stderr.matchAll(/\/node_modules\/((?:@[^/]+\/)?[^/]+)\/(.+)/g)];
    return {
      packages: packages.map(([, name, file]) => `${name}/${file}`),
      ours: stderr
        .split('\n')
        .filter((url) => url.startsWith('file:') && !url.includes('/node_modules/'))
        .map((url) => relative(ROOT, fileURLToPath(url))),
      ofNode: stderr.split('\n').filter((line) => /^(?:NativeModule|Internal Binding) /.test(line)),
    };
  }

  test('parse loads the grammar, and no package of a service', async (context) => {
    const { packages, ours } = await loadedBy(context, PARSE);
    assert.deepEqual(packages, []);
    assert.ok(ours.includes('commands/grammar/parse.ts'));
    const rooms = /^src\/(?:adapters|answers|pipeline|packing|reading|config\.ts)/;
    assert.deepEqual(
      ours.filter((file) => rooms.test(file)),
      [],
    );
  });

  test('parse loads the rules for versions where one is typed, without what browsers need', async (context) => {
    const { packages } = await loadedBy(context, ['parse', '--', 'create churn numpy=1.26']);
    assert.deepEqual(packages, ['@conda-org/rattler/dist/rattler.node.cjs']);
  });

  test('exec loads nothing that starts programs, speaks to Slack or reaches an edge', async (context) => {
    const words = ['exec', '--config', '/nowhere', '--', 'status'];
    const { packages } = await loadedBy(context, words, {}, 1);
    assert.ok(packages.some((file) => file.startsWith('bullmq/')));
    const others = /^(?:execa|@slack|node-ssh|ssh2|archiver|yaml|smol-toml|@conda-org)\//;
    assert.deepEqual(
      packages.filter((file) => others.test(file)),
      [],
    );
  });

  test('types are taken out of our files once, and not even for that of the entry', async (context) => {
    const kept = { NODE_COMPILE_CACHE: await temporaryFolder(context) };
    const takesOutTypes = async () => {
      const { ofNode } = await loadedBy(context, PARSE, kept);
      assert.ok(ofNode.includes('NativeModule internal/modules/typescript'));
      return ofNode.some((part) => part.includes('internal/deps/amaro'));
    };
    assert.equal(await takesOutTypes(), true);
    assert.equal(await takesOutTypes(), false);
  });

  test('asks no Node whether it will do where one came with the packages, and any other', async (context) => {
    const folder = await temporaryFolder(context);
    mkdirSync(join(folder, 'src'));
    for (const name of ['conda-ferry', 'find-node']) {
      copyFileSync(join(ROOT, 'src', name), join(folder, 'src', name));
    }
    writeFileSync(join(folder, 'src/main.js'), '');
    // As npx has it: by a link, and from anywhere.
    symlinkSync('src/conda-ferry', join(folder, 'link'));
    /** A Node that says what it is asked. */
    const nodeIn = (bin: string) => {
      mkdirSync(join(folder, bin), { recursive: true });
      const says = `#!/bin/sh\necho "${bin} $1" | sed 's| /.*/| |' >>'${folder}/asked'\necho "$0"\n`;
      writeFileSync(join(folder, bin, 'node'), says, { mode: 0o755 });
    };
    const asked = () => {
      rmSync(join(folder, 'asked'), { force: true });
      const env = { PATH: `${join(folder, 'bin')}:${process.env.PATH}` };
      const { status, stderr } = spawnSync(join(folder, 'link'), ['parse'], {
        env,
        encoding: 'utf8',
      });
      assert.equal(status, 0, stderr);
      return readFileSync(join(folder, 'asked'), 'utf8').trim().split('\n');
    };
    nodeIn('bin');
    assert.deepEqual(asked(), ['bin -e', 'bin main.js']);
    nodeIn('node_modules/.bin');
    assert.deepEqual(asked(), ['node_modules/.bin main.js']);
  });

  test('a Node that runs no TypeScript says so, and what to type', () => {
    const { status, stderr } = typed(PARSE, {
      environment: { NODE_OPTIONS: '--no-strip-types' },
    });
    assert.equal(status, 2);
    assert.match(stderr, /is Node v\S+, which runs no TypeScript.*\nType: rm node_modules/);
  });

  test('what Node compiled is kept in the user’s cache folder', async (context) => {
    const folder = await temporaryFolder(context);
    const { status } = typed(PARSE, {
      environment: { XDG_CACHE_HOME: folder, NODE_COMPILE_CACHE: '' },
    });
    assert.equal(status, 0);
    assert.equal(readdirSync(join(folder, 'conda-ferry', 'node')).length, 1);
  });

  test('a cache folder that cannot be is not in the way', () => {
    const { stdout: expected } = typed(PARSE);
    for (const environment of [
      { XDG_CACHE_HOME: '/dev/null/cache', NODE_COMPILE_CACHE: '' },
      { XDG_CACHE_HOME: '', HOME: '/dev/null', NODE_COMPILE_CACHE: '' },
      { NODE_DISABLE_COMPILE_CACHE: '1' },
    ]) {
      assert.deepEqual(typed(PARSE, { environment }), { status: 0, stdout: expected, stderr: '' });
    }
  });
});
