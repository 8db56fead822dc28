import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, test } from 'node:test';
import { openRedis } from '../../../src/adapters/redis/redis.ts';
import { noServer } from './fixture.ts';
import { useStores } from './stores.ts';

describe('what a store is written in', { skip: noServer }, () => {
  const stores = useStores();

  test('is noted by the first, and again by the first after all was lost', async () => {
    const [one, two] = [stores.storeOf('shared'), stores.storeOf('shared')];
    assert.deepEqual(await one.requireFormat('1.0.0'), { isFirst: true });
    assert.deepEqual(await two.requireFormat('1.0.0'), { isFirst: false });
    assert.deepEqual(await one.requireFormat('1.0.0'), { isFirst: false });
    const client = openRedis(stores.server.connection, 'commands');
    await once(client, 'ready');
    await client.flushall();
    client.disconnect();
    assert.deepEqual(await two.requireFormat('1.0.0'), { isFirst: true });
    assert.deepEqual(await one.requireFormat('1.0.0'), { isFirst: false });
  });
});
