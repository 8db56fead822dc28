/** A file may name thousands of packages that no channel has: they are said together, few are guessed at. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Missing, missingPackages, missingParts } from '../../src/domain/missing-packages.ts';
import type { Channels } from '../../src/domain/ports.ts';
import { formatSpec, parseSpec } from '../../src/domain/spec.ts';

test('of many packages that are missing, what was meant is looked for of the first fifty', async () => {
  const names = new Set(['numpy']);
  const channels: Channels = {
    read: async () => [
      { name: 'lab', has: (name) => names.has(name), versions: () => [], names: () => names },
    ],
    close: () => undefined,
  };
  const specs = Array.from({ length: 60 }, () => parseSpec('nunpy'));
  const missing = await missingPackages(specs, ['lab'], channels);
  assert.deepEqual(
    missing?.map(({ instead }) => instead.map(({ name }) => name).join()),
    specs.map((_, index) => (index < 50 ? 'numpy' : '')),
  );
});

const missing = (name: string, ...instead: string[]): Missing => ({
  ...{ spec: parseSpec(name), kind: 'package', called: null, versions: [] },
  instead: instead.map((text) => parseSpec(text)),
});

test('many packages that are missing are one sentence, with some names, how many more, and what is near', () => {
  const lost = Array.from({ length: 118 }, (_, index) => missing(`lost-${index + 1}`));
  const version: Missing = {
    ...{ spec: parseSpec('python=9'), kind: 'version', called: null },
    ...{ instead: [], versions: ['3.12.1'] },
  };
  const parts = missingParts(
    [missing('nunpy', 'numpy'), missing('sciyp', 'scipy', 'six'), version, ...lost],
    ['lab'],
  );
  assert.deepEqual(
    parts.map(({ message, suggestion }) => [message, suggestion]),
    [
      [
        'No package `nunpy`, `sciyp`, `lost-1`, `lost-2`, `lost-3`, `lost-4`, `lost-5`, `lost-6`, `lost-7`, `lost-8` or 110 more is in the channel `lab`.',
        'Did you mean `numpy` for `nunpy` and `scipy` or `six` for `sciyp`? Check `lost-1`, `lost-2`, `lost-3`, `lost-4`, `lost-5`, `lost-6`, `lost-7`, `lost-8`, `lost-9`, `lost-10` and 108 more, or name another channel with `--channel`.',
      ],
      ['No version in the channel `lab` meets `python=9`.', 'There is `3.12.1`.'],
    ],
  );
});

test('of many that are near to others it is said to which', () => {
  const near = ['a', 'b', 'c', 'd'].map((name) => missing(`${name}x`, name));
  assert.deepEqual(
    missingParts(near, ['lab']).map(({ suggestion }) => suggestion),
    ['Did you mean `a` for `ax`, `b` for `bx`, `c` for `cx` and `d` for `dx`?'],
  );
});

test('a few packages that are missing are a sentence each, with what is near to each', () => {
  const parts = missingParts(
    ['a', 'b', 'c'].map((name) => missing(`${name}x`, name)),
    ['lab'],
  );
  assert.deepEqual(
    parts.map(({ about, suggestion }) => [about, suggestion]),
    [
      ['ax', 'Did you mean `a`?'],
      ['bx', 'Did you mean `b`?'],
      ['cx', 'Did you mean `c`?'],
    ],
  );
});

test('a version that there is not is replaced by the nearest that may be offered', async () => {
  const versions = ['3.13.5', '3.11.3', '3.10.2'];
  const channels: Channels = {
    read: async () => [
      { name: 'lab', has: () => true, versions: () => versions, names: () => ['python'] },
    ],
    close: () => undefined,
  };
  const instead = async (offered: readonly string[]) => {
    const asked = [parseSpec('python=3.12')];
    const missing = await missingPackages(asked, ['lab'], channels, () => offered);
    return missing?.flatMap((each) => each.instead.map(formatSpec));
  };
  assert.deepEqual(await instead(['3.10.2']), ['python=3.10']);
  assert.deepEqual(await instead([]), ['python=3.13']);
});
