/** People, workers, bots and duties at once, in orders by chance; see walk.ts for how to go one again. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { isFull } from '../harness/full.ts';
import { failureOf, walk } from './walk.ts';

const WALKS = isFull ? 3_000 : 60;

describe('many who take part at once', () => {
  test('leave nothing stuck, lost, doubled or unnamed, whoever is killed', async (context) => {
    let [calls, kills] = [0, 0];
    for (let seed = 1; seed <= WALKS; seed += 1) {
      const walked = await walk(seed);
      if (walked.error) assert.fail(await failureOf(seed, walked));
      calls += walked.calls.length;
      kills += walked.calls.filter((call) => call.startsWith('kill ')).length;
    }
    context.diagnostic(`${WALKS} walks, ${calls} calls, ${kills} kills`);
    assert.ok(kills > WALKS && calls > 100 * WALKS, 'they have met, and some were killed');
  });

  test('go the same way again by the same seed', async () => {
    assert.deepEqual(await walk(1), await walk(1));
  });
});
