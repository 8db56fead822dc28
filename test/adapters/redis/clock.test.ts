import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { type TestContext, test } from 'node:test';
import { setTimeout as delay, setImmediate as turn } from 'node:timers/promises';
import { createClock } from '../../../src/adapters/redis/clock.ts';
import type { RedisLink } from '../../../src/adapters/redis/redis.ts';

const LIMIT = { timeout: 10_000 };

/** A Redis whose answers take so many milliseconds, all of them on their way back. */
function answering(...ways: number[]) {
  const client = Object.assign(new EventEmitter(), {
    asked: 0,
    async time() {
      const now = Date.now();
      const way = ways[client.asked] ?? 0;
      client.asked += 1;
      if (way > 0) await delay(way);
      return [`${Math.floor(now / 1000)}`, `${(now % 1000) * 1000}`];
    },
  });
  return client;
}

async function untilAsked(
  client: ReturnType<typeof answering>,
  times: number,
  { signal }: TestContext,
): Promise<void> {
  while (client.asked < times) await delay(5, null, { signal });
  await turn();
}

test(
  "Redis' clock is asked again where its answer was long on its way, and is the quick one's",
  LIMIT,
  async (context) => {
    const client = answering(80, 60);
    const clock = createClock({ client } as unknown as RedisLink);
    try {
      client.emit('ready');
      await untilAsked(client, 3, context);
      const [before, now, after] = [Date.now(), clock.now(), Date.now()];
      assert.ok(before - 3 <= now && now <= after + 3, `${now} is not from ${before} to ${after}`);
    } finally {
      clock.close();
    }
  },
);

test(
  "Redis' clock is not asked for ever where every answer is long on its way",
  LIMIT,
  async (context) => {
    const client = answering(...Array<number>(9).fill(10));
    const clock = createClock({ client } as unknown as RedisLink);
    try {
      client.emit('ready');
      await untilAsked(client, 5, context);
      await delay(100);
      assert.equal(client.asked, 5);
    } finally {
      clock.close();
    }
  },
);
