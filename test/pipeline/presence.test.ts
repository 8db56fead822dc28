import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { outsideError } from '../../src/domain/errors.ts';
import { untilAnswered } from '../../src/pipeline/presence.ts';

const refusal = (code: 'store-unavailable' | 'store-newer') =>
  outsideError({ code, message: 'no', suggestion: 'none' });

describe('what a start needs of the store', () => {
  test('is asked for again while the store is away', async () => {
    const answers = [refusal('store-unavailable'), refusal('store-unavailable'), 7];
    const ask = async () => {
      const answer = answers.shift();
      if (answer instanceof Error) throw answer;
      return answer;
    };
    assert.equal(await untilAnswered(ask, 1), 7);
    assert.deepEqual(answers, []);
  });

  test('ends it at once where waiting mends nothing', async () => {
    let asked = 0;
    const ask = async () => {
      asked += 1;
      throw refusal('store-newer');
    };
    await assert.rejects(untilAnswered(ask, 1), { code: 'store-newer' });
    assert.equal(asked, 1);
  });
});
