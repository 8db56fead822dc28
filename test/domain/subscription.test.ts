/** Who is told of what: each place once, nobody of their own doing. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  type Happening,
  listenersOf,
  MOST_SUBSCRIPTIONS,
  OUTCOME_NAMES,
  placeOf,
  requireRoom,
  type Subscription,
  unsubscribeCommand,
} from '../../src/domain/subscription.ts';

const [ANA, BEN, CARA, DATA] = ['U0ANARUIZ1', 'U0BENOKAF1', 'U0CARADIA1', 'C0DATASCI1'];

const watching = (user: string, change: Partial<Subscription> = {}): Subscription => ({
  ...{ user, environment: null, owner: null, edge: null, channel: null },
  ...{ outcomes: OUTCOME_NAMES, at: 0, ...change },
});

/** Ana's `churn` is ready on `lab`. */
const ready: Happening = {
  ...{ id: 'b1.1', outcome: 'ready', environment: 'churn', owner: ANA, edges: ['lab'] },
  ...{ revision: 1, buildId: 'b1', by: ANA, known: [ANA], shownIn: null, text: null },
};

const told = (subscriptions: readonly Subscription[], happening: Partial<Happening> = {}) =>
  listenersOf({ ...ready, ...happening }, subscriptions).map(placeOf);

describe('who is told', () => {
  const rows: [string, Partial<Subscription>, Partial<Happening>, boolean][] = [
    ['of an environment', { environment: 'churn' }, {}, true],
    ['of no other environment', { environment: 'other' }, {}, false],
    ['of an owner', { owner: ANA }, {}, true],
    ['of no other owner', { owner: CARA }, {}, false],
    ['of an edge', { edge: 'lab' }, { edges: ['madrid', 'lab'] }, true],
    ['of no other edge', { edge: 'madrid' }, {}, false],
    ['of everything', {}, {}, true],
    ['of an outcome', { outcomes: ['failed', 'ready'] }, {}, true],
    ['of no other outcome', { outcomes: ['failed'] }, {}, false],
    ['of all that is said together', { environment: 'churn', edge: 'lab' }, {}, true],
    ['of nothing where one of it differs', { environment: 'churn', edge: 'madrid' }, {}, false],
  ];
  for (const [name, change, happening, isTold] of rows) {
    test(name, () => {
      assert.deepEqual(told([watching(BEN, change)], happening), isTold ? [BEN] : []);
    });
  }

  test('not whose own press it was', () => {
    assert.deepEqual(told([watching(ANA), watching(BEN)]), [BEN]);
    assert.deepEqual(told([watching(ANA), watching(BEN)], { known: [ANA, BEN] }), []);
  });

  test('once, however many subscriptions match, by the most exact one', () => {
    const exact = watching(BEN, { environment: 'churn' });
    const all = [watching(BEN, { edge: 'lab' }), exact, watching(BEN, { owner: ANA })];
    assert.deepEqual(listenersOf(ready, all), [exact]);
  });

  test('a channel beside a person, but not where it is shown anyway', () => {
    const here = watching(BEN, { channel: DATA });
    assert.deepEqual(told([here, watching(BEN)]), [DATA, BEN]);
    assert.deepEqual(told([here, watching(BEN)], { shownIn: DATA }), [BEN]);
  });
});

test('what ends a subscription says all of it', () => {
  const all = { environment: 'churn', owner: ANA, edge: 'lab', channel: DATA };
  assert.equal(
    unsubscribeCommand(watching(BEN, all)),
    `unsubscribe churn @${ANA} --edge lab --here`,
  );
  assert.equal(unsubscribeCommand(watching(BEN)), 'unsubscribe');
});

test('nobody may have more than so many', () => {
  const many = Array.from({ length: MOST_SUBSCRIPTIONS }, () => watching(ANA));
  requireRoom(many.slice(1));
  assert.throws(() => requireRoom(many), { code: 'too-many-subscriptions' });
});
