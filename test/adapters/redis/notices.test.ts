import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import type { RedisStore } from '../../../src/adapters/redis/store.ts';
import { noServer } from './fixture.ts';
import { useStores } from './stores.ts';

const HOUR = 3_600_000;

describe('over one Redis', { skip: noServer }, () => {
  const stores = useStores();
  const { storeOf } = stores;

  describe('notices', () => {
    const notice = {
      id: 'b1-1-settled',
      kind: 'settled',
      buildId: 'b1',
      target: 'thread',
      dueAt: 10,
    } as const;
    const idsOf = async (store: RedisStore, limit: number) =>
      (await store.dueNotices(limit)).map(({ id }) => id);

    it('are due from when they are added, whatever their writer takes for the time', async () => {
      const store = storeOf();
      assert.deepEqual(await idsOf(store, 9), []);
      await store.addNotice({ ...notice, id: 'n1', dueAt: Date.now() + HOUR });
      await store.addNotice({ ...notice, id: 'n2', dueAt: Date.now() - HOUR });
      assert.deepEqual(await idsOf(store, 9), ['n1', 'n2']);
      assert.deepEqual(await idsOf(store, 1), ['n1']);
    });

    it('are not held up by those that only a newer version can read', async () => {
      const store = storeOf();
      for (const id of ['x1', 'x2', 'x3']) {
        await store.addNotice({ ...notice, id, kind: 'of tomorrow' as 'settled' });
      }
      await store.addNotice(notice);
      assert.deepEqual(await idsOf(store, 2), [notice.id]);
    });

    it('are leased by exactly one of many', async () => {
      const store = storeOf();
      await store.addNotice(notice);
      const leases = await Promise.all(
        Array.from({ length: 20 }, () => store.leaseNotice(notice.id, HOUR)),
      );
      assert.deepEqual(
        leases.filter((lease) => lease !== null),
        ['first'],
      );
    });

    it('are not sent again: not by an old list, not by a repeated step', async () => {
      const store = storeOf();
      await store.addNotice(notice);
      assert.equal(await store.leaseNotice(notice.id, HOUR), 'first');
      await store.settleNotice(notice.id);
      assert.equal(await store.leaseNotice(notice.id, HOUR), null);
      await store.addNotice(notice);
      assert.deepEqual(await store.dueNotices(9), []);
    });

    it('may be sent by anybody when the time is over by which they were postponed', async () => {
      const store = storeOf();
      await store.addNotice(notice);
      await store.leaseNotice(notice.id, HOUR);
      await store.postponeNotice(notice.id, HOUR);
      assert.deepEqual(await store.dueNotices(9), []);
      await store.postponeNotice(notice.id, 0.5);
      for (let due: unknown[] = []; due.length === 0; ) due = await store.dueNotices(9);
      // Whoever had it may have sent it.
      assert.equal(await store.leaseNotice(notice.id, HOUR), 'again');
    });
  });

  describe('the time', () => {
    /** What another host takes for the time, `by` milliseconds off. */
    function setClock({ mock }: TestContext, by: number): void {
      const now = Date.now.bind(Date);
      mock.method(Date, 'now', () => now() + by);
    }

    for (const by of [HOUR, -HOUR]) {
      it(`is Redis’ own to a host whose clock is ${by / HOUR} hours off`, async (context) => {
        setClock(context, by);
        const store = storeOf();
        await store.ping();
        const ours = Date.now() - by;
        const off = store.clock.now() - ours;
        assert.ok(Math.abs(off) < 60_000, `${off} ms off`);
      });
    }

    it('goes on while Redis is away, and is asked again when it is back', async () => {
      const store = storeOf();
      await store.ping();
      const before = store.clock.now();
      await stores.server.stop();
      assert.ok(store.clock.now() >= before);
      await stores.server.start();
      await store.ping();
      assert.ok(store.clock.now() >= before);
    });
  });
});
