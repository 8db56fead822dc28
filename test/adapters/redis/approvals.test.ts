import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { after, before, describe, it } from 'node:test';
import { openRedis } from '../../../src/adapters/redis/redis.ts';
import { createStore } from '../../../src/adapters/redis/store.ts';
import type { Approval } from '../../../src/domain/approval.ts';
import { buildFor } from './builds-fixture.ts';
import { noServer, type RedisServer, startServer } from './fixture.ts';

describe('approvals in Redis', { skip: noServer }, () => {
  let server: RedisServer;
  before(async () => {
    server = await startServer();
  });
  after(() => server.remove());

  const now = Date.now();
  const approval = (id: string, later: number): Approval => ({
    ...{ id, createdAt: now + later, expiresAt: now + 3600_000, digest: 'd', buildId: null },
    ...{ request: buildFor('b1').request, lock: { platform: 'linux-64', packages: [] } },
    ...{ projects: [], tag: { name: 'prod', revision: 2 }, before: null },
    requester: { user: 'U1', channel: 'C1', team: null },
    needs: [{ about: 'the edge `lab`', by: 'release', count: 2, where: null }],
    ...{ given: [], isSpent: false, refused: { user: 'U2', at: 5, why: 'No' } },
  });

  it('come back as they were saved, the oldest first', async () => {
    const store = createStore({ connection: server.connection, prefix: randomUUID() });
    for (const each of [approval('a2', 2), approval('a1', 1)]) await store.createApproval(each);
    assert.deepEqual(await store.listApprovals(), [approval('a1', 1), approval('a2', 2)]);
    assert.deepEqual(await store.readApproval('a1'), approval('a1', 1));
    await store.createApproval(approval('a3', 3));
    await store.removeApproval('a3');
    assert.equal(await store.readApproval('a3'), null);
    assert.equal((await store.listApprovals()).length, 2);
    assert.equal(await store.readApproval('a3'), null);
    await assert.rejects(
      store.updateApproval('a3', (it) => it),
      { code: 'approval-not-found' },
    );
    await store.close();
  });

  it('stay in the list though an older version, which cannot read one, lists them', async (context) => {
    const prefix = randomUUID();
    const store = createStore({ connection: server.connection, prefix });
    await store.createApproval(approval('a1', 1));
    const redis = openRedis(server.connection, 'commands');
    context.after(() => redis.disconnect());
    await once(redis, 'ready');
    const key = `${prefix}:approval:a1`;
    const format = String(await redis.hget(key, 'format'));
    await redis.hset(key, 'format', '99');
    assert.deepEqual(await store.listApprovals(), []);
    await redis.hset(key, 'format', format);
    assert.deepEqual(await store.listApprovals(), [approval('a1', 1)]);
    await store.close();
  });

  it('lose nobody who approves in the same moment', async () => {
    const store = createStore({ connection: server.connection, prefix: randomUUID() });
    await store.createApproval(approval('a1', 1));
    const users = Array.from({ length: 20 }, (_, index) => `U${index}`);
    await Promise.all(
      users.map((user) =>
        store.updateApproval('a1', (current) => ({
          ...current,
          given: [...current.given, { user, at: 1, roles: ['release'] }],
        })),
      ),
    );
    const { given } = (await store.readApproval('a1')) ?? assert.fail();
    assert.deepEqual(given.map(({ user }) => user).sort(), users.sort());
    await store.close();
  });

  it('are forgotten after a while, from the list as well', async () => {
    const prefix = randomUUID();
    const store = createStore({ connection: server.connection, prefix });
    await store.createApproval(approval('a1', 1));
    const redis = openRedis(server.connection, 'worker');
    const days = (await redis.ttl(`${prefix}:approval:a1`)) / (24 * 3600);
    assert.ok(days > 7 && days < 7.1, `${days} days`);
    await redis.del(`${prefix}:approval:a1`);
    assert.deepEqual(await store.listApprovals(), []);
    assert.deepEqual(await redis.smembers(`${prefix}:approvals`), []);
    redis.disconnect();
    await store.close();
  });

  it('have their end from the write that saves them, whoever is killed after it', async (context) => {
    const store = createStore({ connection: server.connection, prefix: randomUUID() });
    const redis = openRedis(server.connection, 'commands');
    context.after(() => redis.disconnect());
    context.after(() => store.close());
    await once(redis, 'ready');
    const monitor = await redis.monitor();
    context.after(() => monitor.disconnect());
    const heard: string[][] = [];
    const { promise: isDone, resolve: done } = Promise.withResolvers<void>();
    monitor.on('monitor', (_time, args: string[], source: string) => {
      heard.push([source, ...args]);
      if (args[1] === 'the end') done();
    });
    await store.createApproval(approval('a1', 1));
    await redis.ping('the end');
    await isDone;
    const writes = heard.filter(([, name = '']) => /^(hset|pexpireat)$/i.test(name));
    assert.deepEqual(
      writes.map(([source, name]) => `${source} ${name}`),
      ['lua HSET', 'lua PEXPIREAT'],
    );
  });

  it('are announced by notices of their own kind', async () => {
    const store = createStore({ connection: server.connection, prefix: randomUUID() });
    const notice = { id: 'n1', kind: 'approval', approvalId: 'a1', to: 'C1', dueAt: 1 } as const;
    await store.addNotice(notice);
    assert.deepEqual(await store.dueNotices(10), [notice]);
    await store.close();
  });

  it('ask who is in a user group of what Slack has said last', async () => {
    const store = createStore({ connection: server.connection, prefix: randomUUID() });
    for (const members of [['U1'], ['U1', 'U2']]) {
      await store.writeGroup({ id: 'S1', members, at: 3 });
    }
    assert.deepEqual(await store.readGroups(), [{ id: 'S1', members: ['U1', 'U2'], at: 3 }]);
    await store.close();
  });
});
