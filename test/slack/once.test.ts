/** What arrives twice is done once, by what all bots remember, and by the newest that this one does. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { rememberDeliveries } from '../../src/slack/connection/once.ts';

describe('deliveries, while the shared memory is away', () => {
  const away = () => Promise.reject(new Error('away'));

  test('are told apart for an hour', async () => {
    let now = 0;
    const isFirst = rememberDeliveries({ once: away, clock: { now: () => now } });
    assert.deepEqual(
      [await isFirst('a'), await isFirst('a'), await isFirst('b')],
      [true, false, true],
    );
    now = 3_599_999;
    assert.equal(await isFirst('a'), false);
    now = 3_600_000;
    assert.equal(await isFirst('a'), true);
  });

  test('are told apart by the newest ten thousand, so that memory stays flat', async () => {
    const isFirst = rememberDeliveries({ once: away, clock: { now: () => 0 } });
    for (let at = 0; at <= 10_000; at += 1) assert.equal(await isFirst(`${at}`), true);
    assert.deepEqual(
      [await isFirst('10000'), await isFirst('1'), await isFirst('0')],
      [false, false, true],
    );
  });
});

test('a delivery that another bot has had is not the first one', async () => {
  const asked: string[] = [];
  const once = async (key: string) => asked.push(key) > 1;
  const isFirst = rememberDeliveries({ once, clock: { now: () => 0 } });
  assert.deepEqual(
    [await isFirst('a'), await isFirst('b'), await isFirst(null)],
    [false, true, true],
  );
  assert.deepEqual(asked, ['slack-delivery:a', 'slack-delivery:b']);
});
