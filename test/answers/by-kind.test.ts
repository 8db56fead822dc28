import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type ByKind, byKind } from '../../src/answers/by-kind.ts';

type Shape = { kind: 'circle'; radius: number } | { kind: 'square'; side: number };

describe('a table by kind', () => {
  test('gives every kind to its own function, with what else it needs', () => {
    const area: ByKind<Shape, number, [scale: number]> = {
      circle: ({ radius }, scale) => 3 * radius * radius * scale,
      square: ({ side }, scale) => side * side * scale,
    };
    assert.equal(byKind(area, { kind: 'circle', radius: 2 }, 10), 120);
    assert.equal(byKind(area, { kind: 'square', side: 2 }, 10), 40);
  });

  test('is no table while it forgets a kind', () => {
    // @ts-expect-error there are squares too
    const forgetful: ByKind<Shape, string> = { circle: () => 'circle' };
    assert.deepEqual(Object.keys(forgetful), ['circle']);
  });
});
