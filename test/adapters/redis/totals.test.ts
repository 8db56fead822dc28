import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { describe, it, type TestContext } from 'node:test';
import { createQueue } from '../../../src/adapters/redis/queue.ts';
import { openRedis } from '../../../src/adapters/redis/redis.ts';
import type { TotalsAsked } from '../../../src/adapters/redis/totals.ts';
import type { Approval } from '../../../src/domain/approval.ts';
import type { Environment } from '../../../src/domain/environment.ts';
import type { Presence } from '../../../src/domain/presence.ts';
import { environment, revision } from '../../answers/samples.ts';
import { buildFor } from './builds-fixture.ts';
import { noServer } from './fixture.ts';
import { useStores } from './stores.ts';

const ASKED: TotalsAsked = {
  ...{ platforms: ['linux-64'], edges: ['prod', 'new'], environmentLimit: 2, leader: 'leader' },
};

describe('totals of the store', { skip: noServer }, () => {
  const stores = useStores();

  /** A store, and a client to look behind it. */
  function open(context: TestContext) {
    const prefix = randomUUID();
    const store = stores.storeOf(prefix);
    const redis = openRedis(stores.server.connection, 'worker');
    context.after(() => redis.disconnect());
    return { prefix, store, redis, totals: () => store.totals(ASKED) };
  }

  it('are 0 where there is nothing', async (context) => {
    const { totals } = open(context);
    const none = { waiting: 0, active: 0, delayed: 0, oldestSeconds: 0 };
    assert.deepEqual(await totals(), {
      environments: { there: 0, letGo: 0 },
      ...{ revisions: 0, owners: 0, ownersAtLimit: 0, openBuilds: 0, approvals: 0, notices: 0 },
      isLed: false,
      edges: [],
      workers: [{ platform: 'linux-64', count: 0 }],
      queues: ['builds', 'proofs', 'errands'].map((queue) => ({
        ...{ platform: 'linux-64', queue, ...none },
      })),
    });
  });

  it('count workers that take builds, not those that drain, have ended or are of another platform', async (context) => {
    const { store, totals } = open(context);
    await store.ping();
    const now = store.clock.now();
    const tell = (id: string, change: Partial<Presence> = {}) =>
      store.tellPresence({
        ...{ id, host: id, version: '0.1.0', platform: 'linux-64', concurrency: 1, work: [] },
        ...{ startedAt: now, at: now, isDraining: false, isOver: false, ...change },
      });
    await tell('one');
    await tell('two');
    await tell('arm', { platform: 'linux-aarch64' });
    await tell('draining', { isDraining: true });
    await tell('over', { isOver: true });
    await tell('killed', { at: now - 60_000 });
    assert.deepEqual((await totals()).workers, [{ platform: 'linux-64', count: 2 }]);
  });

  it('count environments, their revisions, and owners by what is there of theirs', async (context) => {
    const { store, redis, prefix, totals } = open(context);
    const save = async (name: string, owner: string, change: Partial<Environment> = {}) => {
      await store.claimEnvironment(name, owner, 1);
      await store.updateEnvironment(name, () => ({ ...environment(), name, owner, ...change }));
    };
    const letGo = { ...revision(1), letGo: { by: 'U1', at: 5 } };
    await save('a1', 'U_ANA');
    await save('a2', 'U_ANA');
    await save('b1', 'U_BEN');
    await save('b2', 'U_BEN', { revisions: [letGo] });
    const counted = async () => {
      const { environments, owners, ownersAtLimit } = await totals();
      return { environments, owners, ownersAtLimit };
    };
    const before = await counted();
    assert.deepEqual(before, {
      environments: { there: 3, letGo: 1 },
      ...{ owners: 2, ownersAtLimit: 1 },
    });
    assert.equal((await totals()).revisions, 3 * environment().revisions.length + 1);
    const unlimited = await store.totals({ ...ASKED, environmentLimit: null });
    assert.equal(unlimited.ownersAtLimit, 0);

    // An older version counts no owners: the first thing a bot does makes up for it.
    await redis.del(`${prefix}:environments:owners`);
    assert.equal((await totals()).owners, 0);
    await store.indexEnvironments();
    assert.deepEqual(await counted(), before);

    await store.updateEnvironment('a1', (known) => ({ ...known, owner: 'U_BEN' }));
    await store.removeEnvironment('a2', () => {});
    assert.deepEqual(await counted(), {
      environments: { there: 2, letGo: 1 },
      ...{ owners: 1, ownersAtLimit: 1 },
    });
  });

  it('count builds that are open, notices that are owed, and whether a bot leads', async (context) => {
    const { store, totals } = open(context);
    await store.beginBuild(buildFor('b1'));
    await store.addNotice({ id: 'n1', kind: 'verified', buildId: 'b1', dueAt: 0 });
    await store.takeLease('leader', 'me', 60_000);
    const { openBuilds, notices, isLed } = await totals();
    assert.deepEqual({ openBuilds, notices, isLed }, { openBuilds: 1, notices: 1, isLed: true });
    await store.endLease('leader', 'me');
    assert.equal((await totals()).isLed, false);
  });

  it('count approvals until they are decided or lapse', async (context) => {
    const { store, totals } = open(context);
    const now = store.clock.now();
    const approval = (id: string, change: Partial<Approval> = {}): Approval => ({
      ...{ id, createdAt: now, expiresAt: now + 3600_000, digest: 'd', buildId: null },
      ...{ request: buildFor('b1').request, lock: { platform: 'linux-64', packages: [] } },
      ...{ projects: [], tag: null, before: null, given: [], isSpent: false, refused: null },
      requester: { user: 'U1', channel: 'C1', team: null },
      needs: [{ about: 'the edge `lab`', by: 'release', count: 1, where: null }],
      ...change,
    });
    const waiting = async () => (await totals()).approvals;
    for (const id of ['a1', 'a2', 'a3']) await store.createApproval(approval(id));
    await store.createApproval(approval('a4', { expiresAt: now - 1 }));
    assert.equal(await waiting(), 3);
    const given = [{ user: 'U2', at: now, roles: ['release'] }];
    await store.updateApproval('a1', (known) => ({ ...known, given }));
    assert.equal(await waiting(), 2);
    const refused = { user: 'U2', at: now, why: 'No' };
    await store.updateApproval('a2', (known) => ({ ...known, refused }));
    assert.equal(await waiting(), 1);
    await store.removeApproval('a3');
    assert.equal(await waiting(), 0);
  });

  it('tell what was free on edges that are configured, as it was last seen', async (context) => {
    const { store, totals } = open(context);
    for (const [edge, bytes] of [
      ['prod', 7e9],
      ['gone', 1],
      ['prod', 5e9],
    ] as const) {
      await store.noteFree(edge, bytes);
    }
    assert.deepEqual((await totals()).edges, [{ edge: 'prod', freeBytes: 5e9 }]);
  });

  it('count the jobs of each queue, and how long the first of those that wait has', async (context) => {
    const { store, redis, prefix, totals } = open(context);
    const queue = createQueue({ connection: stores.server.connection, prefix });
    context.after(() => queue.close());
    for (const id of ['b1', 'b2', 'b3']) {
      await queue.enqueue(buildFor(id, { user: id }), 'linux-64', 'build');
    }
    await queue.enqueue(buildFor('b4'), 'linux-64', 'verify');
    // Not the next one to be taken, but the one that has waited for longest.
    const job = `${prefix}:queue:linux-64:b3-1-build`;
    assert.equal(await redis.hset(job, 'timestamp', store.clock.now() - 90_000), 0);
    const [builds, proofs, errands] = (await totals()).queues;
    assert.equal(builds?.waiting, 3);
    const oldest = builds?.oldestSeconds ?? 0;
    assert.ok(oldest >= 90 && oldest < 120, `${oldest} s`);
    await redis.hset(
      `${prefix}:queue:linux-64:b1-1-build`,
      'timestamp',
      store.clock.now() - 300_000,
    );
    const [first] = (await totals()).queues;
    assert.ok((first?.oldestSeconds ?? 0) >= 300, `${first?.oldestSeconds} s`);
    assert.equal(proofs?.waiting, 1);
    assert.equal(errands?.waiting, 0);
  });

  it('name the build that waits for longest of each platform', async (context) => {
    const { prefix, store } = open(context);
    const queue = createQueue({ connection: stores.server.connection, prefix });
    context.after(() => queue.close());
    for (const id of ['b1', 'b2']) await queue.enqueue(buildFor(id), 'linux-64', 'build');
    const standings = await store.standings(['linux-64', 'linux-aarch64']);
    assert.deepEqual(
      standings
        .filter((standing) => standing.queue === 'builds')
        .map(({ platform, waiting, oldest }) => [platform, waiting, oldest]),
      [
        ['linux-64', 2, 'b1'],
        ['linux-aarch64', 0, null],
      ],
    );
  });
});
