/** The nearest of many names is the one that looking at each of them finds. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { closest, distanceWithin, editDistance, NearNames } from '../../src/domain/near-names.ts';
import fc from '../harness/properties.ts';

/** Few letters, so that most names are near to each other. */
const word = fc.string({ unit: fc.constantFrom('a', 'b', 'C', '-'), maxLength: 8 });

test('the closest is a word with a typing error, and no other', () => {
  assert.equal(closest('craete', ['create', 'cancel']), 'create');
  assert.equal(closest('xyzzy', ['create', 'cancel']), null);
});

describe('the nearest of many names', () => {
  test('is the closest of them all', () => {
    fc.assert(
      fc.property(fc.uniqueArray(word), fc.uniqueArray(word), word, (names, gone, typed) => {
        const near = new NearNames();
        for (const name of [...names, ...gone]) near.add(name);
        for (const name of gone) near.remove(name);
        const left = names.filter((name) => !gone.includes(name)).sort();
        assert.equal(near.nearest(typed), closest(typed, left));
      }),
      { numRuns: 500 },
    );
  });

  test('is as far as counting every edit says, up to the limit', () => {
    fc.assert(
      fc.property(word, word, fc.nat({ max: 3 }), (left, right, limit) => {
        const distance = editDistance(left, right);
        const within = distanceWithin(left, right, limit);
        assert.ok(distance <= limit ? within === distance : within > limit, `${within}`);
      }),
      { numRuns: 2_000 },
    );
  });
});
