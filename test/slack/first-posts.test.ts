/** What is tried for the message of a new build, and until when. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ChatError } from '../../src/slack/chat/error.ts';
import { createFirstPosts } from '../../src/slack/deliveries/first-posts.ts';
import { PACE } from '../../src/slack/deliveries/pace.ts';
import { build, settings } from '../answers/samples.ts';
import { MemoryStore } from './memory.ts';

const log = { info() {}, warn() {}, error() {} };

/** A build without a message, and a Slack that refuses all for good. */
async function refused() {
  const store = new MemoryStore();
  const churn = build('running', { id: 'churn', message: null });
  await store.createBuild(churn);
  const time = { now: 0 };
  const posted: string[] = [];
  const chat = {
    async post({ channel }: { channel: string }): Promise<never> {
      posted.push(channel);
      throw new ChatError('refused', 'restricted_action');
    },
    openDirect: async () => 'D0ANARUIZ1',
    findInChannel: async () => null,
    findInThread: async () => ({ thread: '', found: null }),
  };
  const posts = createFirstPosts({
    ...{ store, settings, log, pace: PACE, clock: { now: () => time.now } },
    ...{ chat, promptChat: chat, outlook: async () => null, attachMessage: async () => {} },
  });
  /** As the leader does it again and again while the build has no message. */
  const look = async () => {
    posts.expect(churn.id);
    time.now += PACE.resync;
    await posts.postOwed();
  };
  return { churn, posts, posted, look };
}

describe('a message that Slack refuses for good', () => {
  test('is tried once where it was asked for and once directly, and never again', async () => {
    const { churn, posts, posted, look } = await refused();
    const { where } = await posts.announce(churn);
    assert.equal(where, 'nowhere');
    for (let round = 0; round < 3; round += 1) await look();
    assert.deepEqual(posted, [churn.requester.channel, 'D0ANARUIZ1']);
  });

  test('is given up, too, by a bot that another one left it to', async () => {
    const { churn, posted, look } = await refused();
    for (let round = 0; round < 3; round += 1) await look();
    assert.deepEqual(posted, [churn.requester.channel, 'D0ANARUIZ1']);
  });

  test('is tried anew when the build is asked for again', async () => {
    const { churn, posts, posted } = await refused();
    await posts.announce(churn);
    await posts.announce(churn);
    assert.equal(posted.length, 4);
  });
});
