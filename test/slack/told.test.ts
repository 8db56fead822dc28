/** What the operator hears of calls of Slack: each change once, whoever calls. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createEvents } from '../../src/domain/events.ts';
import { ChatError } from '../../src/slack/chat/error.ts';
import { toldOf } from '../../src/slack/chat/told.ts';

/** Calls that end as they are told to, at a time that a test moves. */
function createCalls() {
  const told: unknown[] = [];
  const time = { now: 0 };
  const ends: (ChatError | null)[] = [];
  const { call, whyRefused } = toldOf(
    async () => {
      const end = ends.shift() ?? null;
      if (end) throw end;
      return {};
    },
    createEvents([({ name, fields }) => told.push([name, fields])]),
    () => time.now,
  );
  const ask = async (end: ChatError | null) => {
    ends.push(end);
    await call('chat.update', {}).catch((error: unknown) => assert.equal(error, end));
  };
  return { ask, told, time, whyRefused };
}

const AWAY = new ChatError('unavailable', 'http_503');

describe('what the operator hears of Slack', () => {
  test('is that it is away and since when it is back, once', async () => {
    const { ask, told, time } = createCalls();
    await ask(null);
    await ask(AWAY);
    time.now = 4_500;
    await ask(AWAY);
    await ask(null);
    await ask(null);
    assert.deepEqual(told, [
      ['slack-away', { method: 'chat.update', reason: 'http_503' }],
      ['slack-back', { seconds: 4.5 }],
    ]);
  });

  test('is each time that it has us wait, and for how long', async () => {
    const { ask, told } = createCalls();
    await ask(AWAY);
    await ask(new ChatError('busy', 'ratelimited', { retryAfter: 30 }));
    await ask(new ChatError('refused', 'channel_not_found'));
    assert.deepEqual(told.slice(1), [
      ['slack-back', { seconds: 0 }],
      ['slack-limited', { method: 'chat.update', seconds: 30 }],
    ]);
  });

  test('is once that it accepts the token no more, until it accepts one', async () => {
    const { ask, told, whyRefused } = createCalls();
    await ask(new ChatError('refused', 'channel_not_found'));
    assert.equal(whyRefused(), null);
    for (const _ of [1, 2]) await ask(new ChatError('refused', 'token_revoked'));
    assert.equal(whyRefused(), 'does not accept the bot token (token_revoked)');
    assert.equal(told.length, 1);
    assert.match(JSON.stringify(told), /"slack-token-refused".*token_revoked.*start the bot again/);
    await ask(null);
    assert.equal(whyRefused(), null);
  });
});
