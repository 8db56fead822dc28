import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Environment, isThere } from '../../src/domain/environment.ts';
import { outsideError } from '../../src/domain/errors.ts';
import type { Reply } from '../../src/domain/reply.ts';
import { days, type Retention } from '../../src/domain/retention.ts';
import { type Application, useTag } from '../../src/domain/use.ts';
import { doDuties } from '../../src/pipeline/duties.ts';
import { keepRetention } from '../../src/pipeline/retention.ts';
import { environment, settings, staging } from '../answers/samples.ts';
import { createWorld } from './world.ts';

const OWNER = 'U0ANARUIZ1';
const OPERATOR = settings.operators[0] ?? '';
const START = staging().stagedAt;

/** An application of ana with `churn@2`, seen so many days after it was staged. */
function using(day: number, change: Partial<Application> = {}): Application {
  return {
    ...{ id: 'application_7_1', name: 'nightly', user: 'ana', tags: [useTag('churn', 2)] },
    ...{ startedAt: START + 1, seenAt: START + days(day) },
    ...change,
  };
}

/** `churn` with three revisions on an edge whose cluster tells of `applications`, or is away. */
function churn(change: Partial<Retention> = {}) {
  const now = { ms: START + days(20) };
  const clock = { now: () => now.ms };
  const retention = { ...settings.retention, usedDays: 7, ...change };
  const world = createWorld({ clock, retention }, { clock, settings: { ...settings, retention } });
  const cluster = { applications: [] as Application[], isAway: false, asked: 0 };
  const lab = world.ports.edges.get('lab');
  assert.ok(lab);
  const edge = {
    ...lab,
    async applications() {
      cluster.asked += 1;
      if (!cluster.isAway) return cluster.applications;
      throw outsideError({ code: 'cluster-silent', message: 'It is away with hunter2.' });
    },
  };
  world.ports.edges = new Map([['lab', edge]]);
  const known = environment();
  world.store.environments.set('churn', {
    ...known,
    tags: {},
    revisions: known.revisions.map((revision) => ({
      ...revision,
      verifications: [],
      stagings: [{ ...staging(), revision: revision.number }],
    })),
  });
  const record = () => world.store.environments.get('churn') as Environment;
  return {
    ...{ world, cluster, now, record },
    there: () =>
      record()
        .revisions.filter(isThere)
        .map(({ number }) => number),
  };
}

const textOf = (reply: Reply): string =>
  reply.kind === 'refusal' ? `${reply.error.message} ${reply.error.suggestion}` : reply.kind;
const reporting = { signal: new AbortController().signal, log: () => undefined };

describe('what an application on the cluster has used', () => {
  test('is not let go, and who used it when is said', async () => {
    const { world, cluster, there } = churn();
    cluster.applications = [using(15), using(18, { id: 'application_7_2', user: 'ben' })];
    for (const text of ['delete churn@2', 'delete churn@2 --yes', 'delete churn --yes']) {
      const said = textOf(await world.say(OWNER, text));
      assert.match(
        said,
        /`churn@2` was used by `application_7_2` of `ben` behind `lab` 2 days ago/,
      );
      assert.match(said, /7 days is kept.*`delete churn(@2)? --force`/);
    }
    assert.deepEqual(there(), [1, 2, 3]);
    assert.equal((await world.say(OWNER, 'delete churn@1 --yes')).kind, 'left');
  });

  test('goes when that is long enough ago, and the plan says when it was', async () => {
    const { world, cluster, there } = churn();
    cluster.applications = [using(12)];
    const plan = await world.say(OWNER, 'delete churn@2');
    assert.ok(plan.kind === 'leaving');
    assert.equal(plan.revisions[0]?.used?.at, START + days(12));
    assert.equal((await world.say(OWNER, 'delete churn@2 --yes')).kind, 'left');
    assert.deepEqual(there(), [1, 3]);
  });

  test('is known after the cluster has forgotten it', async () => {
    const { world, cluster } = churn();
    cluster.applications = [using(18)];
    await doDuties(world.ports, { all: async () => true, host: async () => false }, reporting);
    cluster.applications = [];
    assert.match(textOf(await world.say(OWNER, 'delete churn@2 --yes')), /2 days ago/);
  });

  test('counts also where it runs since before the same was staged again', async () => {
    const { world, cluster, record } = churn();
    const revisions = record().revisions.map((revision) => ({
      ...revision,
      createdAt: START,
      stagings: revision.stagings.map((known) => ({ ...known, stagedAt: START + days(16) })),
    }));
    world.store.environments.set('churn', { ...record(), revisions });
    cluster.applications = [using(18)];
    assert.match(textOf(await world.say(OWNER, 'delete churn@2 --yes')), /2 days ago/);
  });

  test('is let go by force, of operators alone, and that is written down', async () => {
    const { world, cluster, there } = churn();
    cluster.applications = [using(18)];
    assert.match(
      textOf(await world.say(OWNER, 'delete churn@2 --force --yes')),
      /is for operators/,
    );
    assert.deepEqual(there(), [1, 2, 3]);
    assert.equal((await world.say(OPERATOR, 'delete churn@2 --force')).kind, 'leaving');
    assert.equal((await world.say(OPERATOR, 'delete churn@2 --force --yes')).kind, 'left');
    assert.equal(world.store.audit.at(-1)?.text, 'delete churn@2 --force --yes');
    assert.deepEqual(there(), [1, 3]);
  });

  test('is no reason where the configuration asks no cluster', async () => {
    const { world, cluster } = churn({ usedDays: 0 });
    cluster.isAway = true;
    assert.equal((await world.say(OWNER, 'delete churn@2 --yes')).kind, 'left');
    assert.equal(cluster.asked, 0);
  });
});

describe('a cluster that does not say who uses what', () => {
  test('keeps what is behind it, without a secret in what is said', async () => {
    const { world, cluster, there } = churn();
    cluster.isAway = true;
    const said = textOf(await world.say(OWNER, 'delete churn@2 --yes'));
    assert.match(said, /Whether somebody uses `churn@2` is not known: It is away with «secret»/);
    assert.deepEqual(there(), [1, 2, 3]);
    assert.equal((await world.say(OPERATOR, 'delete churn@2 --force --yes')).kind, 'left');
  });

  test('is every one where no build host answers', async () => {
    const { world, there } = churn();
    world.errands.worker = null;
    const said = textOf(await world.say(OWNER, 'delete churn@2 --yes'));
    assert.match(said, /is not known: No build host has answered/);
    assert.deepEqual(there(), [1, 2, 3]);
  });
});

describe('retention', () => {
  test('keeps surplus revisions that are used, and all while the cluster does not say', async () => {
    const { world, cluster, there } = churn({ keepRevisions: 1 });
    cluster.isAway = true;
    await keepRetention(world.ports, reporting);
    assert.deepEqual(there(), [1, 2, 3]);
    cluster.isAway = false;
    cluster.applications = [using(18)];
    await keepRetention(world.ports, reporting);
    assert.deepEqual(there(), [2, 3]);
  });

  test('counts a use as it counts a build: the time begins anew', async () => {
    const { world, cluster, now, there } = churn({ expireDays: 30, remindDays: 1, usedDays: 3 });
    cluster.applications = [using(18)];
    const on = async (day: number) => {
      now.ms = START + days(day);
      await doDuties(world.ports, { all: async () => true, host: async () => false }, reporting);
      return there();
    };
    assert.deepEqual(await on(20), [1, 2, 3]);
    for (const day of [31, 40, 47.5]) assert.deepEqual(await on(day), [1, 2, 3], `day ${day}`);
    assert.deepEqual(await on(48.6), []);
  });
});
