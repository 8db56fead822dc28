import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { after, before, describe, it } from 'node:test';
import { openRedis } from '../../../src/adapters/redis/redis.ts';
import { createStore, type RedisStore } from '../../../src/adapters/redis/store.ts';
import { noServer, type RedisServer, startServer } from './fixture.ts';

describe('a full Redis', { skip: noServer }, () => {
  let server: RedisServer;
  let stores: RedisStore[];

  before(async () => {
    server = await startServer();
  });
  after(() => server.remove());

  async function fill(isFull: boolean): Promise<void> {
    const client = openRedis(server.connection, 'commands');
    await once(client, 'ready');
    await client.config('SET', 'maxmemory', isFull ? '1' : '0');
    client.disconnect();
  }

  async function inStores(test: () => Promise<void>): Promise<void> {
    const prefix = randomUUID();
    stores = [1, 2, 3].map(() => createStore({ connection: server.connection, prefix }));
    try {
      await test();
    } finally {
      await fill(false);
      await Promise.all(stores.map((store) => store.close()));
    }
  }
  const all = <T>(ask: (store: RedisStore) => Promise<T>): Promise<T[]> =>
    Promise.all(stores.map(ask));
  const one = (isFirst: boolean[]): number => isFirst.filter(Boolean).length;

  it('is noted by one of all, and so is that it has room again', () =>
    inStores(async () => {
      assert.deepEqual(await all((store) => store.hasRoom()), [true, true, true]);
      assert.deepEqual(await all((store) => store.noteRoom()), [false, false, false]);
      await fill(true);
      assert.deepEqual(await all((store) => store.hasRoom()), [false, false, false]);
      assert.equal(one((await all((store) => store.noteFull())).map((each) => each === true)), 1);
      assert.deepEqual(await all((store) => store.noteFull()), [false, false, false]);
      await fill(false);
      // Whoever looks in between finds room, and that is not noted yet.
      assert.deepEqual(await all((store) => store.hasRoom()), [true, true, true]);
      assert.deepEqual(await all((store) => store.noteFull()), [false, false, false]);
      assert.equal(one(await all((store) => store.noteRoom())), 1);
      await all((store) => store.hasRoom());
      await fill(true);
      assert.equal(one((await all((store) => store.noteFull())).map((each) => each === true)), 1);
    }));

  it('of which nobody had looked before that whether it has room keeps nothing of it', () =>
    inStores(async () => {
      await fill(true);
      assert.deepEqual(await all((store) => store.noteFull()), [null, null, null]);
    }));
});
