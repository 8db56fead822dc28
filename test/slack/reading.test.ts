import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Call } from '../../src/slack/chat/call.ts';
import { metadataOf } from '../../src/slack/chat/messages.ts';
import { createReading } from '../../src/slack/chat/reading.ts';

const CHANNEL = 'C0DATASCI1';
const MARK = { type: 'conda_ferry_notice', id: 'n1' } as const;

/** A conversation of 200 messages a page in which ours is at `place`; a thread hangs on its first. */
function conversation(count: number, place: number) {
  const messages = Array.from({ length: count }, (_, index) => ({
    ts: `${index}.0`,
    thread_ts: '0.0',
    ...(index === place ? { metadata: metadataOf(MARK) } : {}),
  }));
  const asked: string[] = [];
  const call: Call = async (method, { cursor = '0' }) => {
    asked.push(method);
    const from = Number(cursor);
    const to = from + 200;
    const next_cursor = to < count ? String(to) : '';
    return { messages: messages.slice(from, to), response_metadata: { next_cursor } };
  };
  const reading = createReading(call, async () => new Uint8Array());
  return { reading, asked };
}

describe('a message of ours', () => {
  test('is found behind whatever else was said meanwhile, and no further page is read', async () => {
    for (const [find, method] of [
      ['findInChannel', 'conversations.history'],
      ['findInThread', 'conversations.replies'],
    ] as const) {
      const { reading, asked } = conversation(1_000, 450);
      const found =
        find === 'findInChannel'
          ? await reading.findInChannel(CHANNEL, MARK, 0)
          : (await reading.findInThread({ channel: CHANNEL, ts: '700.0' }, MARK)).found;
      assert.deepEqual(found, { channel: CHANNEL, ts: '450.0' });
      assert.deepEqual(asked, [method, method, method]);
    }
  });

  test('is not looked for without end', async () => {
    const { reading, asked } = conversation(9_000, 8_000);
    assert.equal(await reading.findInChannel(CHANNEL, MARK, 0), null);
    assert.equal(asked.length, 10);
  });

  test('has the thread that its own message names, wherever that stands', async () => {
    const { reading } = conversation(500, 600);
    const answer = await reading.findInThread({ channel: CHANNEL, ts: '300.0' }, MARK);
    assert.deepEqual(answer, { thread: '0.0', found: null });
  });
});
