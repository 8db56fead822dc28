import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { openRedis } from '../../../src/adapters/redis/redis.ts';
import { createStore, type RedisStore } from '../../../src/adapters/redis/store.ts';
import { noServer, type RedisServer, startServer } from './fixture.ts';

describe('what bots have in common', { skip: noServer }, () => {
  let server: RedisServer;
  let store: RedisStore;
  let other: RedisStore;

  before(async () => {
    server = await startServer();
    const prefix = randomUUID();
    store = createStore({ connection: server.connection, prefix });
    other = createStore({ connection: server.connection, prefix });
  });
  after(async () => {
    await store.close();
    await other.close();
    await server.remove();
  });

  it('a lease is one bot’s until it ends it, or says nothing for too long', async () => {
    const takes = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        (index % 2 ? store : other).takeLease('lead', `bot ${index}`, 60_000),
      ),
    );
    assert.equal(takes.filter(Boolean).length, 1);
    const holder = `bot ${takes.indexOf(true)}`;
    assert.equal(await other.takeLease('lead', holder, 60_000), true);
    await store.endLease('lead', 'somebody else');
    assert.equal(await store.takeLease('lead', 'somebody else', 60_000), false);
    await other.endLease('lead', holder);
    assert.equal(await store.takeLease('lead', 'somebody else', 1), true);
    while (!(await other.takeLease('lead', holder, 60_000)));
  });

  it('a lease is renewed also when Redis is full', async () => {
    const redis = openRedis(server.connection, 'worker');
    await store.takeLease('full', 'bot 1', 60_000);
    await redis.config('SET', 'maxmemory', '1');
    try {
      assert.equal(await store.takeLease('full', 'bot 1', 60_000), true);
      assert.equal(await other.takeLease('full', 'bot 2', 60_000), false);
    } finally {
      await redis.config('SET', 'maxmemory', '0');
      redis.disconnect();
    }
  });

  it('what one has shown of a build another one knows', async () => {
    assert.equal(await other.readShown('b1'), null);
    const shown = { digest: 'abc', at: 5, isEnd: true };
    await store.writeShown('b1', shown);
    assert.deepEqual(await other.readShown('b1'), shown);
  });
});
