import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { typed } from '../harness/typed.ts';
import { temporaryFolder } from '../packing/fake-prefix.ts';

const FILE = [
  'name: churn',
  'channels: [conda-forge]',
  'dependencies:',
  '  - python=3.11',
  '  - numpy>=1.26,<2',
  '  - pywin32  # [win]',
  '  - pip:',
  '    - rich[jupyter]==13.7.0',
  '    - -r requirements.txt',
  '',
].join('\n');

describe('conda-ferry read', () => {
  test('--json prints the content of a file, and nothing else', async (context) => {
    const file = join(await temporaryFolder(context), 'environment.yml');
    await writeFile(file, FILE);
    const { status, stdout, stderr } = typed(['read', file, '--json']);
    assert.deepEqual([status, stderr], [0, '']);
    assert.deepEqual(JSON.parse(stdout), {
      name: 'churn',
      channels: ['conda-forge'],
      specs: [
        { name: 'python', version: '=3.11', build: null, channel: null },
        { name: 'numpy', version: '>=1.26,<2', build: null, channel: null },
      ],
      pip: [{ name: 'rich', extras: ['jupyter'], specifier: '==13.7.0' }],
      locked: false,
      refused: [
        {
          line: 9,
          text: '- -r requirements.txt',
          message: '`-r requirements.txt`: another file of requirements is not read with this one.',
          suggestion: 'Give that file as well, or copy its rows into this one.',
        },
      ],
    });
    assert.deepEqual(typed(['read', '-', '--json'], { input: FILE }).stdout, stdout);
  });

  test('without it, says the same in words, with the command that builds it', () => {
    const { status, stdout } = typed(['read', '-'], { input: FILE });
    assert.equal(status, 0);
    assert.equal(
      stdout,
      [
        'environment.yml churn: 2 of conda, 1 of pip, from conda-forge',
        '  python=3.11',
        '  numpy>=1.26,<2',
        'Of pip:',
        '  rich[jupyter]==13.7.0',
        'Not possible:',
        '  line 9: - -r requirements.txt',
        '    `-r requirements.txt`: another file of requirements is not read with this one.',
        '    Give that file as well, or copy its rows into this one.',
        'Left out or changed:',
        '  line 6: `pywin32` is for another platform (`win`), and left out.',
        'Type in Slack, or in quotes after conda-ferry exec --: create churn python=3.11 numpy>=1.26,<2 --pip rich[jupyter]==13.7.0 --channel conda-forge',
        '',
      ].join('\n'),
    );
  });

  test('--platform says for which machines, whatever is usual', () => {
    const input = 'dependencies:\n  - numpy  # [aarch64]\n  - mkl  # [x86_64]\n';
    const specsFor = (...words: string[]) =>
      JSON.parse(typed(['read', '-', '--json', ...words], { input }).stdout).specs.map(
        ({ name }: { name: string }) => name,
      );
    assert.deepEqual(specsFor(), ['mkl']);
    assert.deepEqual(specsFor('--platform', 'linux-aarch64'), ['numpy']);
    const other = typed(['read', '-', '--platform', 'arm'], { input });
    assert.equal(other.status, 1);
    assert.match(other.stderr, /`--platform` takes no `arm`.*linux-64.*linux-aarch64/s);
  });

  test('exit codes tell a file of which nothing can be had, and one that cannot be read', () => {
    assert.equal(typed(['read', '-'], { input: '-r base.txt\n' }).status, 1);
    assert.equal(typed(['read', '-'], { input: '# none\nnumpy\n' }).status, 0);
    for (const [words, input, code] of [
      [['read', '/none/environment.yml', '--json'], '', 'file-unreadable'],
      [['read', '-', '--json'], '', 'file-empty'],
      [['read', '-', '--json'], 'x'.repeat(2_000_001), 'file-too-large'],
      [['read', '-', '--json', '--prefer', 'conda'], 'numpy', 'usage'],
      [['read', '-', '--json', '--prefer', 'pip'], 'numpy', 'unknown-prefer'],
      [['read', 'a', 'b', '--json'], '', 'usage'],
    ] as const) {
      const { status, stdout } = typed(words, { input });
      assert.deepEqual([status, JSON.parse(stdout).error.code], [1, code]);
    }
  });

  test('a configuration says which channels there are, and what they have', async (context) => {
    const folder = await temporaryFolder(context);
    const index = (packages: readonly string[]) =>
      JSON.stringify({
        packages: Object.fromEntries(
          packages.map((name) => [
            `${name}-1-0.tar.bz2`,
            { name, version: '1', build: '0', build_number: 0, depends: [], subdir: 'noarch' },
          ]),
        ),
      });
    for (const [subdir, packages] of [
      ['noarch', ['pytorch', 'rich']],
      ['linux-64', []],
      ['linux-aarch64', ['onlyarm']],
    ] as const) {
      await mkdir(join(folder, 'own', subdir), { recursive: true });
      await writeFile(join(folder, 'own', subdir, 'repodata.json'), index(packages));
    }
    await writeFile(
      join(folder, 'conda-ferry.yaml'),
      [
        'channels:',
        `  - { name: own, url: "file://${join(folder, 'own')}" }`,
        'edges: [{ name: edge, host: edge.example.com }]',
        '',
      ].join('\n'),
    );
    const words = ['read', '-', '--json', '--prefer', 'conda'];
    const { stdout } = typed(words, { input: 'torch==2.1\nrich\nnowhere\n', folder });
    const { specs, pip } = JSON.parse(stdout);
    assert.deepEqual(
      specs.map(({ name }: { name: string }) => name),
      ['pytorch', 'rich'],
    );
    assert.deepEqual(pip, [{ name: 'nowhere', extras: [], specifier: null }]);
    // What only one platform has is asked of that one.
    const arm = typed([...words, '--platform', 'linux-aarch64'], { input: 'onlyarm\n', folder });
    assert.deepEqual(
      JSON.parse(arm.stdout).specs.map(({ name }: { name: string }) => name),
      ['onlyarm'],
    );
    const { refused } = JSON.parse(typed(['read', '-', '--json'], { input: FILE, folder }).stdout);
    assert.match(refused[0].message, /no channel `conda-forge` configured/);
  });
});
