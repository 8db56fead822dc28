import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Call } from '../../src/slack/chat/call.ts';
import { ChatError } from '../../src/slack/chat/error.ts';
import { createPaced } from '../../src/slack/chat/paced.ts';
import { PACE } from '../../src/slack/deliveries/pace.ts';

/** Slack as it counts: five at once in a channel, one a second after; it refuses what comes faster. */
function createSlack(posts = PACE.posts) {
  const time = { now: 0 };
  const state = { taken: 0, refused: 0 };
  const buckets = new Map<unknown, { left: number; at: number }>();
  const call: Call = async (_method, { channel }) => {
    const bucket = buckets.get(channel) ?? { left: 5, at: time.now };
    const left = Math.min(5, bucket.left + (time.now - bucket.at) / 1000);
    buckets.set(channel, { left: left >= 1 ? left - 1 : left, at: time.now });
    if (left < 1) {
      state.refused += 1;
      throw new ChatError('busy', 'ratelimited', { retryAfter: 1 });
    }
    state.taken += 1;
    return {};
  };
  return { state, time, ...createPaced(call, { ...PACE, posts, now: () => time.now }), call };
}

const post = (call: Call, channel: string) => call('chat.postMessage', { channel });

describe('posts', () => {
  test('of 110 messages in one channel Slack refuses none, and none is late beyond what it takes', async () => {
    const { patient, state, time } = createSlack();
    let left = 110;
    for (; left > 0 && time.now < 10 * 60_000; time.now += PACE.outbox) {
      const tried = await Promise.allSettled(
        Array.from({ length: Math.min(left, 20) }, () => post(patient, 'C1')),
      );
      left -= tried.filter(({ status }) => status === 'fulfilled').length;
    }
    assert.deepEqual(state, { taken: 110, refused: 0 });
    assert.ok(time.now <= ((110 - 4) / 55) * 60_000 + 2 * PACE.outbox, `${time.now / 1000} s`);
  });

  test('in one channel do not hold up those in another', async () => {
    const { patient, state } = createSlack();
    for (let count = 0; count < 4; count += 1) await post(patient, 'C1');
    await assert.rejects(post(patient, 'C1'), { kind: 'busy' });
    await post(patient, 'C2');
    assert.deepEqual(state, { taken: 5, refused: 0 });
  });

  test('wait as long as Slack says, whoever was refused', async () => {
    const { call, patient, prompt, state, time } = createSlack();
    for (let count = 0; count < 5; count += 1) await post(call, 'C1');
    await assert.rejects(post(prompt, 'C1'), { kind: 'busy', retryAfter: 1 });
    await assert.rejects(post(patient, 'C1'), { kind: 'busy', retryAfter: 1 });
    assert.equal(state.refused, 1);
    time.now += 1_000;
    await post(patient, 'C1');
  });

  test('that somebody waits for go before those that can wait', async () => {
    const { patient, prompt, state, time } = createSlack({ burst: 1, perMinute: 6_000 });
    await post(patient, 'C1');
    const asked = post(prompt, 'C1');
    time.now += 10;
    await assert.rejects(post(patient, 'C1'), { kind: 'busy' });
    await asked;
    assert.deepEqual(state, { taken: 2, refused: 0 });
  });

  test('are not looked for from the first page again and again, however many look', async () => {
    const time = { now: 0 };
    const pages = { read: 0 };
    const { patient } = createPaced(
      async () => {
        pages.read += 1;
        return {};
      },
      { ...PACE, searches: { burst: 1, perMinute: 60_000 }, now: () => time.now },
    );
    const read = (args: object) => patient('conversations.history', { channel: 'C1', ...args });
    await read({});
    await assert.rejects(read({}), { kind: 'busy' });
    await read({ cursor: 'second page' });
    assert.equal(pages.read, 2);
  });
});
