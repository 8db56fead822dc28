import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { newBuild } from '../../src/domain/build.ts';
import { type Environment, isThere } from '../../src/domain/environment.ts';
import { days, type Retention } from '../../src/domain/retention.ts';
import { keepRetention } from '../../src/pipeline/retention.ts';
import { environment, build as sample, settings, staging } from '../answers/samples.ts';
import { createWorld } from './world.ts';

const OWNER = 'U0ANARUIZ1';
const START = staging().stagedAt;

/** `churn` with three revisions, all of the same day, under a retention; `at` days later. */
function churn(retention: Partial<Retention>, change: Partial<Environment> = {}) {
  const now = { ms: START };
  const world = createWorld({
    clock: { now: () => now.ms },
    retention: { expireDays: null, remindDays: 7, keepRevisions: null, usedDays: 0, ...retention },
  });
  const known = environment();
  const revisions = known.revisions.map((revision) => ({ ...revision, verifications: [] }));
  world.store.environments.set('churn', { ...known, revisions, ...change });
  const reporting = { signal: new AbortController().signal, log: () => undefined };
  return {
    world,
    /** What is there, and how many reminders there were, after the duty was done on that day. */
    async on(day: number): Promise<[number[], number]> {
      now.ms = START + days(day);
      await keepRetention(world.ports, reporting);
      const { revisions } = world.store.environments.get('churn') as Environment;
      const there = revisions.filter(isThere).map(({ number }) => number);
      return [there, [...world.store.notices.values()].length];
    },
  };
}

describe('an environment that nobody builds', () => {
  test('stays for ever where nothing else is configured', async () => {
    assert.deepEqual(await churn({}).on(10_000), [[1, 2, 3], 0]);
  });

  test('is let go when its time is up, after its owner was reminded once', async () => {
    const { on, world } = churn({ expireDays: 30 });
    assert.deepEqual(await on(22), [[1, 2, 3], 0]);
    assert.deepEqual(await on(23.1), [[1, 2, 3], 1]);
    assert.deepEqual(await on(25), [[1, 2, 3], 1]);
    assert.deepEqual(await on(30), [[1, 2, 3], 1]);
    assert.deepEqual(await on(30.2), [[], 1]);
    const { revisions } = world.store.environments.get('churn') as Environment;
    assert.deepEqual(
      revisions.map(({ letGo, stagings }) => [letGo?.by, stagings.length]),
      [1, 2, 3].map(() => [null, 0]),
    );
  });

  test('is never let go without the whole notice, however long ago its time was up', async () => {
    const { on } = churn({ expireDays: 30 });
    assert.deepEqual(await on(500), [[1, 2, 3], 1]);
    assert.deepEqual(await on(506), [[1, 2, 3], 1]);
    assert.deepEqual(await on(507.1), [[], 1]);
  });

  test('stays when it is kept, and is reminded of anew', async () => {
    const { on, world } = churn({ expireDays: 30 });
    await on(24);
    await world.store.updateEnvironment('churn', (known) => ({
      ...known,
      keptUntil: START + days(60),
    }));
    assert.deepEqual(await on(31), [[1, 2, 3], 1]);
    assert.deepEqual(await on(54), [[1, 2, 3], 2]);
    assert.deepEqual(await on(61.1), [[], 2]);
  });

  test('keeps what has a tag', async () => {
    const { on } = churn({ expireDays: 30 }, { tags: { prod: 2 } });
    await on(24);
    assert.deepEqual(await on(32), [[2], 1]);
    assert.deepEqual(await on(900), [[2], 1]);
  });

  test('means what stays once what somebody chose for its name goes', async () => {
    const { on, world } = churn({ expireDays: 30 }, { tags: { prod: 2 }, defaultRevision: 1 });
    await on(24);
    assert.deepEqual(await on(32), [[2], 1]);
    assert.equal((await world.services.findRevision('churn', null)).number, 2);
  });

  test('is not let go while somebody builds it', async () => {
    const { on, world } = churn({ expireDays: 30 });
    await on(24);
    const { request, requester } = sample('queued');
    await world.store.createBuild(newBuild({ id: 'b1', request, requester, now: START }));
    assert.deepEqual(await on(40), [[1, 2, 3], 1]);
  });
});

describe('revisions beyond those that are kept', () => {
  test('go, the oldest first, but not what has a tag or is the default', async () => {
    assert.deepEqual(await churn({ keepRevisions: 2 }).on(1), [[2, 3], 0]);
    assert.deepEqual(await churn({ keepRevisions: 1 }).on(1), [[3], 0]);
    assert.deepEqual(await churn({ keepRevisions: 1 }, { tags: { prod: 1 } }).on(1), [[1, 3], 0]);
    assert.deepEqual(await churn({ keepRevisions: 1 }, { defaultRevision: 2 }).on(1), [[2, 3], 0]);
  });
});

describe('keep', () => {
  test('is said by the owner, and refused where nothing is let go by itself', async () => {
    const { world } = churn({});
    const reply = await world.say(OWNER, 'keep churn');
    assert.equal(reply.kind === 'refusal' && reply.error.code, 'nothing-expires');
    const kept = await world.say(OWNER, 'keep churn --days 90');
    assert.ok(kept.kind === 'notice' && /kept until/.test(String(kept.text)));
    const { keptUntil } = world.store.environments.get('churn') as Environment;
    assert.ok(keptUntil !== null && Math.abs(keptUntil - Date.now() - days(90)) < 60_000);
    const other = await world.say('U9', 'keep churn --days 9');
    assert.equal(other.kind === 'refusal' && other.error.code, 'not-allowed');
    assert.equal(settings.retention.expireDays, null);
  });
});
