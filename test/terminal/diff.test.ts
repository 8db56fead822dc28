import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { typed } from '../harness/typed.ts';
import { temporaryFolder } from '../packing/fake-prefix.ts';

const ADDRESS = 'https://conda.anaconda.org/conda-forge/linux-64';
const FILES = {
  'a.yml': 'dependencies:\n  - python=3.11\n  - numpy>=2\n  - pip:\n    - -e .\n',
  'b.yml': 'dependencies:\n  - python=3.12\n  - numpy>=2\n',
  'list.txt': `@EXPLICIT\n${ADDRESS}/python-3.11.9-h1_0_cpython.conda\n${ADDRESS}/numpy-1.26.4-py311_0.conda\n`,
};

describe('conda-ferry diff', () => {
  test('compares two files without a configuration, and names rows it cannot compare', async (context) => {
    const folder = await temporaryFolder(context);
    for (const [name, text] of Object.entries(FILES)) await writeFile(join(folder, name), text);
    const two = typed(['diff', 'a.yml', 'b.yml'], { folder });
    assert.deepEqual([two.status, two.stderr], [0, '']);
    assert.match(two.stdout, /`python=3\.11` → `python=3\.12`/);
    assert.match(two.stdout, /1 row of a\.yml cannot be had, and not compared: line 5/);
    const lock = typed(['diff', 'a.yml', 'list.txt', '--json'], { folder });
    assert.deepEqual(JSON.parse(lock.stdout).compared.judged, [
      { asked: 'python=3.11', found: 'python 3.11.9', isMet: true },
      { asked: 'numpy>=2', found: 'numpy 1.26.4', isMet: false },
    ]);
  });

  test('reads both files for the platform that is said', async (context) => {
    const folder = await temporaryFolder(context);
    await writeFile(join(folder, 'a.yml'), 'dependencies:\n  - numpy>=2  # [aarch64]\n');
    await writeFile(
      join(folder, 'list.txt'),
      FILES['list.txt'].replaceAll('linux-64', 'linux-aarch64'),
    );
    const words = ['diff', 'a.yml', 'list.txt', '--json'];
    const judgedFor = (...more: string[]) =>
      JSON.parse(typed([...words, ...more], { folder }).stdout).compared.judged;
    assert.deepEqual(judgedFor('--platform', 'linux-aarch64'), [
      { asked: 'numpy>=2', found: 'numpy 1.26.4', isMet: false },
    ]);
    assert.deepEqual(judgedFor(), []);
  });

  test('says what is wrong of one word, and of a file that is not there', async (context) => {
    const folder = await temporaryFolder(context);
    assert.match(typed(['diff', 'a.yml'], { folder }).stderr, /Name two files, two revisions/);
    assert.match(
      typed(['diff', 'a.yml', 'b.yml'], { folder }).stderr,
      /a\.yml.*there is no such file/,
    );
  });

  test('needs a configuration for what a store knows', async (context) => {
    const folder = await temporaryFolder(context);
    await writeFile(join(folder, 'a.yml'), FILES['a.yml']);
    const { status, stderr } = typed(['diff', 'a.yml', 'churn@3'], { folder });
    assert.equal(status, 1);
    assert.match(stderr, /no conda-ferry\.yaml/);
  });
});
