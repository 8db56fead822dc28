/** A full store is told to operators without it: once, whoever looks and however often. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createEvents } from '../../src/domain/events.ts';
import { ChatError } from '../../src/slack/chat/error.ts';
import { createFullness, type FullnessOptions } from '../../src/slack/fullness.ts';
import { MemoryStore } from './memory.ts';

const OPERATORS = ['U0OMARHAD1', 'C0OPERATE1'];
const log = { info() {}, warn() {}, error() {} };

/** Two bots, which look every millisecond, and what they post. */
function createBots(steady = 0) {
  const store = new MemoryStore();
  const posted: string[] = [];
  const told: string[] = [];
  const refusals: ChatError[] = [];
  const looks = { count: 0 };
  const hasRoom = store.hasRoom.bind(store);
  store.hasRoom = async () => {
    looks.count += 1;
    return hasRoom();
  };
  const chat: Partial<FullnessOptions['chat']> = {
    openDirect: async (user) => `D of ${user}`,
    async findInChannel(channel) {
      return posted.some((each) => each.startsWith(channel)) ? { channel, ts: '1' } : null;
    },
    async post({ channel }, { text }) {
      const refusal = refusals.shift();
      if (refusal) throw refusal;
      posted.push(`${channel}: ${text?.replace(/\. .*/, '')}`);
      return { channel, ts: '1' };
    },
  };
  const bots = [1, 2].map(() =>
    createFullness({
      ...{ store, chat: chat as FullnessOptions['chat'], settings: { operators: OPERATORS }, log },
      ...{ clock: { now: Date.now }, events: createEvents([({ name }) => told.push(name)]) },
      pace: { room: { look: 1, steady }, backoff: { first: 1, longest: 1 } },
    }),
  );
  for (const bot of bots) bot.start();
  const again = async () => {
    const until = looks.count + 8;
    while (looks.count < until) await sleep(1);
  };
  return {
    store,
    posted,
    told,
    refusals,
    again,
    stop: () => Promise.all(bots.map((bot) => bot.stop())),
  };
}

const both = (text: string): string[] => [`D of U0OMARHAD1: ${text}`, `C0OPERATE1: ${text}`];
const FULL = both('The store (Redis) is full');
const ROOM = both('The store (Redis) has room again');

describe('a store that is full', () => {
  test('is told by one bot, once, and again when it has room', async () => {
    const { store, posted, told, again, stop } = createBots();
    await again();
    assert.deepEqual(posted, []);
    store.full = true;
    await again();
    assert.deepEqual(posted, FULL);
    store.away = true;
    await again();
    store.away = false;
    await again();
    store.full = false;
    await again();
    assert.deepEqual(posted, [...FULL, ...ROOM]);
    assert.deepEqual(told, ['redis-full', 'redis-room']);
    await stop();
  });

  test('is not told anew where it has room and has none in turn', async () => {
    const { store, posted, again, stop } = createBots(60_000);
    for (const isFull of [true, false, true, false]) {
      store.full = isFull;
      await again();
    }
    assert.deepEqual(posted, FULL);
    await stop();
  });

  test('is told once Slack answers again, and to the others where it refuses one', async () => {
    const { store, posted, refusals, again, stop } = createBots();
    refusals.push(
      new ChatError('unavailable', 'http_503'),
      new ChatError('refused', 'is_archived'),
    );
    store.full = true;
    await again();
    assert.deepEqual(posted, FULL.slice(0, 1));
    await stop();
  });

  test('is looked for in Slack first where nobody can note who tells it', async () => {
    const { store, posted, again, stop } = createBots();
    store.noteFull = async () => null;
    // By a bot elsewhere.
    posted.push(...FULL);
    store.full = true;
    await again();
    assert.deepEqual(posted, FULL);
    await stop();
  });
});
