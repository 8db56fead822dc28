import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  compareFits,
  fitOf,
  isAddress,
  type Target,
  wheelFile,
} from '../../../src/adapters/pip/wheel-tags.ts';

const target: Target = { python: [3, 11], machine: 'x86_64', glibc: [2, 28] };

describe('a wheel', () => {
  test('is at an address that can be read, and has a name there', () => {
    assert.ok(isAddress('https://host/x-1-py3-none-any.whl?sig=1#sha256=2'));
    for (const text of ['https://host/%zz.whl', 'x-1-py3-none-any.whl', 'https://host/', '']) {
      assert.equal(isAddress(text), false, text);
    }
  });

  /** From the best to the last; PEP 425 and PEP 600. */
  const ordered = [
    'x-1-cp311-cp311-manylinux_2_28_x86_64.whl',
    'x-1-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.whl',
    'x-1-cp311-cp311-manylinux1_x86_64.whl',
    'x-1-cp311-abi3-manylinux_2_17_x86_64.whl',
    'x-1-cp39-abi3-manylinux_2_17_x86_64.whl',
    'x-1-2-py3-none-manylinux2014_x86_64.whl',
    'x-1-py2.py3-none-any.whl',
  ];
  test('that is made for the target comes before one that is for many', () => {
    const fits = ordered.toReversed().map((file) => ({ file, fit: fitOf(file, target) ?? [] }));
    fits.sort((left, right) => compareFits(left.fit, right.fit));
    assert.deepEqual(
      fits.map(({ file }) => file),
      ordered,
    );
  });

  for (const file of [
    'x-1-cp312-cp312-manylinux_2_17_x86_64.whl',
    'x-1-cp310-cp310-manylinux_2_17_x86_64.whl',
    'x-1-cp312-abi3-manylinux_2_17_x86_64.whl',
    'x-1-cp311-cp311t-manylinux_2_17_x86_64.whl',
    'x-1-cp311-cp311-manylinux_2_31_x86_64.whl',
    'x-1-cp311-cp311-manylinux_2_17_aarch64.whl',
    'x-1-cp311-cp311-musllinux_1_1_x86_64.whl',
    'x-1-cp311-cp311-macosx_11_0_arm64.whl',
    'x-1-pp311-pypy311_pp73-manylinux_2_17_x86_64.whl',
    'x-1-py2-none-any.whl',
  ]) {
    test(`does not run everywhere: ${file}`, () => assert.equal(fitOf(file, target), null));
  }

  test('has its file name in its address', () => {
    assert.equal(
      wheelFile('https://a.example/x/y/x-1%2Bcpu-py3-none-any.whl#sha256=1'),
      'x-1+cpu-py3-none-any.whl',
    );
    assert.equal(
      wheelFile('https://a.example/x/..%2F..%2Fx-1-py3-none-any.whl'),
      'x-1-py3-none-any.whl',
    );
  });
});
