import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import { openRedis, serverTime } from '../../../src/adapters/redis/redis.ts';
import type { RedisStore } from '../../../src/adapters/redis/store.ts';
import type { Build } from '../../../src/domain/build.ts';
import type { Environment } from '../../../src/domain/environment.ts';
import { FerryError } from '../../../src/domain/errors.ts';
import { listOf, number, object, string } from '../../../src/domain/shape.ts';
import { buildFor } from './builds-fixture.ts';
import { inTwoSeconds, noServer } from './fixture.ts';
import { useStores } from './stores.ts';

const PACKED = object<{ bytes: number }>({ bytes: number });
const QUESTION = object<{ findings: string[] }>({ findings: listOf(string) });

describe('the store', { skip: noServer }, () => {
  const stores = useStores();
  const { storeOf } = stores;

  /** The raw client, to put records there that this program would not write. */
  async function raw<T>(work: (redis: ReturnType<typeof openRedis>) => Promise<T>): Promise<T> {
    const redis = openRedis(stores.server.connection, 'worker');
    try {
      return await work(redis);
    } finally {
      redis.disconnect();
    }
  }

  const hasCode = (code: string) => (error: unknown) =>
    error instanceof FerryError && error.code === code;

  const isUnavailable = (error: unknown) =>
    error instanceof FerryError &&
    error.code === 'store-unavailable' &&
    error.kind === 'outside' &&
    error.retryable;

  describe('builds', () => {
    it('come back as they were saved', async () => {
      const store = storeOf();
      const build = buildFor('b1');
      await store.beginBuild(build);
      assert.deepEqual(await store.readBuild('b1'), build);
      assert.equal(await store.readBuild('b2'), null);
    });

    it('that changed since a moment are found by their ids, the last change first', () =>
      raw(async (redis) => {
        const store = storeOf();
        /** Milliseconds by Redis, of a moment in which nothing else happens. */
        const moment = async () => {
          const before = await serverTime(redis);
          for (;;) if ((await serverTime(redis)) > before + 1) return before + 1;
        };
        const change = async (id: string) => {
          await store.updateBuild(id, (build) => ({ ...build, state: 'running' }));
          return moment();
        };
        for (const id of ['b1', 'b2', 'b3'])
          await store.beginBuild(buildFor(id, { environment: id }));
        const since = await change('b1');
        await change('b3');
        await change('b2');
        assert.deepEqual(await store.changedBuilds(since, 10), ['b2', 'b3']);
        assert.deepEqual(await store.changedBuilds(0, 2), ['b2', 'b3']);
      }));

    it('are created once', async () => {
      const store = storeOf();
      await store.beginBuild(buildFor('b1'));
      await assert.rejects(store.beginBuild(buildFor('b1', { user: 'U_BEN' })), /exists already/);
      assert.equal((await store.readBuild('b1'))?.requester.user, 'U_ANA');
    });

    it('lose no change when 50 callers on two connections change one at the same time', async () => {
      const prefix = randomUUID();
      const stores = [storeOf(prefix), storeOf(prefix)] as const;
      await stores[0].beginBuild(buildFor('b1'));
      const count = (build: Build) => ({ ...build, attempt: build.attempt + 1 });
      await Promise.all(
        Array.from({ length: 50 }, (_, index) =>
          (index % 2 === 0 ? stores[0] : stores[1]).updateBuild('b1', count),
        ),
      );
      assert.equal((await stores[0].readBuild('b1'))?.attempt, 51);
    });

    it('stay as they were when a change throws', async () => {
      const store = storeOf();
      await store.beginBuild(buildFor('b1'));
      const refuse = () => {
        throw new Error('settled already');
      };
      await assert.rejects(store.updateBuild('b1', refuse), /settled already/);
      assert.deepEqual(await store.readBuild('b1'), buildFor('b1'));
    });

    it('that do not exist cannot be changed', async () => {
      await assert.rejects(
        storeOf().updateBuild('b9', (build) => build),
        hasCode('build-not-found'),
      );
    });

    it('are listed newest first, by environment, by person and by both', async () => {
      const store = storeOf();
      for (const [id, environment, user, now] of [
        ['b1', 'churn', 'U_ANA', 1],
        ['b2', 'churn', 'U_BEN', 2],
        ['b3', 'etl', 'U_ANA', 3],
        ['b4', 'churn', 'U_ANA', 4],
      ] as const) {
        await store.beginBuild({ ...buildFor(id, { environment, user, now }), state: 'ready' });
      }
      const ids = async (filter: { environment?: string; user?: string; limit: number }) =>
        (await store.listBuilds(filter)).map((build) => build.id);
      assert.deepEqual(await ids({ limit: 3 }), ['b4', 'b3', 'b2']);
      assert.deepEqual(await ids({ environment: 'churn', limit: 9 }), ['b4', 'b2', 'b1']);
      assert.deepEqual(await ids({ user: 'U_ANA', limit: 2 }), ['b4', 'b3']);
      assert.deepEqual(await ids({ environment: 'churn', user: 'U_ANA', limit: 2 }), ['b4', 'b1']);
    });
  });

  describe('records of other versions', () => {
    it('of an older program get the fields it did not know', async () => {
      const prefix = randomUUID();
      const store = storeOf(prefix);
      await store.beginBuild(buildFor('b1'));
      const { verifications: _, verifying: __, ...old } = buildFor('b1');
      await raw((redis) => redis.hset(`${prefix}:build:b1`, 'document', JSON.stringify(old)));
      assert.deepEqual(await store.readBuild('b1'), buildFor('b1'));
    });

    for (const [what, fields] of [
      ['of a newer program', { format: '99' }],
      ['that are damaged', { document: '{"id":"b1",' }],
      ['that are something else', { document: '{"id":"b1"}' }],
    ] as const) {
      it(`${what} are refused by name, left out of lists and never overwritten`, async () => {
        const prefix = randomUUID();
        const store = storeOf(prefix);
        await store.beginBuild(buildFor('b1'));
        await store.beginBuild(buildFor('b2', { environment: 'etl' }));
        await raw((redis) => redis.hset(`${prefix}:build:b1`, fields));
        await assert.rejects(store.readBuild('b1'), hasCode('record-unreadable'));
        await assert.rejects(
          store.updateBuild('b1', (build) => build),
          hasCode('record-unreadable'),
        );
        assert.deepEqual(
          (await store.listBuilds({ limit: 9 })).map((build) => build.id),
          ['b2'],
        );
      });
    }
  });

  describe('environments', () => {
    it('belong to the first who claims them', async () => {
      const store = storeOf();
      const claims = await Promise.all(
        ['U_ANA', 'U_BEN', 'U_CHO'].map((user) => store.claimEnvironment('churn', user, 7)),
      );
      const owners = new Set(claims.map((environment) => environment.owner));
      assert.equal(owners.size, 1);
      assert.deepEqual(await store.readEnvironment('churn'), claims[0]);
    });

    it('that are removed leave nothing of them or their builds, and all of others', async () => {
      const prefix = randomUUID();
      const store = storeOf(prefix);
      const fill = async (name: string, ids: readonly string[]) => {
        await store.claimEnvironment(name, 'U_ANA', 0);
        for (const id of ids) {
          await store.beginBuild(buildFor(id, { environment: name }));
          await store.updateBuild(id, (build) => ({ ...build, state: 'ready' }));
          await store.appendLog(id, ['solving']);
          await store.writeCheckpoint(id, 'solve', 1);
        }
      };
      await fill('etl', ['b9']);
      // The highest number of a forgotten record stays for all of them, so that none is written over a later one.
      const keys = () =>
        raw(async (redis) =>
          (await redis.keys(`${prefix}*`)).filter((key) => !key.endsWith(':forgotten:last')).sort(),
        );
      const before = await keys();
      await fill('churn', ['b1', 'b2']);
      await store.removeProgress(['b1']);
      assert.deepEqual(await store.readLog('b1', 5), []);
      assert.deepEqual(await store.readLog('b2', 5), ['solving']);
      assert.equal(await store.removeEnvironment('churn', () => {}), null);
      assert.deepEqual(await keys(), before);
      assert.deepEqual(
        (await store.listBuilds({ limit: 9 })).map(({ id }) => id),
        ['b9'],
      );
      assert.equal(await store.readEnvironment('churn'), null);
      assert.equal(await store.removeEnvironment('churn', () => assert.fail()), null);
    });

    it('stay while a build is at work, and where that is not allowed', async () => {
      const store = storeOf();
      await store.claimEnvironment('churn', 'U_ANA', 0);
      const refused = new Error('it must stay');
      const refuse = () => {
        throw refused;
      };
      await assert.rejects(store.removeEnvironment('churn', refuse), refused);
      await store.beginBuild(buildFor('b1', { environment: 'churn' }));
      assert.equal((await store.removeEnvironment('churn', () => {}))?.id, 'b1');
      assert.equal((await store.readEnvironment('churn'))?.owner, 'U_ANA');
      assert.equal((await store.buildAtWork('churn'))?.id, 'b1');
      await store.updateBuild('b1', (build) => ({ ...build, state: 'ready' }));
      assert.equal(await store.removeEnvironment('churn', () => {}), null);
      assert.equal(await store.readBuild('b1'), null);
    });

    it('are removed as they were looked at, whatever is done to them in that moment', async () => {
      const store = storeOf();
      for (let round = 0; round < 10; round += 1) {
        await store.claimEnvironment('churn', 'U_ANA', 0);
        const seen: (number | null)[] = [];
        let changing: Promise<unknown> = Promise.resolve();
        await store.removeEnvironment('churn', ({ keptUntil }) => {
          if (seen.length === 0) {
            const change = (old: Environment) => ({ ...old, keptUntil: round });
            changing = store.updateEnvironment('churn', change).catch((error) => error);
          }
          seen.push(keptUntil);
        });
        // Who came too late is told so.
        const isChanged = !hasCode('environment-not-found')(await changing);
        assert.equal(seen.at(-1), isChanged ? round : null);

        await store.claimEnvironment('churn', 'U_ANA', 0);
        const id = `b${round}`;
        let beginning: Promise<unknown> | null = null;
        await store.removeEnvironment('churn', () => {
          beginning ??= store.beginBuild(buildFor(id, { environment: 'churn' }));
        });
        await beginning;
        assert.equal((await store.buildAtWork('churn'))?.id, id);
        await store.updateBuild(id, (build) => ({ ...build, state: 'ready' }));
        await store.removeEnvironment('churn', () => {});
      }
    });

    it('change without losing a change', async () => {
      const store = storeOf();
      await store.claimEnvironment('etl', 'U_ANA', 0);
      await store.claimEnvironment('churn', 'U_ANA', 0);
      await Promise.all(
        Array.from({ length: 20 }, () =>
          store.updateEnvironment('churn', (old) => ({ ...old, createdAt: old.createdAt + 1 })),
        ),
      );
      assert.equal((await store.readEnvironment('churn'))?.createdAt, 20);
      assert.equal((await store.readEnvironment('etl'))?.createdAt, 0);
    });
  });

  describe('modules', () => {
    it('are remembered with their packages, the newest word last', async () => {
      const store = storeOf();
      await store.learnModules({});
      await store.learnModules({ sklearn: ['scikit-learn'], cv2: ['opencv'] });
      await store.learnModules({ cv2: ['opencv', 'py-opencv'] });
      const modules = await store.readModules();
      assert.deepEqual(modules.sklearn, ['scikit-learn']);
      assert.deepEqual(modules.cv2, ['opencv', 'py-opencv']);
    });
  });

  describe('checkpoints and logs', () => {
    it('keep the result of a step', async () => {
      const store = storeOf();
      assert.equal(await store.readCheckpoint('b1', 'pack', PACKED), null);
      await store.writeCheckpoint('b1', 'pack', { bytes: 5 });
      assert.deepEqual(await store.readCheckpoint('b1', 'pack', PACKED), { bytes: 5 });
      assert.equal(await store.readCheckpoint('b1', 'solve', PACKED), null);
    });

    it('forget a checkpoint of another version, so that the step runs again', async () => {
      const prefix = randomUUID();
      const store = storeOf(prefix);
      await store.writeCheckpoint('b1', 'pack', { bytes: 5 });
      await raw((redis) => redis.hset(`${prefix}:checkpoints:b1`, 'pack', '{"format":99}'));
      assert.equal(await store.readCheckpoint('b1', 'pack', PACKED), null);
    });

    it('forget a checkpoint that is not of its shape, too', async () => {
      const store = storeOf();
      await store.writeCheckpoint('b1', 'pack', { bytes: 'many' });
      assert.equal(await store.readCheckpoint('b1', 'pack', PACKED), null);
    });

    it('keep the last 5,000 lines of at most 2,000 characters', async () => {
      const store = storeOf();
      await store.appendLog('b1', ['first', 'x'.repeat(9_000)]);
      assert.deepEqual(
        (await store.readLog('b1', 9)).map((line) => line.length),
        [5, 2_000],
      );
      await store.appendLog(
        'b1',
        Array.from({ length: 6_000 }, (_, index) => `line ${index}`),
      );
      const lines = await store.readLog('b1', 10_000);
      assert.equal(lines.length, 5_000);
      assert.deepEqual(await store.readLog('b1', 2), ['line 5998', 'line 5999']);
      assert.deepEqual(await store.readLog('b1', 0), []);
    });
  });

  it('keeps what a question is about', async () => {
    const store = storeOf();
    await store.keep('question-1', { findings: ['a'] });
    assert.deepEqual(await store.readKept('question-1', QUESTION), { findings: ['a'] });
    assert.equal(await store.readKept('question-2', QUESTION), null);
  });

  it('tells the first of many deliveries from its repetitions', async () => {
    const store = storeOf();
    const answers = await Promise.all(Array.from({ length: 10 }, () => store.once('event-1', 60)));
    assert.deepEqual(answers.filter(Boolean), [true]);
    assert.equal(await store.once('event-2', 60), true);
  });

  describe('watching', { timeout: 20_000 }, () => {
    /** Collects ids and lets a test wait for one. */
    function listenerOf() {
      const events = new EventTarget();
      const heard: string[] = [];
      return {
        heard,
        listener(id: string) {
          heard.push(id);
          events.dispatchEvent(new Event(id));
        },
        async until(id: string) {
          if (!heard.includes(id)) await once(events, id);
        },
      };
    }

    it('hears of changes made by other processes', async () => {
      const prefix = randomUUID();
      const { listener, until } = listenerOf();
      const stop = await storeOf(prefix).watch(listener);
      await storeOf(prefix).beginBuild(buildFor('b1'));
      await until('b1');
      await stop();
    });

    it('starts with the builds that are open', async () => {
      const prefix = randomUUID();
      const store = storeOf(prefix);
      await store.beginBuild(buildFor('b1'));
      await store.beginBuild({ ...buildFor('b2'), state: 'failed' });
      await store.beginBuild(buildFor('b3', { environment: 'etl' }));
      const { listener, until, heard } = listenerOf();
      await storeOf(prefix).watch(listener);
      await until('b1');
      await until('b3');
      assert.ok(!heard.includes('b2'));
    });

    it('survives a restart of Redis and hears of what it missed', async () => {
      const prefix = randomUUID();
      const { listener, until, heard } = listenerOf();
      const writer = storeOf(prefix);
      await writer.beginBuild(buildFor('old'));
      await writer.beginBuild(buildFor('settled-meanwhile', { environment: 'etl' }));
      await writer.updateBuild('old', (build) => ({ ...build, state: 'ready' }));
      await writer.closeBuild('old', 1);
      const watcher = storeOf(prefix);
      await watcher.watch(listener);
      await until('settled-meanwhile');
      heard.length = 0;

      // The watcher's subscription is cut, and a change is made before it can come back.
      await raw(async (redis) => {
        const settled = { ...buildFor('settled-meanwhile'), state: 'ready' };
        const at = Date.now() + 1_000;
        await redis
          .multi()
          .call('CLIENT', 'KILL', 'TYPE', 'pubsub')
          .hset(`${prefix}:build:settled-meanwhile`, 'document', JSON.stringify(settled))
          .srem(`${prefix}:builds:unsettled`, 'settled-meanwhile')
          .zadd(`${prefix}:builds:changed`, at, 'settled-meanwhile')
          .exec();
      });
      await until('settled-meanwhile');
      assert.ok(!heard.includes('old'));

      await stores.server.stop();
      await stores.server.start();
      await writer.beginBuild(buildFor('after'));
      await until('after');
    });
  });

  describe('while Redis is away', () => {
    const calls: Record<string, (store: RedisStore) => Promise<unknown>> = {
      beginBuild: (store) => store.beginBuild(buildFor('b9')),
      beginAgain: (store) => store.beginAgain('b1', (build) => build),
      buildAtWork: (store) => store.buildAtWork('churn'),
      openBuilds: (store) => store.openBuilds(),
      changedBuilds: (store) => store.changedBuilds(0, 5),
      closeBuild: (store) => store.closeBuild('b1', 1),
      readBuild: (store) => store.readBuild('b1'),
      updateBuild: (store) => store.updateBuild('b1', (build) => build),
      listBuilds: (store) => store.listBuilds({ limit: 5 }),
      readEnvironment: (store) => store.readEnvironment('churn'),
      listOutlines: (store) => store.listOutlines({ limit: 5 }),
      everyOutline: (store) => store.everyOutline()[Symbol.asyncIterator]().next(),
      countEnvironments: (store) => store.countEnvironments(),
      namesOwned: (store) => store.namesOwned('U_ANA'),
      namesTaken: (store) => store.namesTaken(['churn']),
      namesLeaving: (store) => store.namesLeaving(),
      nearestEnvironment: (store) => store.nearestEnvironment('chrun'),
      scheduledEnvironments: (store) => store.scheduledEnvironments({ limit: 5 }),
      environmentsWithArchive: (store) => store.environmentsWithArchive('a'.repeat(64)),
      searchPackages: (store) => store.searchPackages([], { all: true, start: 0, limit: 5 }),
      indexEnvironments: (store) => store.indexEnvironments(),
      learnModules: (store) => store.learnModules({ sklearn: ['scikit-learn'] }),
      readModules: (store) => store.readModules(),
      claimEnvironment: (store) => store.claimEnvironment('churn', 'U_ANA', 0),
      updateEnvironment: (store) => store.updateEnvironment('churn', (old) => old),
      readCheckpoint: (store) => store.readCheckpoint('b1', 'pack', PACKED),
      writeCheckpoint: (store) => store.writeCheckpoint('b1', 'pack', {}),
      appendLog: (store) => store.appendLog('b1', ['line']),
      readLog: (store) => store.readLog('b1', 5),
      addNotice: (store) =>
        store.addNotice({ id: 'n1', kind: 'settled', buildId: 'b1', target: 'thread', dueAt: 0 }),
      dueNotices: (store) => store.dueNotices(5),
      leaseNotice: (store) => store.leaseNotice('n1', 1_000),
      postponeNotice: (store) => store.postponeNotice('n1', 0),
      settleNotice: (store) => store.settleNotice('n1'),
      watch: (store) => store.watch(() => {}),
      once: (store) => store.once('event', 5),
      ping: (store) => store.ping(),
    };

    async function rejectsEveryCall(store: RedisStore): Promise<void> {
      await inTwoSeconds(() =>
        Promise.all(
          Object.entries(calls).map(([name, call]) =>
            assert.rejects(call(store), isUnavailable, `${name} must say that Redis is away`),
          ),
        ),
      );
    }

    it('every call says so within two seconds, and works again afterwards', async () => {
      const store = storeOf();
      await store.beginBuild(buildFor('b1'));
      await stores.server.stop();
      await rejectsEveryCall(store);
      await rejectsEveryCall(storeOf());
      await stores.server.start();
      await store.ping();
      assert.equal((await store.readBuild('b1'))?.id, 'b1');
      assert.equal(await store.readBuild('b9'), null, 'a refused call is not carried out later');
    });

    it('every call says so within two seconds when the server does not answer', async () => {
      const store = storeOf();
      await store.ping();
      stores.server.freeze();
      try {
        await rejectsEveryCall(store);
      } finally {
        stores.server.thaw();
      }
      await store.ping();
    });

    it('a restart shorter than a second is not noticed', async () => {
      const away = Promise.withResolvers<void>();
      const store = storeOf(undefined, { away: () => away.resolve(), back: () => {} });
      await store.beginBuild(buildFor('b1'));
      await stores.server.stop();
      // Of a call that is under way just then nobody knows what came of it.
      await away.promise;
      const restarted = stores.server.start();
      assert.equal((await store.readBuild('b1'))?.id, 'b1');
      await restarted;
    });
  });

  describe('when Redis is full', () => {
    const limitMemory = (limit: string) => raw((redis) => redis.config('SET', 'maxmemory', limit));

    it('says so, still reads, and never sends a notice twice', async () => {
      const store = storeOf();
      await store.beginBuild(buildFor('b1'));
      const notice = { kind: 'settled', buildId: 'b1', target: 'thread', dueAt: 0 } as const;
      await store.addNotice({ ...notice, id: 'n1' });
      await limitMemory('1');
      try {
        const isFull = hasCode('store-full');
        await assert.rejects(store.beginBuild(buildFor('b2', { environment: 'etl' })), isFull);
        await assert.rejects(
          store.updateBuild('b1', (build) => build),
          isFull,
        );
        await assert.rejects(store.appendLog('b1', ['line']), isFull);
        await assert.rejects(store.writeCheckpoint('b1', 'pack', {}), isFull);
        await assert.rejects(store.once('event', 5), isFull);
        assert.equal((await store.readBuild('b1'))?.id, 'b1');
        await store.settleNotice('n1');
        assert.deepEqual(await store.dueNotices(5), []);
      } finally {
        await limitMemory('0');
      }
      assert.deepEqual(await store.readBuild('b1'), buildFor('b1'));
      assert.equal(await store.readBuild('b2'), null);
    });
  });
});
