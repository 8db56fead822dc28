import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { counted, duration, part, shareIn, size } from '../../src/domain/figures.ts';

describe('figures', () => {
  test('of bytes have the unit in which they are short', () => {
    const bytes = [0, 999, 1_500, 62_400, 999_600, 8_040_000, 78_400_000, 2_340_000_000];
    assert.deepEqual(bytes.map(size), [
      ...['0 bytes', '999 bytes', '1.5 kB', '62 kB', '1.0 MB', '8.0 MB', '78 MB', '2.3 GB'],
    ]);
  });

  test('of time are as exact as anybody cares', () => {
    const milliseconds = [
      -5, 120, 9_940, 42_300, 89_000, 120_000, 5_460_000, 7_200_000, 259_200_000,
    ];
    assert.deepEqual(milliseconds.map(duration), [
      ...['0.0 s', '0.1 s', '9.9 s', '42 s', '89 s', '2 min', '1 h 31 min', '2 h', '3 days'],
    ]);
  });

  test('of things agree with their noun', () => {
    assert.deepEqual(
      [counted(1, 'package'), counted(0, 'package'), counted(2, 'copy', 'copies')],
      ['1 package', '0 packages', '2 copies'],
    );
  });

  test('of a part are read again as the share that was written', () => {
    for (const [text, share] of [
      [part(31_000_000, 62_000_000), 0.5],
      [part(0, 800), 0],
      [part(500, 2_000_000), 0.00025],
      ['9 of 12 packages', 0.75],
      ['prod: 1.0 MB of 4.0 MB; test: 3.0 MB of 4.0 MB', 0.5],
      ['62 MB sent in 1.7 s', null],
      ['', null],
    ] as const) {
      assert.equal(shareIn(text), share, text);
    }
  });
});
