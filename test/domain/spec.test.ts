import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FerryError } from '../../src/domain/errors.ts';
import { isName, nearestName } from '../../src/domain/names.ts';
import { formatSpec, parseSpec } from '../../src/domain/spec.ts';

describe('parseSpec', () => {
  for (const [text, expected] of [
    ['numpy', { name: 'numpy', version: null, build: null, channel: null }],
    ['NumPy', { name: 'numpy', version: null, build: null, channel: null }],
    ['python=3.11', { name: 'python', version: '=3.11', build: null, channel: null }],
    ['numpy==1.26.4', { name: 'numpy', version: '==1.26.4', build: null, channel: null }],
    ['numpy>=1.26,<2', { name: 'numpy', version: '>=1.26,<2', build: null, channel: null }],
    ['numpy >= 1.26, < 2', { name: 'numpy', version: '>=1.26,<2', build: null, channel: null }],
    ['numpy=1.26|=2.0', { name: 'numpy', version: '=1.26|=2.0', build: null, channel: null }],
    [
      'conda-forge::pandas=2.2=py311_0',
      { name: 'pandas', version: '=2.2', build: 'py311_0', channel: 'conda-forge' },
    ],
  ] as const) {
    it(`reads ${text}`, () => {
      const spec = parseSpec(text);
      assert.deepEqual(spec, expected);
      assert.deepEqual(parseSpec(formatSpec(spec)), spec);
    });
  }

  for (const text of [
    '-c',
    '--yes',
    'numpy[url=http://x]',
    'http://evil/x.conda',
    '../numpy',
    '/etc/passwd',
    'numpy@1',
    'numpy;id',
    '$(id)',
    '`id`',
    'numpy=',
    'numpy>=',
    'numpy pandas',
    'evil/x::numpy',
    '::numpy',
    '',
    'nümpy',
    'numpy#x',
    'numpy=1.2=py;0',
    '__glibc>=2.17',
  ]) {
    it(`refuses ${JSON.stringify(text)} with its position and a way out`, () => {
      assert.throws(
        () => parseSpec(text, 10),
        (error) =>
          error instanceof FerryError &&
          error.code === 'bad-spec' &&
          error.kind === 'user' &&
          (error.position?.start ?? -1) >= 10,
      );
    });
  }
});

describe('names', () => {
  it('follow the one rule for environments and aliases', () => {
    for (const name of ['churn', 'my-local-env', 'A.b_c-1', 'a'.repeat(64)]) assert(isName(name));
    for (const name of [
      '',
      '1a',
      '-a',
      '.a',
      'a..b',
      'a/b',
      'a b',
      'a#b',
      'a,b',
      'é',
      `a${'b'.repeat(64)}`,
    ]) {
      assert(!isName(name), name);
    }
  });

  it('come with the nearest one that is allowed', () => {
    assert.equal(nearestName('my env!'), 'my-env');
    assert.equal(nearestName('../x'), 'x');
    assert.equal(nearestName('123'), null);
  });
});
