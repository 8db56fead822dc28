import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FerryError } from '../../src/domain/errors.ts';
import { tokenize } from '../../src/domain/tokens.ts';
import fc from '../harness/properties.ts';

const words = (text: string) => tokenize(text).map((token) => token.text);

describe('tokenize', () => {
  it('splits at white space and keeps where each word stood', () => {
    assert.deepEqual(tokenize(' create  churn'), [
      { text: 'create', start: 1, end: 7, quoted: false },
      { text: 'churn', start: 9, end: 14, quoted: false },
    ]);
  });

  it('keeps quoted words together and expands nothing', () => {
    assert.deepEqual(words(`"numpy >=1.26" '$(id)' a"b c"d`), ['numpy >=1.26', '$(id)', 'ab cd']);
  });

  for (const [name, text, code, start] of [
    ['an open quote', 'create "numpy', 'unclosed-quote', 7],
    ['a line separator', 'create a\u2028b', 'control-character', 8],
    ['a NUL', 'create \0', 'control-character', 7],
    ['a direction override', 'create nu\u202epm', 'control-character', 9],
    ['a zero-width space', 'create nu\u200bmpy', 'control-character', 9],
  ] as const) {
    it(`refuses ${name}, saying where`, () => {
      assert.throws(
        () => tokenize(text),
        (error) =>
          error instanceof FerryError && error.code === code && error.position?.start === start,
      );
    });
  }

  it('takes a line break for white space', () => {
    assert.deepEqual(words('create churn\r\nnumpy\npandas'), [
      'create',
      'churn',
      'numpy',
      'pandas',
    ]);
  });

  it('keeps the fields of a spec together, with their quotes', () => {
    assert.deepEqual(words(`a[version='>=1, <2', build=py*] b`), [
      "a[version='>=1, <2', build=py*]",
      'b',
    ]);
    assert.deepEqual(words('-- a[x= b]'), ['--', 'a[x=', 'b]']);
    assert.deepEqual(words('a[b c]'), ['a[b', 'c]']);
  });

  it('gives back every word of any text it accepts', () => {
    const word = fc.stringMatching(/^[a-z0-9=<>.,-]{1,12}$/);
    fc.assert(
      fc.property(fc.array(word, { minLength: 1, maxLength: 20 }), (list) => {
        assert.deepEqual(words(list.join(' ')), list);
      }),
    );
  });
});
