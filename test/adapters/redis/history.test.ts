/** Builds of long ago are found in Redis, and nothing of those that are forgotten stays. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import { openRedis } from '../../../src/adapters/redis/redis.ts';
import { createStore } from '../../../src/adapters/redis/store.ts';
import type { Build } from '../../../src/domain/build.ts';
import { buildFor } from './builds-fixture.ts';
import { noServer, type RedisServer, startServer } from './fixture.ts';

let server: RedisServer;
before(async () => {
  if (!noServer) server = await startServer();
});
after(() => server?.remove());

test('builds of long ago are forgotten whole, and not those that are open', {
  skip: noServer,
}, async () => {
  const prefix = randomUUID();
  const store = createStore({ connection: server.connection, prefix });
  const redis = openRedis(server.connection, 'worker');
  const keys = async () => (await redis.keys(`${prefix}:*`)).sort();
  const begin = async (id: string, now: number, environment = 'churn') => {
    await store.claimEnvironment(environment, 'U0ANA', 0);
    await store.beginBuild(buildFor(id, { environment, now }));
    await store.appendLog(id, ['solving']);
  };
  const end = async (id: string) => {
    await store.updateBuild(id, (build) => ({ ...build, state: 'failed' }));
    await store.closeBuild(id, 1);
  };
  try {
    await store.claimEnvironment('etl', 'U0ANA', 0);
    await begin('new', 100);
    await end('new');
    const clean = await keys();
    for (const [id, at] of [
      ['old', 5],
      ['older', 4],
    ] as const) {
      await begin(id, at);
      await end(id);
    }
    await begin('open', 3, 'etl');
    const listed = new Set<string>();
    for await (const id of store.everyOldBuild({ before: 5, newest: 1 })) listed.add(id);
    assert.deepEqual([...listed].sort(), ['old', 'older', 'open']);
    for (const id of listed) {
      const build = await store.readBuild(id);
      assert.equal(build && (await store.forgetBuild(build)), id !== 'open', id);
    }
    await end('open');
    const last = await store.readBuild('open');
    assert.equal(last && (await store.forgetBuild(last)), true);
    assert.deepEqual(await keys(), clean);
    assert.deepEqual(
      (await store.listBuilds({ limit: 9 })).map(({ id }) => id),
      ['new'],
    );
  } finally {
    redis.disconnect();
    await store.close();
  }
});

test('a build that has ended is found for as long as an edge may have something of it', {
  skip: noServer,
}, async () => {
  const prefix = randomUUID();
  const store = createStore({ connection: server.connection, prefix });
  try {
    const archive = { name: 'churn.zip', format: 'zip', sha256: 'a', bytes: 1, files: 1 } as const;
    const place = { edge: 'lab', environment: 'churn', revision: 1, hdfs: null, archive };
    const begun = [{ ...place, archivePath: '/a/churn.zip', driverPrefix: '/envs/churn/1' }];
    const move = (change: Partial<Build>) =>
      store.updateBuild('b1', (build) => ({ ...build, ...change }));
    await store.claimEnvironment('churn', 'U0ANA', 0);
    await store.beginBuild(buildFor('b1', { environment: 'churn', now: 1 }));
    await move({ state: 'running', begun });
    assert.deepEqual(await store.unprovenBuilds(), []);
    await move({ state: 'failed' });
    assert.deepEqual(await store.unprovenBuilds(), ['b1']);
    await store.beginAgain('b1', (build) => ({ ...build, state: 'queued', attempt: 2 }));
    assert.deepEqual(await store.unprovenBuilds(), []);
    await move({ state: 'cancelled' });
    assert.deepEqual(await store.unprovenBuilds(), ['b1']);
    await move({ begun: [] });
    assert.deepEqual(await store.unprovenBuilds(), []);
    await move({ begun });
    await store.removeEnvironment('churn', (_, builds) => {
      assert.deepEqual(builds[0]?.begun, begun);
    });
    assert.deepEqual(await store.unprovenBuilds(), []);
  } finally {
    await store.close();
  }
});
