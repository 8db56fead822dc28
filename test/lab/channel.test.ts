import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { laboratory } from '../../deploy/lab/laboratory.ts';
import { execFileSync } from '../harness/command.ts';
import { unlessFull } from '../harness/full.ts';

const prepared = existsSync(join(laboratory.channel, '.stamp'));

const CREATE = join(laboratory.root, 'test/harness/create-environment.py');

describe('the lab channel', { skip: prepared ? false : 'the lab is not prepared' }, () => {
  const directory = mkdtempSync(join(tmpdir(), 'ferry-channel-'));
  after(() => rmSync(directory, { recursive: true }));

  const install = (name: string, ...specs: string[]): Record<string, string> => {
    const channel = pathToFileURL(laboratory.channel).href;
    const args = [CREATE, channel, join(directory, name), join(directory, 'packages'), ...specs];
    return JSON.parse(execFileSync(laboratory.python, args, { encoding: 'utf8' }));
  };
  const run = (name: string, file: string, ...args: string[]): string =>
    execFileSync(join(directory, name, file), args, { encoding: 'utf8' }).trim();

  test('is solved and installed by a real conda library, and its programs run', () => {
    const packages = install(
      'whole',
      'python=3.11',
      'numpy<2',
      'pandas=2.0',
      'ferry-entry',
      'ferry-prefix',
    );
    assert.equal(packages.numpy, '1.26.4');
    assert.equal(packages.pandas, '2.0.3');
    assert.equal(packages['ferry-entry'], '1.1');
    assert.equal(
      run('whole', 'bin/python', '-c', 'import pandas, numpy; print(numpy.__version__)'),
      '1.26.4',
    );
    assert.equal(run('whole', 'bin/ferry-entry'), 'ferry-entry 1.1');
    assert.equal(run('whole', 'bin/ferry-prefix'), join(directory, 'whole'));
    const text = readFileSync(join(directory, 'whole/share/ferry-prefix/prefix.txt'), 'utf8');
    assert.equal(text, `installed in ${join(directory, 'whole')}\n`);
  });

  test('has Python 3.10 and 3.13 as well', () => {
    for (const version of ['3.10', '3.13']) {
      install(version, `python=${version}`, 'numpy');
      assert.match(
        run(version, 'bin/python', '-c', 'import numpy, sys; print(sys.version)'),
        new RegExp(`^${version}`),
      );
    }
  });

  test('has a package that cannot be solved', () => {
    assert.throws(() => install('never', 'ferry-unsolvable'), /ferry-nowhere/);
  });

  test('is the same, package by package, when it is made again', { skip: unlessFull }, () => {
    const again = join(directory, 'again');
    execFileSync(laboratory.python, [
      join(laboratory.root, 'deploy/lab/channel/make-channel.py'),
      again,
      ...['--jars', join(laboratory.folder, 'downloads/cpython')],
      ...['--downloads', join(laboratory.folder, 'downloads/wheels')],
    ]);
    assert.deepEqual(packageHashes(again), packageHashes(laboratory.channel));
  });
});

function packageHashes(channel: string): Record<string, string> {
  const files = globSync('*/*.{conda,tar.bz2}', { cwd: channel }).sort();
  assert.ok(files.length > 20, `${files.length} packages`);
  return Object.fromEntries(
    files.map((file) => [
      file,
      createHash('sha256')
        .update(readFileSync(join(channel, file)))
        .digest('hex'),
    ]),
  );
}
