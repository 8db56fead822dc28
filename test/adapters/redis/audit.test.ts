import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { openRedis } from '../../../src/adapters/redis/redis.ts';
import { createStore, type RedisStore } from '../../../src/adapters/redis/store.ts';
import { noServer, type RedisServer, startServer } from './fixture.ts';

describe('the audit in Redis', { skip: noServer }, () => {
  let server: RedisServer;
  before(async () => {
    server = await startServer();
  });
  after(() => server.remove());

  async function withStore(
    bounds: { days: number; entries: number; refused?: number },
    work: (store: RedisStore) => Promise<void>,
  ): Promise<void> {
    const audit = { refused: 100, ...bounds };
    const store = createStore({ connection: server.connection, prefix: randomUUID(), audit });
    await work(store).finally(() => store.close());
  }

  const entry = (text: string, at = Date.now()) => ({
    ...{
      at,
      login: null,
      deed: 'create',
      environment: 'churn',
      build: null,
      approval: { id: 'a1', by: ['U2', 'U3'] },
      outcome: 'done',
      text,
    },
    requester: { user: 'U1', channel: 'C1', team: null },
  });

  async function textsOf(store: RedisStore, since = 0): Promise<string[]> {
    const texts: string[] = [];
    for await (const { text } of store.auditEntries(since)) texts.push(text);
    return texts;
  }

  it('comes back newest first, whole, over more than one page', async () => {
    await withStore({ days: 365, entries: 2_000 }, async (store) => {
      const wanted = Array.from({ length: 1_001 }, (_, index) => `create e${index}`);
      for (const text of wanted) await store.appendAudit(entry(text));
      assert.deepEqual(await textsOf(store), wanted.toReversed());
      assert.deepEqual(await textsOf(store, Date.now() + 60_000), []);
    });
  });

  it('keeps no more than its number, the newest', async () => {
    await withStore({ days: 365, entries: 3 }, async (store) => {
      for (const text of ['a', 'b', 'c', 'd', 'e']) await store.appendAudit(entry(text));
      assert.deepEqual(await textsOf(store), ['e', 'd', 'c']);
    });
  });

  it('drops nothing that was done for what was refused, which has a number of its own', async () => {
    await withStore({ days: 365, entries: 2, refused: 3 }, async (store) => {
      const now = Date.now();
      for (let at = 0; at < 9; at += 1) {
        const outcome = at < 2 ? 'done' : 'not-allowed';
        await store.appendAudit({ ...entry(`e${at}`, now + at), outcome });
      }
      await store.appendAudit(entry('last', now + 9));
      assert.deepEqual(await textsOf(store), ['last', 'e8', 'e7', 'e6', 'e1']);
    });
  });

  it('keeps nothing older than its days', async () => {
    const prefix = randomUUID();
    const redis = openRedis(server.connection, 'worker');
    const weekAgo = Date.now() - 7 * 24 * 3600_000;
    const document = (text: string) => JSON.stringify({ format: 1, entry: entry(text) });
    await redis.xadd(`${prefix}:audit`, `${weekAgo - 1}-0`, 'document', document('old'));
    await redis.xadd(`${prefix}:audit`, `${weekAgo + 60_000}-0`, 'document', document('kept'));
    redis.disconnect();
    const audit = { days: 7, entries: 100, refused: 100 };
    const store = createStore({ connection: server.connection, prefix, audit });
    assert.deepEqual(await textsOf(store), ['kept', 'old']);
    await store.appendAudit(entry('new'));
    assert.deepEqual(await textsOf(store), ['new', 'kept']);
    await store.close();
  });
});
