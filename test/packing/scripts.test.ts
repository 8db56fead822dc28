import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmod, mkdir, readFile, rename, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { pack } from '../../src/packing/pack.ts';
import { fakePrefix, temporaryFolder } from './fake-prefix.ts';
import { output } from './tools.ts';

const PYTHON_BY_SHELL = {
  'bin/python3.11': { content: '#!/bin/sh\nexec python3 "$@"\n', executable: true },
  'bin/python': { link: 'python3.11' },
} as const;

/** An environment with hooks, unpacked at a place with a space. */
async function unpacked(context: TestContext): Promise<{ home: string; prefix: string }> {
  const folder = await temporaryFolder(context);
  const prefix = await fakePrefix(
    join(folder, 'built'),
    { python: PYTHON_BY_SHELL },
    {
      'etc/conda/activate.d/a.sh': 'export HOOK="on$CONDA_BACKUP_HOOK"\nfalse\n',
      'etc/conda/activate.d/b.fish': 'set -x NOT read\n',
      'etc/conda/deactivate.d/a.sh': 'unset HOOK\n',
      'etc/where': 'home={prefix}/etc\n',
    },
  );
  const archive = join(folder, 'a.tar.gz');
  await pack({ prefix, output: archive, format: 'tar.gz', root: 'e' });
  const place = join(folder, 'some where');
  await mkdir(place);
  await output('tar', 'xzf', archive, '-C', place);
  return { home: join(place, 'e'), prefix };
}

const SCRIPT = `
before="$PATH"
. "$E/bin/activate"
echo "$CONDA_PREFIX|$CONDA_DEFAULT_ENV|$HOOK|$(command -v python)"
PATH="/mine:$PATH"
. "$E/bin/deactivate"
[ "$PATH" = "/mine:$before" ] && echo "path as before"
echo "$CONDA_PREFIX|\${CONDA_DEFAULT_ENV-unset}|\${HOOK-unset}|\${_FERRY_PREFIX-unset}"
inside() { . "$E/bin/activate"; }
inside
. "$E/bin/activate"
. "$E/bin/deactivate"
[ "$PATH" = "/mine:$before" ] && echo "path as before"
. "$E/bin/deactivate"
echo end
`;

const SHELLS: readonly string[][] = [
  ['bash'],
  ['bash', '-eu'],
  ['bash', '-f'],
  ['bash', '-O', 'failglob'],
  ['bash', '--posix'],
  ['dash'],
  ['dash', '-eu'],
  ['zsh', '-f'],
  ['zsh', '-feu'],
  ['zsh', '-f', '-o', 'shwordsplit'],
];

function isThere(program: string): boolean {
  try {
    execFileSync('sh', ['-c', `command -v ${program}`], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

for (const [shell = '', ...options] of SHELLS) {
  const skip = isThere(shell) ? false : `there is no ${shell} here`;
  test(`activate and deactivate in ${[shell, ...options].join(' ')}`, { skip }, async (context) => {
    const { home } = await unpacked(context);
    const script = join(home, '..', 'script');
    await writeFile(script, SCRIPT);
    const said = await output('env', `E=${home}`, 'CONDA_PREFIX=/old', shell, ...options, script);
    assert.equal(
      said,
      `${home}|e|on|${home}/bin/python\npath as before\n/old|unset|unset|unset\npath as before\nend\n`,
    );
  });
}

test('a shell that cannot know where the file lies says what to type, and that works', async (context) => {
  const { home } = await unpacked(context);
  const sourced = (before: string) =>
    output(
      'sh',
      '-c',
      `{ ${before} . "$1/bin/activate"; echo "at $CONDA_PREFIX"; } 2>&1`,
      'sh',
      home,
    );
  const inSubshell = `exec dash -c '( . "$0/bin/activate"; echo "at $CONDA_PREFIX" ) 2>&1' "$1";`;
  assert.match(await sourced(inSubshell), /CONDA_PREFIX_TO_ACTIVATE=<prefix>.*\nat \n$/);
  const told = inSubshell.replace('( .', '( CONDA_PREFIX_TO_ACTIVATE="$0"; .');
  assert.equal(await sourced(told), `at ${home}\n`);
  await assert.rejects(output('bash', join(home, 'bin/activate')), /source the file instead/);
});

test('conda-unpack works after every move, from the PATH, behind a link and without a Python there', async (context) => {
  const { home, prefix } = await unpacked(context);
  const where = async (place: string) => readFile(join(place, 'etc/where'), 'utf8');
  assert.equal(await where(home), `home=${prefix}/etc\n`);
  assert.match(await output(join(home, 'bin/conda-unpack')), /1 files rewritten/);
  assert.equal(await where(home), `home=${home}/etc\n`);
  const second = join(home, '..', 'second');
  await rename(home, second);
  const fromPath = 'PATH="$1/bin:$PATH"; cd /; conda-unpack; conda-unpack';
  assert.match(
    await output('sh', '-c', fromPath, 'sh', second),
    /1 files rewritten.*\n.* 0 files rewritten/,
  );
  assert.equal(await where(second), `home=${second}/etc\n`);
  const third = join(home, '..', 'third');
  await rename(second, third);
  await symlink(join(third, 'bin/conda-unpack'), join(third, '..', 'link'));
  assert.match(await output(join(third, '..', 'link')), /1 files rewritten/);
  assert.equal(await where(third), `home=${third}/etc\n`);
});

test('without any Python conda-unpack says so', async (context) => {
  const { home } = await unpacked(context);
  const tools = join(home, '..', 'tools');
  await mkdir(tools);
  for (const tool of ['sh', 'dirname', 'readlink']) {
    await symlink((await output('sh', '-c', `command -v ${tool}`)).trim(), join(tools, tool));
  }
  await rename(join(home, 'bin/python'), join(home, 'bin/nothing'));
  await assert.rejects(
    output('env', '-i', `PATH=${tools}`, join(home, 'bin/conda-unpack')),
    /conda-unpack: there is no Python/,
  );
});

const isRoot = process.getuid?.() === 0;

test('conda-unpack in a place that cannot be written changes nothing and says why', async (context) => {
  const { home, prefix } = await unpacked(context);
  const unpack = [join(home, 'bin/conda-unpack')];
  await chmod(join(home, 'etc'), 0o555);
  for (let at = home; at !== '/tmp' && at !== '/'; at = join(at, '..')) {
    await chmod(at, 0o755).catch(() => {});
  }
  // Root writes anywhere: it becomes somebody who may not.
  const nobody = ['setpriv', '--reuid', '65534', '--regid', '65534', '--clear-groups'];
  const [program = '', ...words] = isRoot ? [...nobody, ...unpack] : unpack;
  await assert.rejects(output(program, ...words), /cannot be written; run it as the owner/);
  assert.equal(await readFile(join(home, 'etc/where'), 'utf8'), `home=${prefix}/etc\n`);
  await chmod(join(home, 'etc'), 0o755);
});
