import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { condaLine, matchSpec, rattlerText } from '../../src/adapters/engines/match-spec.ts';
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
    'numpy[version=">=1.26"',
    'numpy[]',
    'numpy[version=]',
    'numpy[version=1,version=2]',
    'numpy[name=scipy]',
    'numpy[license=MIT]',
    'numpy[sha256=abc]',
    'numpy[build="^py.*$"]',
    'numpy 1.26 py311_0 x',
    'numpy=1.26=py-1',
    'numpy>=1.26,,<2',
    'numpy>=1.26,',
    'numpy=1..2',
    'numpy~=1',
    'conda-forge/win-64::numpy',
    '*[md5=0123456789abcdef0123456789abcdef]',
    `numpy${'x'.repeat(500)}`,
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

describe('a spec for an engine', () => {
  const channels = [{ name: 'lab', url: 'https://channel.test/lab' }];

  for (const [text, conda, rattler] of [
    ['python=3.11', 'python=3.11.*', 'python 3.11.*'],
    ['python 3.11', 'python==3.11', 'python ==3.11'],
    ['numpy=1.26=py311_0', 'numpy==1.26=py311_0', 'numpy ==1.26 py311_0'],
    ['numpy[build=py311*]', 'numpy=*=py311*', 'numpy * py311*'],
    ['numpy=1.26[build=py311*]', 'numpy=1.26.*=py311*', 'numpy 1.26.* py311*'],
    ['numpy >=1.26,<2 py311*', "numpy>=1.26,<2[build='py311*']", 'numpy >=1.26,<2 py311*'],
    [
      'lab/noarch::six[build_number=">=1"]',
      "https://channel.test/lab::six[build_number='>=1',subdir='noarch']",
      "https://channel.test/lab::six[build_number='>=1',subdir='noarch']",
    ],
    ['numpy[version="(>=1,<2)|>3"]', "numpy[version='(>=1,<2)|>3']", 'numpy (>=1,<2)|>3'],
  ] as const) {
    it(`is written so that there is one reading: ${text}`, () => {
      const spec = matchSpec(parseSpec(text), channels);
      assert.equal(condaLine(spec), conda);
      assert.equal(rattlerText(spec), rattler);
      assert.deepEqual(parseSpec(formatSpec(parseSpec(text))), parseSpec(text));
    });
  }

  it('may come from a record of an older version, which kept clauses as typed', () => {
    for (const [version, build, expected] of [
      ['=1.26|1.27', null, 'numpy 1.26.*|==1.27'],
      ['=1.26*', null, 'numpy 1.26.*'],
      ['==1.26.*', null, 'numpy 1.26.*'],
      ['>=1.26.*,<2.*', null, 'numpy >=1.26,<2'],
      ['=2.2', 'py311_0', 'numpy ==2.2 py311_0'],
      ['=*', null, 'numpy *'],
    ] as const) {
      const spec = matchSpec({ name: 'numpy', version, build, channel: null }, channels);
      assert.equal(rattlerText(spec), expected);
    }
  });
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
