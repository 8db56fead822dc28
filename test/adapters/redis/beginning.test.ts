import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { describe, it } from 'node:test';
import { openRedis } from '../../../src/adapters/redis/redis.ts';
import type { Build } from '../../../src/domain/build.ts';
import { buildFor } from './builds-fixture.ts';
import { noServer } from './fixture.ts';
import { useStores } from './stores.ts';

describe('a build begins', { skip: noServer }, () => {
  const stores = useStores();
  const { storeOf } = stores;

  const settled = (build: Build): Build => ({ ...build, state: 'failed' });
  const again = (build: Build): Build => ({ ...build, state: 'queued', attempt: 2 });

  it('with its record and its hold, as one of 200 on two connections, and the others leave nothing', async () => {
    const prefix = randomUUID();
    const [one, other] = [storeOf(prefix), storeOf(prefix)];
    const ids = Array.from({ length: 200 }, (_, index) => `b${index}`);
    const begun = await Promise.all(
      ids.map((id, at) => (at % 2 ? one : other).beginBuild(buildFor(id))),
    );
    const [atWork, ...others] = new Set(begun.map(({ id }) => id));
    assert.deepEqual(others, []);
    const recorded = await one.listBuilds({ limit: 300 });
    assert.deepEqual(
      recorded.map(({ id }) => id),
      [atWork],
    );
    assert.equal((await other.buildAtWork('churn'))?.id, atWork);
  });

  it('once the one before it is settled, and again only where none is at work', async () => {
    const store = storeOf();
    await store.beginBuild(buildFor('b1'));
    assert.equal((await store.beginBuild(buildFor('b2'))).id, 'b1');
    await store.updateBuild('b1', settled);
    assert.equal(await store.buildAtWork('churn'), null);
    assert.equal((await store.beginBuild(buildFor('b2'))).id, 'b2');
    assert.equal((await store.beginAgain('b1', again)).id, 'b2');
    assert.equal((await store.readBuild('b1'))?.state, 'failed');
    await store.updateBuild('b2', settled);
    assert.deepEqual(await store.beginAgain('b1', again), again(buildFor('b1')));
    assert.equal((await store.buildAtWork('churn'))?.id, 'b1');
    await store.updateBuild('b2', settled);
    assert.equal((await store.buildAtWork('churn'))?.id, 'b1', 'another one cannot let go of it');
  });

  it('where an older version left a hold without a build at work', async () => {
    const prefix = randomUUID();
    const redis = openRedis(stores.server.connection, 'worker');
    try {
      await redis.hset(`${prefix}:hold:churn`, { build: 'b0', at: Date.now() });
    } finally {
      redis.disconnect();
    }
    const store = storeOf(prefix);
    assert.equal(await store.buildAtWork('churn'), null);
    assert.equal((await store.beginBuild(buildFor('b1'))).id, 'b1');
  });

  it('not after its caller was told that the store did not answer', async () => {
    const store = storeOf();
    await store.beginBuild(buildFor('b0', { environment: 'etl' }));
    await store.updateBuild('b0', settled);
    stores.server.freeze();
    try {
      const refused = { code: 'store-unavailable' };
      await Promise.all([
        assert.rejects(store.beginBuild(buildFor('b1')), refused),
        assert.rejects(store.beginAgain('b0', again), refused),
      ]);
    } finally {
      stores.server.thaw();
    }
    // Answered after everything that has waited in the same connection.
    await store.ping();
    await store.ping();
    assert.equal(await store.readBuild('b1'), null);
    assert.equal((await store.readBuild('b0'))?.state, 'failed');
    assert.equal(await store.buildAtWork('churn'), null);
  });

  it('not where its write has waited in Redis for longer than its caller', async () => {
    const prefix = randomUUID();
    const store = storeOf(prefix);
    const redis = openRedis(stores.server.connection, 'worker');
    try {
      // Reads pass and writes wait: what a caller has sent already is carried out at the end.
      await redis.call('CLIENT', 'PAUSE', '2500', 'WRITE');
      await assert.rejects(store.beginBuild(buildFor('b1')), { code: 'store-unavailable' });
      await redis.set(`${prefix}:after`, '1');
    } finally {
      redis.disconnect();
    }
    assert.equal(await store.readBuild('b1'), null);
  });

  it('as an open one, until who it was for has been told how it ended', async () => {
    const store = storeOf();
    await store.beginBuild(buildFor('b1'));
    await store.closeBuild('b1', 1);
    assert.deepEqual(await store.openBuilds(), ['b1'], 'it is at work');
    await store.updateBuild('b1', (build) => ({ ...build, state: 'ready' }));
    assert.deepEqual(await store.openBuilds(), ['b1'], 'nobody was told');
    await store.closeBuild('b1', 1);
    assert.deepEqual(await store.openBuilds(), []);
    await store.updateBuild('b1', (build) => ({ ...build, verifying: true }));
    await store.closeBuild('b1', 1);
    assert.deepEqual(await store.openBuilds(), ['b1'], 'it is being verified again');
    await store.updateBuild('b1', (build) => ({ ...build, verifying: false }));
    assert.deepEqual(await store.openBuilds(), []);
  });

  it('as an open one, until who it was for has been told of its newest attempt', async () => {
    const store = storeOf();
    await store.beginBuild(buildFor('b1'));
    await store.updateBuild('b1', settled);
    await store.beginAgain('b1', again);
    await store.updateBuild('b1', settled);
    await store.closeBuild('b1', 1);
    assert.deepEqual(await store.openBuilds(), ['b1'], 'only its first attempt was told');
    await store.closeBuild('b1', 2);
    assert.deepEqual(await store.openBuilds(), []);
  });

  it('as an open one, also where it was verified again before who it was for was told', async () => {
    const store = storeOf();
    const verify = async (told: () => Promise<void>) => {
      await store.updateBuild('b1', (build) => ({ ...build, verifying: true }));
      await told();
      await store.updateBuild('b1', (build) => ({ ...build, verifying: false }));
    };
    await store.beginBuild(buildFor('b1'));
    await store.updateBuild('b1', (build) => ({ ...build, state: 'ready' }));
    await verify(async () => undefined);
    assert.deepEqual(await store.openBuilds(), ['b1'], 'nobody was told');
    await verify(() => store.closeBuild('b1', 1));
    assert.deepEqual(await store.openBuilds(), [], 'told meanwhile');
    await verify(async () => undefined);
    assert.deepEqual(await store.openBuilds(), [], 'told before');
  });

  it('and is closed as before where an older version has recorded it', async () => {
    const prefix = randomUUID();
    const store = storeOf(prefix);
    await store.beginBuild(buildFor('b1'));
    await store.updateBuild('b1', settled);
    const redis = openRedis(stores.server.connection, 'worker');
    try {
      await redis.hdel(`${prefix}:build:b1`, 'attempt', 'owed');
    } finally {
      redis.disconnect();
    }
    await store.closeBuild('b1', 1);
    assert.deepEqual(await store.openBuilds(), []);
  });
});
