import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { before, describe, test } from 'node:test';
import { MAIN } from '../harness/product.ts';

function run(program: string, words: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(program, words, { encoding: 'utf8' });
  return { status, stdout, stderr };
}
const completion = (shell: string) => run(process.execPath, [MAIN, 'completion', shell]);
const hasZsh = run('zsh', ['-c', 'true']).status === 0;

describe('completion', () => {
  let bash = '';
  before(() => {
    bash = completion('bash').stdout;
  });

  const LINES: [typed: string[], offered: RegExp][] = [
    [['ver'], /^verify-archive$/],
    [['pack', 'prefix', '--ver'], /^--verify$/],
    [['pack', ''], /^$/],
    [['exec', '--', 'whoa'], /^whoami$/],
    [['exec', '--jso'], /^--json$/],
    [['pack', '--', 'whoa'], /^$/],
    [['nothing', '--'], /^$/],
  ];
  for (const [typed, offered] of LINES) {
    test(`of bash for \`conda-ferry ${typed.join(' ')}\``, () => {
      const program = `${bash}
COMP_WORDS=(conda-ferry "$@"); COMP_CWORD=$#; _conda_ferry; echo "\${COMPREPLY[*]}"`;
      const { status, stdout, stderr } = run('bash', ['-c', program, 'bash', ...typed]);
      assert.deepEqual([status, stderr], [0, '']);
      assert.match(stdout.trim(), offered);
    });
  }

  const noZsh = hasZsh ? false : 'there is no zsh';
  test('of zsh offers sub-commands, options and files', { skip: noZsh }, () => {
    const program = `
_describe() { print -l -- "$1" \${(P)2}; }
_files() { print files; }
complete() { words=(conda-ferry "$@"); CURRENT=$#words; PREFIX=$words[-1]; source =(print -r -- $SCRIPT); }
complete ver; complete pack --ver; complete pack fi`;
    const script = completion('zsh').stdout;
    const { status, stdout, stderr } = run('env', [`SCRIPT=${script}`, 'zsh', '-fc', program]);
    assert.deepEqual([status, stderr], [0, '']);
    assert.match(stdout, /^verify-archive:whether/m);
    assert.match(stdout, /^--verify:/m);
    assert.match(stdout, /^files$/m);
  });

  test('of fish has a line for each option', () => {
    const { status, stdout } = completion('fish');
    assert.equal(status, 0);
    assert.match(stdout, /^complete -c conda-ferry -n __fish_use_subcommand -f -a pack -d '/m);
    assert.match(
      stdout,
      /^complete -c conda-ferry -n '__fish_seen_subcommand_from pack' -l output -s o -r -d '/m,
    );
  });

  test('for another shell says which there are', () => {
    const { status, stderr } = completion('bsh');
    assert.equal(status, 1);
    assert.match(stderr, /There is no completion for `bsh`\.\nDid you mean `bash`\?/);
  });
});

test('an option that is mistyped suggests the one that is meant', () => {
  const { status, stderr } = run(process.execPath, [MAIN, 'parse', '--jsno', '--', 'help']);
  assert.equal(status, 1);
  assert.match(stderr, /There is no option `--jsno`\.\nDid you mean `--json`\?/);
});
