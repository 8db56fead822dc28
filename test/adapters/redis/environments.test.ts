/** Environments are found by an index, which says what the records themselves say. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { describe, test } from 'node:test';
import { storeEnvironments } from '../../../src/adapters/redis/environments.ts';
import { storeKeys } from '../../../src/adapters/redis/keys.ts';
import { openLink, openRedis, type RedisLink } from '../../../src/adapters/redis/redis.ts';
import type { Environment, Revision } from '../../../src/domain/environment.ts';
import type { LockedPackage } from '../../../src/domain/lock.ts';
import { type Outline, outlineOf } from '../../../src/domain/outline.ts';
import type { Store } from '../../../src/domain/ports.ts';
import { parseSpec } from '../../../src/domain/spec.ts';
import { environment, revision } from '../../answers/samples.ts';
import fc from '../../harness/properties.ts';
import { MemoryStore } from '../../slack/memory.ts';
import { noServer } from './fixture.ts';
import { useStores } from './stores.ts';

const USERS = ['U0ANA', 'U0BEN'];
const NAMES = ['churn', 'churm', 'Fraud.daily'];
const SHAS = ['a', 'b'].map((letter) => letter.repeat(64));
const SPECS = ['numpy', 'numpy<2', 'my_tool', 'numpi', 'pandas=2.*=h1_*'].map((text) =>
  parseSpec(text),
);

function packageOf(name: string, version: string): LockedPackage {
  const known = revision(1).lock.packages[0] as LockedPackage;
  return { ...known, name, version };
}

/** A revision with these versions of numpy and pandas, and a wheel where `isPipped`. */
function made(
  number: number,
  {
    numpy,
    pandas,
    isPipped,
    sha,
  }: { numpy: string; pandas: string; isPipped: boolean; sha: string },
): Revision {
  const known = revision(number);
  const wheel = { name: 'my-tool', version: '2.0', url: '', sha256: '', size: null };
  return {
    ...known,
    archive: { ...known.archive, sha256: sha },
    lock: {
      platform: 'linux-64',
      packages: [packageOf('numpy', numpy), packageOf('pandas', pandas)],
      ...(isPipped ? { wheels: [wheel] } : {}),
    },
  };
}

const name = fc.constantFrom(...NAMES);
const place = fc.nat({ max: 3 });
const lock = fc.record({
  numpy: fc.constantFrom('1.26.4', '2.2.6'),
  pandas: fc.constantFrom('1.5.3', '2.3.3'),
  isPipped: fc.boolean(),
  sha: fc.constantFrom(...SHAS),
});

type Change = (environment: Environment) => Environment;

const changes: fc.Arbitrary<Change> = fc.oneof(
  lock.map(
    (of): Change =>
      (known) => ({
        ...known,
        revisions: [...known.revisions, made(known.revisions.length + 1, of)],
      }),
  ),
  fc.record({ place, isGone: fc.boolean(), isClear: fc.boolean() }).map(
    ({ place: at, isGone, isClear }): Change =>
      (known) => ({
        ...known,
        revisions: known.revisions.map((each, index) =>
          index === at
            ? {
                ...each,
                letGo: isGone ? { at: 7, by: null } : null,
                stagings: isClear ? [] : each.stagings,
              }
            : each,
        ),
      }),
  ),
  fc.record({ place, sha: fc.constantFrom(...SHAS) }).map(
    ({ place: at, sha: sha256 }): Change =>
      (known) => ({
        ...known,
        revisions: known.revisions.map((each, index) => ({
          ...each,
          stagings: each.stagings.map((staging) =>
            index === at ? { ...staging, archive: { ...staging.archive, sha256 } } : staging,
          ),
        })),
      }),
  ),
  place.map(
    (at): Change =>
      (known) => ({
        ...known,
        tags: at === 0 ? {} : { prod: at },
        defaultRevision: known.revisions[at - 2]?.number ?? null,
      }),
  ),
  fc.constantFrom(...USERS).map(
    (owner): Change =>
      (known) => ({ ...known, owner }),
  ),
  fc.option(fc.nat({ max: 9 })).map(
    (dueAt): Change =>
      (known) => ({
        ...known,
        schedule:
          dueAt === null
            ? null
            : { every: 'weekly', by: 'U0ANA', dueAt, tellOnly: false, last: null },
      }),
  ),
);

const steps = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.record({ name, change: changes }) },
    { weight: 1, arbitrary: fc.record({ name, change: fc.constant(null) }) },
  ),
  { minLength: 1, maxLength: 20 },
);

async function collect(outlines: AsyncIterable<Outline>): Promise<Outline[]> {
  const all = [];
  for await (const outline of outlines) all.push(outlineOf(outline as Environment));
  return all;
}

/** Everything that can be asked of a store about environments; whole ones as their outlines. */
async function answersOf(store: Store) {
  const outlines = (some: readonly Outline[]) => some.map((each) => outlineOf(each as Environment));
  const owners = [undefined, ...USERS].map(async (owner) => {
    const of = owner === undefined ? {} : { owner };
    return [
      await store.countEnvironments(owner),
      outlines(await store.listOutlines({ ...of, limit: null })),
      outlines(await store.listOutlines({ ...of, letGo: true, start: 1, limit: 2 })),
    ];
  });
  const { environments, count } = await store.scheduledEnvironments({ until: 5, limit: 2 });
  const dues = environments.map(({ schedule }) => schedule?.dueAt);
  return {
    owners: await Promise.all(owners),
    every: await collect(store.everyOutline()),
    owned: await Promise.all(USERS.map((user) => store.namesOwned(user))),
    taken: await store.namesTaken([...NAMES, 'nobodys']),
    leaving: await store.namesLeaving(),
    near: await Promise.all(
      ['chorn', 'fraud.dialy', 'y', 'nothing'].map((word) => store.nearestEnvironment(word)),
    ),
    scheduled: { dues, count },
    archives: await Promise.all(
      SHAS.map(async (sha) => outlines(await store.environmentsWithArchive(sha))),
    ),
    found: await Promise.all(
      [false, true].map((all) => store.searchPackages(SPECS, { all, start: 1, limit: 3 })),
    ),
  };
}

describe('environments in Redis', { skip: noServer }, () => {
  const stores = useStores();
  const { storeOf } = stores;

  async function put(store: Store, { name, revisions, ...rest }: Environment): Promise<void> {
    await store.claimEnvironment(name, rest.owner, rest.createdAt);
    await store.updateEnvironment(name, (known) => ({ ...known, ...rest, revisions }));
  }

  test('are listed, counted and found by index as their records say, whatever was done to them', async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (asked) => {
        const memory = new MemoryStore();
        const prefix = randomUUID();
        // Who has looked before knows names by then; who has not reads them now.
        const stores = [storeOf(prefix), memory];
        await stores[0]?.nearestEnvironment('chorn');
        for (const { name: asName, change } of asked) {
          for (const store of stores) {
            if (change === null) await store.removeEnvironment(asName, () => {});
            else {
              await store.claimEnvironment(asName, 'U0ANA', 1);
              await store.updateEnvironment(asName, change);
            }
          }
        }
        const expected = await answersOf(memory);
        assert.deepEqual(await answersOf(stores[0] as Store), expected);
        assert.deepEqual(await answersOf(storeOf(prefix)), expected);
      }),
      { numRuns: 40 },
    );
  });

  test('that an older version stored are found once they are indexed, which is done once', async () => {
    const prefix = randomUUID();
    const store = storeOf(prefix);
    const redis = openRedis(stores.server.connection, 'worker');
    for (const known of [environment('churn'), environment('etl', 0)]) {
      const record = { revision: 4, format: 1, document: JSON.stringify(known) };
      await redis.hset(`${prefix}:environment:${known.name}`, record);
      await redis.sadd(`${prefix}:environments`, known.name);
    }
    await put(store, environment('fraud'));
    assert.equal((await store.countEnvironments()).there, 1);
    assert.equal(await store.indexEnvironments(), 2);
    assert.equal(await store.indexEnvironments(), 0);
    // A worker of the older version, which is still at work, changes one.
    await redis.hset(`${prefix}:environment:churn`, 'revision', 9);
    assert.equal(await store.indexEnvironments(), 1);
    redis.disconnect();
    const { found, looked } = await store.searchPackages([parseSpec('numpy')], {
      ...{ all: true, start: 0, limit: 9 },
    });
    assert.equal(looked, 6);
    assert.deepEqual(
      found.map((each) => `${each.environment}@${each.revision}`),
      ['churn@1', 'churn@2', 'churn@3', 'fraud@1', 'fraud@2', 'fraud@3'],
    );
    assert.equal(await store.nearestEnvironment('chrun'), 'churn');
  });

  const forget = (store: Store) => store.removeEnvironment('churn', () => {});
  const MEANWHILE: Record<
    string,
    [(store: Store) => Promise<unknown>, (store: Store) => Promise<void>]
  > = {
    'are not found again': [
      forget,
      async (store) => {
        assert.equal(await store.readEnvironment('churn'), null);
        assert.deepEqual(await store.namesTaken(['churn']), []);
        assert.deepEqual(await store.countEnvironments(), { there: 0, letGo: 0 });
      },
    ],
    // The new record must not be taken for the old one, whatever was done to either as often.
    'stay whose they are by then': [
      async (store) => {
        await forget(store);
        await store.claimEnvironment('churn', 'U0BEN', 2);
        await store.updateEnvironment('churn', (known) => known);
      },
      async (store) => {
        const { owner, revisions } = (await store.readEnvironment('churn')) ?? assert.fail();
        assert.deepEqual([owner, revisions], ['U0BEN', []]);
      },
    ],
  };
  for (const [promise, [happens, holds]] of Object.entries(MEANWHILE)) {
    test(`that are forgotten while they are indexed ${promise}`, async (context) => {
      for (let step = 1, isPast = false; !isPast; step += 1) {
        const prefix = randomUUID();
        const store = storeOf(prefix);
        await store.claimEnvironment('churn', 'U0ANA', 1);
        await store.updateEnvironment('churn', () => environment('churn'));
        const link = openLink(stores.server.connection);
        context.after(() => link.close());
        await link.call((redis) => redis.hdel(`${prefix}:environment:churn`, 'indexed'));
        let left = step;
        const before = async () => {
          left -= 1;
          if (left === 0) await happens(store);
        };
        const slow: RedisLink = {
          ...link,
          call: (work) => before().then(() => link.call(work)),
          script: (...words) => before().then(() => link.script(...words)),
        };
        await storeEnvironments(slow, storeKeys(prefix)).indexEnvironments();
        isPast = left > 0;
        if (!isPast) await holds(store);
        else assert.ok(step > 4, `only ${step} steps`);
      }
    });
  }

  test('that are too many to be put in order are told of by page, the newest first', async () => {
    const store = storeOf();
    const revisions = Array.from({ length: 2_001 }, (_, index) =>
      made(index + 1, {
        ...{ numpy: '1.26.4', pandas: '2.3.3', isPipped: false, sha: 'a'.repeat(64) },
      }),
    );
    await put(store, { ...environment('churn', 0), revisions });
    const { found, count } = await store.searchPackages([parseSpec('numpy')], {
      ...{ all: true, start: 20, limit: 2 },
    });
    assert.deepEqual(count, { revisions: 2_001, environments: 1 });
    assert.deepEqual(
      found.map((each) => each.revision),
      [1_981, 1_980],
    );
  });

  test('are kept in a fraction of their bytes and come back as they were; torn, they are refused', async () => {
    const prefix = randomUUID();
    const store = storeOf(prefix);
    const packages = Array.from({ length: 200 }, (_, at) => packageOf(`package-${at}`, '1.0'));
    const known = environment('churn');
    const revisions = known.revisions.map((each) => ({
      ...each,
      lock: { ...each.lock, packages },
    }));
    await put(store, { ...known, revisions });
    assert.deepEqual((await store.readEnvironment('churn'))?.revisions, revisions);
    const redis = openRedis(stores.server.connection, 'worker');
    const key = `${prefix}:environment:churn`;
    const stored = await redis.hgetBuffer(key, 'document');
    assert.ok(stored !== null && stored.length < JSON.stringify(revisions).length / 5);
    await redis.hset(key, 'document', stored.subarray(0, -9));
    redis.disconnect();
    await assert.rejects(store.readEnvironment('churn'), { code: 'record-unreadable' });
    await assert.rejects(
      store.updateEnvironment('churn', (each) => each),
      { code: 'record-unreadable' },
    );
  });

  test('are not written where what is required ends meanwhile, whoever else wrote first', async () => {
    const store = storeOf();
    await put(store, environment('churn'));
    const rename = (owner: string) => (each: Environment) => ({ ...each, owner });
    const asked: string[] = [];
    const late = store.updateEnvironment('churn', rename('U0LATE'), async () => {
      const now = (await store.readEnvironment('churn'))?.owner ?? '';
      asked.push(now);
      if (asked.length > 1) throw new Error('it is over');
      await store.updateEnvironment('churn', rename('U0FIRST'));
    });
    await assert.rejects(late, /it is over/);
    assert.deepEqual(asked, [environment('churn').owner, 'U0FIRST']);
    assert.equal((await store.readEnvironment('churn'))?.owner, 'U0FIRST');
  });

  test('whose packages are known are saved without them', async () => {
    const prefix = randomUUID();
    const store = storeOf(prefix);
    await put(store, environment('churn'));
    const redis = openRedis(stores.server.connection, 'worker');
    const indexed = () => redis.strlen(`${prefix}:packages:in:numpy`);
    const before = await indexed();
    await Promise.all(
      Array.from({ length: 5 }, (_, keptUntil) =>
        store.updateEnvironment('churn', (known) => ({ ...known, keptUntil })),
      ),
    );
    assert.equal(await indexed(), before);
    assert.equal(before, 3 * 6);
    redis.disconnect();
  });
});
