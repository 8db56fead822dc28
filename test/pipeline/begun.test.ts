/** What a build has begun to publish on an edge is in its record before it is there, until it is gone. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { withRevision } from '../../src/domain/environment.ts';
import { Cancelled, outsideError } from '../../src/domain/errors.ts';
import type { Edge } from '../../src/domain/ports.ts';
import { days } from '../../src/domain/retention.ts';
import { carryOutCancel } from '../../src/pipeline/cancelling.ts';
import { runBuild } from '../../src/pipeline/run.ts';
import { removeUnproven } from '../../src/pipeline/unproven.ts';
import { staging } from '../answers/samples.ts';
import { createLoneWorld, jobFor, type World } from './world.ts';

const { signal } = new AbortController();

/** An edge on which everything is staged in `place`, or fails once it was begun there. */
function createSubject() {
  const edge = {
    place: { ...staging(), driverPrefix: '/srv/ferry/envs/churn/1' },
    error: null as Error | null,
    published: [] as string[],
    removed: [] as string[],
  };
  const time = { now: Date.UTC(2026, 5, 1) };
  const world = createLoneWorld({ clock: { now: () => time.now } });
  const lab = world.ports.edges.get('lab');
  assert.ok(lab);
  const stage: Edge['stage'] = async (_request, _progress, following) => {
    const { place } = edge;
    await following?.begins(place);
    edge.published.push(place.driverPrefix);
    if (edge.error) throw edge.error;
    return place;
  };
  const remove: Edge['remove'] = async ({ driverPrefix }) => void edge.removed.push(driverPrefix);
  const isIntact = async () => false;
  world.ports.edges = new Map([['lab', { ...lab, stage, remove, isIntact }]]);
  return { edge, world, time };
}

async function begunOf(world: World): Promise<string[]> {
  return (await world.newest('churn')).begun.map(({ driverPrefix }) => driverPrefix);
}

const away = outsideError({ code: 'edge-unreachable', message: 'Edge lab is away.' });

describe('what a build begins to publish', () => {
  test('is removed where its worker was killed and the build is cancelled then', async () => {
    const { edge, world, time } = createSubject();
    edge.error = new Cancelled('shutdown');
    await world.say('U1', 'create churn numpy --edge lab');
    const { id } = await world.newest('churn');
    await assert.rejects(runBuild(world.ports, jobFor(id), signal));
    const { stagings } = await world.newest('churn');
    assert.deepEqual([stagings, await begunOf(world)], [[], ['/srv/ferry/envs/churn/1']]);
    const queue = { cancel: async () => ({ isAtWork: false }) };
    await carryOutCancel({ ...world.ports, queue }, await world.newest('churn'));
    assert.equal((await world.newest('churn')).state, 'cancelled');
    time.now += days(2);
    await removeUnproven(world.ports, { signal, log: () => undefined });
    assert.deepEqual(edge.removed, ['/srv/ferry/envs/churn/1']);
    assert.deepEqual(await begunOf(world), []);
  });

  test('is not published where that cannot be recorded', async () => {
    const { edge, world } = createSubject();
    await world.say('U1', 'create churn numpy --edge lab');
    const { id } = await world.newest('churn');
    const update = world.store.updateBuild.bind(world.store);
    world.store.updateBuild = async (build, change) => {
      const changed = change(await world.newest('churn'));
      if (changed.begun.length > 0) {
        throw outsideError({ code: 'store-unavailable', message: 'Redis does not answer.' });
      }
      return update(build, change);
    };
    await assert.rejects(runBuild(world.ports, jobFor(id), signal), { code: 'store-unavailable' });
    assert.deepEqual(edge.published, []);
  });

  test("is its revision's once it is ready", async () => {
    const { edge, world, time } = createSubject();
    await world.say('U1', 'create churn numpy --edge lab');
    await world.work('churn');
    assert.deepEqual([(await world.newest('churn')).state, await begunOf(world)], ['ready', []]);
    time.now += days(2);
    await removeUnproven(world.ports, { signal, log: () => undefined });
    assert.deepEqual(edge.removed, []);
  });

  test('in an attempt before is removed where a later one has another prefix', async () => {
    const { edge, world, time } = createSubject();
    edge.error = away;
    await world.say('U1', 'create churn numpy --edge lab');
    await world.work('churn');
    edge.error = null;
    edge.place = { ...staging(), driverPrefix: '/srv/ferry/envs/churn/2' };
    await world.say('U1', 'retry churn');
    await world.work('churn');
    const { state, stagings } = await world.newest('churn');
    assert.deepEqual(
      [state, stagings.map(({ driverPrefix }) => driverPrefix)],
      ['ready', ['/srv/ferry/envs/churn/2']],
    );
    time.now += days(2);
    await removeUnproven(world.ports, { signal, log: () => undefined });
    assert.deepEqual(edge.removed, ['/srv/ferry/envs/churn/1']);
  });

  test('in the place of what a revision had there has that removed', async () => {
    const { edge, world, time } = createSubject();
    await world.say('U1', 'create churn numpy --edge lab');
    await world.work('churn');
    await world.store.updateEnvironment('churn', (known) =>
      withRevision(known, 1, { letGo: { at: 1, by: 'U1' } }),
    );
    edge.place = { ...staging(), driverPrefix: '/srv/ferry/envs/churn/1-cccccccccccc' };
    await world.say('U1', 'restore churn@1');
    await world.work('churn');
    const [revision] = world.store.environments.get('churn')?.revisions ?? [];
    assert.equal(revision?.stagings[0]?.driverPrefix, edge.place.driverPrefix);
    time.now += days(2);
    await removeUnproven(world.ports, { signal, log: () => undefined });
    assert.deepEqual(edge.removed, ['/srv/ferry/envs/churn/1']);
  });
});
