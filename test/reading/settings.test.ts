import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatRequirement } from '../../src/domain/pip.ts';
import { formatSpec } from '../../src/domain/spec.ts';
import type { ReadSettings } from '../../src/reading/content.ts';
import { readPackagesFile } from '../../src/reading/read-file.ts';

function read(name: string, rows: readonly string[], settings: Partial<ReadSettings> = {}) {
  const bytes = new TextEncoder().encode(rows.join('\n'));
  const content = readPackagesFile(name, bytes, {
    ...{ platform: 'linux-64', channels: null, groups: [], has: null },
    ...settings,
  });
  return {
    ...content,
    specs: content.specs.map(formatSpec),
    pip: content.pip.map(formatRequirement),
    refused: content.refused.map(({ line }) => line),
  };
}

test('only configured channels are taken, wherever a file names one', () => {
  const channels = [
    { name: 'conda-forge', url: null },
    { name: 'own', url: 'https://mirror.example.com/conda/own-channel/' },
  ];
  const rows = [
    'channels: [conda-forge, bioconda]',
    'dependencies:',
    '  - numpy',
    '  - bioconda::samtools',
    '  - conda-forge::pandas',
  ];
  const file = read('environment.yml', rows, { channels });
  assert.deepEqual([file.channels, file.refused], [['conda-forge'], [1, 4]]);
  assert.deepEqual(file.specs, ['numpy', 'conda-forge::pandas']);
  assert.deepEqual(read('environment.yml', rows).refused, []);

  const list = [
    '@EXPLICIT',
    'https://conda.anaconda.org/conda-forge/noarch/pip-24.0-pyhd8ed1ab_0.conda',
    'https://conda.anaconda.org/bioconda/linux-64/samtools-1.19-h50ea8bc_0.tar.bz2',
  ];
  assert.deepEqual(read('list', list, { channels }).refused, [3]);

  const mirror = 'https://mirror.example.com/conda/own-channel';
  const named = [`channels: ['${mirror}/']`, 'dependencies: [numpy]'];
  assert.deepEqual(read('environment.yml', named, { channels }).channels, ['own']);
  assert.deepEqual(read('environment.yml', named).refused, [1]);
  const mirrored = ['@EXPLICIT', `${mirror}/noarch/pip-24.0-pyhd8ed1ab_0.conda`];
  assert.deepEqual(read('list', mirrored, { channels }).channels, ['own']);
});

test('a lock keeps addresses without credentials, and the digests of both kinds', () => {
  const [md5, sha256] = ['0123456789abcdef'.repeat(2), '0123456789abcdef'.repeat(4)];
  const { lock } = read('list', [
    '@EXPLICIT',
    `https://ada:word@conda.anaconda.org/acme/noarch/own-1.0-py_0.conda#${md5}`,
    `https://conda.anaconda.org/t/ab-12345678/acme/linux-64/x264-1%21161.3030-h7f98852_1.tar.bz2#sha256:${sha256}`,
  ]);
  const place = { channel: 'acme' };
  assert.deepEqual(lock, {
    platform: 'linux-64',
    packages: [
      {
        ...{ name: 'own', version: '1.0', build: 'py_0', subdir: 'noarch', ...place },
        ...{ url: 'https://conda.anaconda.org/acme/noarch/own-1.0-py_0.conda', sha256: null, md5 },
      },
      {
        ...{
          name: 'x264',
          version: '1!161.3030',
          build: 'h7f98852_1',
          subdir: 'linux-64',
          ...place,
        },
        url: 'https://conda.anaconda.org/acme/linux-64/x264-1%21161.3030-h7f98852_1.tar.bz2',
        ...{ sha256, md5: null },
      },
    ],
  });
});

test('a list of one platform is read there, and refused elsewhere in one sentence', () => {
  const rows = ['linux-aarch64', 'linux-64', 'linux-64'].map(
    (subdir, at) => `https://conda.anaconda.org/conda-forge/${subdir}/a${at}-1-0.conda`,
  );
  assert.deepEqual(read('list', ['@EXPLICIT', ...rows]).refused, [2]);
  const there = read('list', ['@EXPLICIT', ...rows], { platform: 'linux-aarch64' });
  assert.deepEqual([there.specs, there.refused], [['a0==1=0'], [3, 4]]);
  assert.deepEqual(read('list', ['@EXPLICIT', rows[0] ?? '']).refused, [2]);
});

test('what the channels have is taken from them when that is wished, under its name there', () => {
  const had = ['pytorch', 'opencv', 'typing_extensions', 'numpy', 'requests', 'ruamel.yaml'];
  const rows = [
    'torch==2.1',
    'opencv-python-headless>=4',
    'typing-extensions',
    'ruamel-yaml==0.17.*',
    'numpy>=1,<2',
    'numpy!=1.5',
    'requests[socks]',
    'tomli; python_version < "3.11"',
    'nowhere',
  ];
  const file = read('requirements.txt', rows, { has: (name) => had.includes(name) });
  assert.deepEqual(file.specs, [
    ...['pytorch==2.1', 'opencv>=4', 'typing_extensions', 'ruamel.yaml=0.17.*'],
    'numpy>=1,<2,!=1.5',
  ]);
  assert.deepEqual(file.pip, [...['requests[socks]', 'tomli; python_version < "3.11"', 'nowhere']]);
  assert.deepEqual(read('requirements.txt', rows).specs, []);
});

test('hashes of requirements are kept, whichever line they stand on', () => {
  const [one, two] = ['sha256:aa', 'sha256:bb'];
  const bytes = new TextEncoder().encode(`rich==13.7 --hash=${one} \\\n    --hash=${two}\nnumpy\n`);
  const { pip } = readPackagesFile('requirements.txt', bytes, {
    ...{ platform: 'linux-64', channels: null, groups: [], has: null },
  });
  assert.deepEqual(
    pip.map(({ hashes }) => hashes),
    [[one, two], []],
  );
});
