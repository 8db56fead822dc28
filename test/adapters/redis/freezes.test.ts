import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { openRedis } from '../../../src/adapters/redis/redis.ts';
import { createStore } from '../../../src/adapters/redis/store.ts';
import { noServer, type RedisServer, startServer } from './fixture.ts';

describe('freezes in Redis', { skip: noServer }, () => {
  let server: RedisServer;
  before(async () => {
    server = await startServer();
  });
  after(() => server.remove());

  const freeze = (edge: string | null, at: number) => ({ edge, at, why: 'Disks', user: 'U1' });

  it('stand for an edge or every edge until they are removed', async () => {
    const store = createStore({ connection: server.connection, prefix: randomUUID() });
    for (const each of [freeze('lab', 2), freeze(null, 1), freeze('lab', 3)]) {
      await store.writeFreeze(each);
    }
    assert.deepEqual(await store.readFreezes(), [freeze(null, 1), freeze('lab', 3)]);
    assert.equal(await store.removeFreeze(null), true);
    assert.equal(await store.removeFreeze(null), false);
    assert.deepEqual(await store.readFreezes(), [freeze('lab', 3)]);
    await store.close();
  });

  it('that cannot be read are refused, not left out', async () => {
    const prefix = randomUUID();
    const store = createStore({ connection: server.connection, prefix });
    const redis = openRedis(server.connection, 'worker');
    await redis.hset(`${prefix}:freezes`, 'lab', JSON.stringify({ format: 2, freeze: {} }));
    redis.disconnect();
    await assert.rejects(store.readFreezes(), { code: 'record-unreadable' });
    await store.close();
  });
});
