import assert from 'node:assert/strict';
import { describe, mock, test } from 'node:test';
import { whileSolving } from '../../../commands/create/answer.ts';

describe('who waits for a solve', () => {
  test('hears of it after two seconds, and of one that took less not at all', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const tell = mock.fn();
    const solving = Promise.withResolvers<string>();
    const slow = whileSolving('churn', solving.promise, tell);
    t.mock.timers.tick(1_999);
    assert.equal(tell.mock.callCount(), 0);
    t.mock.timers.tick(1);
    assert.deepEqual(tell.mock.calls[0]?.arguments, ['Solving `churn`…']);
    solving.resolve('done');
    assert.equal(await slow, 'done');
    await whileSolving('churn', Promise.resolve('at once'), tell);
    await assert.rejects(whileSolving('churn', Promise.reject(new Error('no')), tell), /no/);
    t.mock.timers.tick(10_000);
    assert.equal(tell.mock.callCount(), 1);
  });
});
