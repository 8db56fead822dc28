import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createBudget } from '../../src/slack/budget.ts';

describe('an allowance of calls', () => {
  test('never gives more than the burst and the rate allow in any minute', () => {
    let now = 0;
    const budget = createBudget({ burst: 10, perMinute: 40, now: () => now });
    const taken: number[] = [];
    while (now < 5 * 60_000) {
      const wait = budget.take();
      if (wait === 0) taken.push(now);
      else now += wait;
    }
    for (const start of taken) {
      const inMinute = taken.filter((at) => at >= start && at < start + 60_000).length;
      assert.ok(inMinute <= 50, `${inMinute} calls in the minute from ${start}`);
    }
    assert.ok(taken.length > 190, `only ${taken.length} calls in five minutes`);
  });

  test('gives nothing while it is paused', () => {
    let now = 0;
    const budget = createBudget({ burst: 5, perMinute: 60, now: () => now });
    budget.pause(3000);
    assert.equal(budget.take(), 3000);
    now = 2999;
    assert.equal(budget.take(), 1);
    now = 3000;
    assert.equal(budget.take(), 0);
  });
});
