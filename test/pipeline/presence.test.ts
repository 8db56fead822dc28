import assert from 'node:assert/strict';
import { describe, mock, test } from 'node:test';
import { outsideError } from '../../src/domain/errors.ts';
import { createEvents, type ServiceEvent } from '../../src/domain/events.ts';
import { PRESENCE_MS } from '../../src/domain/presence.ts';
import { keepUnderstanding, untilAnswered } from '../../src/pipeline/presence.ts';

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

test('that all is gone which was there is told, and not of a store that is new', async () => {
  mock.timers.enable({ apis: ['setInterval'] });
  const told: ServiceEvent['name'][] = [];
  const events = createEvents([({ name }) => told.push(name)]);
  const answers = [true, false, true, false];
  const store = { requireFormat: async () => ({ isFirst: answers.shift() ?? false }) };
  const { close } = keepUnderstanding(store, { version: '1.0.0', events });
  const seen: number[] = [];
  for (let look = 0; look < 4; look += 1) {
    mock.timers.tick(PRESENCE_MS);
    await new Promise(setImmediate);
    seen.push(told.length);
  }
  close();
  mock.timers.reset();
  assert.deepEqual(seen, [0, 0, 1, 1]);
  assert.deepEqual(told, ['redis-emptied']);
});
