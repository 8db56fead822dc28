/** What is suggested while a package is typed: the likeliest first, and at once whatever a channel holds. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { indexNames, namesBeginning } from '../../src/domain/name-index.ts';
import { parseSpec } from '../../src/domain/spec.ts';
import {
  type IndexedChannel,
  indexChannel,
  packageIn,
  suggestSpecs,
} from '../../src/domain/suggestions.ts';

function channel(name: string, held: Record<string, string[]>): IndexedChannel {
  const names = Object.keys(held);
  return indexChannel({
    ...{ name, has: (wanted) => names.includes(wanted), names: () => names },
    versions: (wanted) => held[wanted] ?? [],
  });
}

const lab = channel('lab', {
  numexpr: [],
  numba: [],
  numcodecs: [],
  numpy: ['1.26.4', '1.9.3', '2.2.6', '1.26.0', '1.10.1'],
  'scikit-learn': [],
  learn2learn: [],
  python: ['3.9.1', '3.11.9', '3.12.1', '3.11.2', '3.10.0', '3.8.1', '3.7.1'],
  pandas: [],
  pytorch: [],
});
const specs = (text: string, channels = [lab]) =>
  suggestSpecs(text, channels).map(({ spec }) => spec);

describe('while a name is typed', () => {
  test('what many ask for stands first, then the shortest, and last what no channel has', () => {
    assert.deepEqual(specs('num'), ['numpy', 'numba', 'numexpr', 'numcodecs', 'num']);
  });

  test('a part of a name behind a separator counts, too', () => {
    assert.deepEqual(specs('Learn').slice(0, 2), ['scikit-learn', 'learn2learn']);
  });

  test('the newest releases stand behind a name that is there', () => {
    assert.deepEqual(specs('python'), [
      'python',
      ...['python=3.12', 'python=3.11', 'python=3.10', 'python=3.9'],
    ]);
  });

  test('a slip of the keys and the name of a module find the package', () => {
    assert.deepEqual(specs('pandsa'), ['pandas', 'pandsa']);
    assert.deepEqual(specs('torch'), ['pytorch', 'torch']);
  });

  test('it is said what is in no channel, and from which of several a package comes', () => {
    const other = channel('other', { numpy: [], numnum: [] });
    assert.deepEqual(suggestSpecs('numn', [lab, other]), [
      { spec: 'numnum', note: 'from other' },
      { spec: 'numn', note: 'in none of the channels' },
    ]);
    assert.deepEqual(specs('other::num', [lab, other]), [
      'other::numpy',
      'other::numnum',
      'other::num',
    ]);
  });

  test('what is no spec is not offered, nor anything behind it', () => {
    assert.deepEqual(specs('numpy=>1'), []);
    assert.deepEqual(specs('--edge'), []);
    assert.deepEqual(specs(''), []);
  });

  test('any spec can be entered while no channel is known', () => {
    assert.deepEqual(suggestSpecs('numpy 1.26', []), [{ spec: 'numpy==1.26', note: null }]);
  });
});

describe('behind a name', () => {
  test('releases come first, then versions, newest first', () => {
    assert.deepEqual(specs('numpy=1.'), [
      ...['numpy=1.26', 'numpy=1.10', 'numpy=1.9'],
      ...['numpy=1.26.4', 'numpy=1.26.0', 'numpy=1.10.1', 'numpy=1.9.3'],
    ]);
    assert.deepEqual(
      suggestSpecs('numpy=1.26', [lab]).map(({ note }) => note),
      ['1.26.4 is its newest', null, null],
    );
  });

  test('a version behind a blank is one, and what is not there is said', () => {
    const found = suggestSpecs('numpy 1.2', [lab]);
    assert.deepEqual(found.at(0), { spec: 'numpy=1.26', note: '1.26.4 is its newest' });
    assert.deepEqual(found.at(-1), { spec: 'numpy==1.2', note: 'no such version in lab' });
  });

  test('the last clause is completed by what the others allow', () => {
    assert.deepEqual(specs('numpy>=1.10,<1.2'), [
      ...['numpy>=1.10,<1.26', 'numpy>=1.10,<1.26.4'],
      ...['numpy>=1.10,<1.26.0', 'numpy>=1.10,<1.2'],
    ]);
    assert.deepEqual(specs('numpy==1.26'), ['numpy==1.26', 'numpy==1.26.4', 'numpy==1.26.0']);
  });

  test('whatever is suggested is a spec', () => {
    for (const text of ['p', 'python=', 'numpy!=1', 'lab::numpy~=1', 'numpy>=1,']) {
      for (const { spec } of suggestSpecs(text, [lab])) assert.doesNotThrow(() => parseSpec(spec));
    }
  });

  test('the package whose versions are needed is known from the text', () => {
    assert.equal(packageIn('conda-forge::NumPy >=1'), 'numpy');
    assert.equal(packageIn(' '), null);
    assert.equal(packageIn('numpy pandas=1'), null);
  });
});

test('of many names the likeliest are kept, each once', () => {
  const names = Array.from({ length: 5_000 }, (_, index) => `p${index}-p${index}`);
  const index = indexNames([...names, 'zlib'], (name, isPart) => name.length + (isPart ? 1 : 0));
  assert.deepEqual(namesBeginning(index, 'zl', 100), ['zlib']);
  assert.deepEqual(
    namesBeginning(index, 'p', 10).toSorted(),
    Array.from({ length: 10 }, (_, number) => `p${number}-p${number}`),
  );
  assert.equal(new Set(namesBeginning(index, 'p1', 100)).size, 100);
});

test('of a long text nothing is guessed, however many blanks are pasted into it', () => {
  const pasted = `numpy${' '.repeat(5000)}`;
  assert.equal(packageIn(pasted), null);
  assert.deepEqual(specs(pasted), []);
  assert.deepEqual(specs(`${pasted}@`), []);
});
