import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { openRedis } from '../../../src/adapters/redis/redis.ts';
import { createStore } from '../../../src/adapters/redis/store.ts';
import { parseSpec } from '../../../src/domain/spec.ts';
import { noServer, type RedisServer, startServer } from './fixture.ts';

describe('blocks in Redis', { skip: noServer }, () => {
  let server: RedisServer;
  before(async () => {
    server = await startServer();
  });
  after(() => server.remove());

  const block = (spec: string, at: number) => ({
    spec: parseSpec(spec),
    at,
    why: 'CVE',
    user: 'U1',
  });

  it('stand for a spec until they are removed', async () => {
    const store = createStore({ connection: server.connection, prefix: randomUUID() });
    for (const each of [block('openssl<3', 2), block('xz', 1), block('openssl<3', 3)]) {
      await store.writeBlock(each);
    }
    assert.deepEqual(await store.readBlocks(), [block('xz', 1), block('openssl<3', 3)]);
    assert.equal(await store.removeBlock(parseSpec('xz')), true);
    assert.equal(await store.removeBlock(parseSpec('xz')), false);
    assert.deepEqual(await store.readBlocks(), [block('openssl<3', 3)]);
    await store.close();
  });

  it('that cannot be read are refused, not left out', async () => {
    const prefix = randomUUID();
    const store = createStore({ connection: server.connection, prefix });
    const redis = openRedis(server.connection, 'worker');
    await redis.hset(`${prefix}:blocks`, 'xz', JSON.stringify({ format: 2, block: {} }));
    redis.disconnect();
    await assert.rejects(store.readBlocks(), { code: 'record-unreadable' });
    await store.close();
  });
});
