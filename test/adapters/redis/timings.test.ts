import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { openRedis } from '../../../src/adapters/redis/redis.ts';
import { createStore } from '../../../src/adapters/redis/store.ts';
import { MOST_TIMINGS, type Timing } from '../../../src/domain/estimate.ts';
import { noServer, type RedisServer, startServer } from './fixture.ts';

describe('timings in Redis', { skip: noServer }, () => {
  let server: RedisServer;
  before(async () => {
    server = await startServer();
  });
  after(() => server.remove());

  const timing = (seconds: number): Timing => ({
    ...{ isKnown: true, packages: ['abc'], seconds: { create: seconds } },
  });

  it('are those of the last builds, the newest first; what cannot be read tells nothing', async () => {
    const prefix = randomUUID();
    const store = createStore({ connection: server.connection, prefix });
    for (let seconds = 0; seconds < MOST_TIMINGS + 5; seconds += 1) {
      await store.addTiming(timing(seconds));
    }
    const redis = openRedis(server.connection, 'worker');
    await redis.lset(`${prefix}:timings`, 1, '{"format":2}');
    redis.disconnect();
    const read = await store.readTimings();
    assert.equal(read.length, MOST_TIMINGS - 1);
    assert.deepEqual(read.slice(0, 2), [timing(MOST_TIMINGS + 4), timing(MOST_TIMINGS + 2)]);
    await store.close();
  });
});
