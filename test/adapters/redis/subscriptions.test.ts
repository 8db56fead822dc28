import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { openRedis } from '../../../src/adapters/redis/redis.ts';
import { createStore } from '../../../src/adapters/redis/store.ts';
import type { Notice } from '../../../src/domain/ports.ts';
import { type Subscription, subscriptionKey } from '../../../src/domain/subscription.ts';
import { noServer, type RedisServer, startServer } from './fixture.ts';

describe('subscriptions in Redis', { skip: noServer }, () => {
  let server: RedisServer;
  before(async () => {
    server = await startServer();
  });
  after(() => server.remove());

  const churn = (at: number, change: Partial<Subscription> = {}): Subscription => ({
    ...{ user: 'U1', environment: 'churn', owner: null, edge: null, channel: null },
    ...{ outcomes: ['ready', 'failed'], at, ...change },
  });

  it('stand once for each place and what it watches, for every process, until they end', async () => {
    const prefix = randomUUID();
    const [one, other] = [1, 2].map(() => createStore({ connection: server.connection, prefix }));
    const here = churn(1, { channel: 'C1' });
    for (const each of [churn(2), here, churn(3, { outcomes: ['failed'] })]) {
      await one?.writeSubscription(each);
    }
    const left = churn(3, { outcomes: ['failed'] });
    assert.deepEqual(await other?.readSubscriptions(), [here, left]);
    assert.equal(await other?.removeSubscription(subscriptionKey(here)), true);
    assert.equal(await other?.removeSubscription(subscriptionKey(here)), false);
    assert.deepEqual(await one?.readSubscriptions(), [left]);
    await Promise.all([one?.close(), other?.close()]);
  });

  it('that cannot be read are left out', async () => {
    const prefix = randomUUID();
    const store = createStore({ connection: server.connection, prefix });
    const redis = openRedis(server.connection, 'worker');
    await redis.hset(`${prefix}:subscriptions`, 'x', JSON.stringify({ format: 2 }));
    redis.disconnect();
    await store.writeSubscription(churn(1));
    assert.deepEqual(await store.readSubscriptions(), [churn(1)]);
    await store.close();
  });

  it('are told by notices that come back as they were', async () => {
    const store = createStore({ connection: server.connection, prefix: randomUUID() });
    const notice: Notice = {
      ...{ id: 'heard.b1.1.U1', kind: 'heard', to: 'U1', subscription: 'key', dueAt: 1 },
      happening: {
        ...{ id: 'b1.1', outcome: 'let-go', environment: 'churn', owner: 'U2', edges: ['lab'] },
        ...{ revision: 1, buildId: null, by: null, known: [], shownIn: null, text: 'Gone.' },
      },
    };
    await store.addNotice(notice);
    assert.deepEqual(await store.dueNotices(9), [notice]);
    await store.close();
  });
});
