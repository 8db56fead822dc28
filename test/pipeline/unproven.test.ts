import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Begun, Build } from '../../src/domain/build.ts';
import { placeOf } from '../../src/domain/environment.ts';
import { outsideError } from '../../src/domain/errors.ts';
import { days } from '../../src/domain/retention.ts';
import { removeUnproven } from '../../src/pipeline/unproven.ts';
import { environment, build as sample, staging } from '../answers/samples.ts';
import { createWorld } from './world.ts';

const NOW = Date.UTC(2026, 5, 1);
const progress = { signal: new AbortController().signal, log: () => undefined };

/** Where something of `churn` was about to be published. */
function begun(change: Partial<Begun> = {}): Begun {
  return { ...placeOf(staging()), ...change };
}

/** A build that failed after it had staged `churn@4`, and what is removed of it. */
function unproven(change: Partial<Build> = {}) {
  const world = createWorld({ clock: { now: () => NOW } });
  const prefix = '/srv/ferry/envs/churn/4';
  const build = sample('failed', {
    ...{ id: 'b1', revision: 4, finishedAt: NOW - days(2), archive: sample('ready').archive },
    stagings: [{ ...staging(), revision: 4, driverPrefix: prefix }],
    begun: [begun({ revision: 4, driverPrefix: prefix })],
    ...change,
  });
  world.store.builds.set(build.id, build);
  world.store.environments.set('churn', environment());
  const removed: [string, boolean][] = [];
  world.ports.edges = new Map(
    [...world.ports.edges].map(([name, edge]) => [
      name,
      {
        ...edge,
        remove: async ({ driverPrefix }, { keepArchive }) => {
          removed.push([driverPrefix, keepArchive]);
        },
      },
    ]),
  );
  return { world, removed, prefix };
}

describe('what a build staged that came to no revision', () => {
  test('is removed a day after it ended, once; the bytes of revisions stay', async () => {
    const { world, removed, prefix } = unproven();
    await removeUnproven(world.ports, progress);
    await removeUnproven(world.ports, progress);
    // The revisions of the sample have the same archive.
    assert.deepEqual(removed, [[prefix, true]]);
    assert.deepEqual(world.store.builds.get('b1')?.stagings, []);
  });

  test('is removed with its archive from an edge that has no revision of the same bytes', async () => {
    const prefix = '/srv/ferry/envs/churn/3';
    const at = { stagings: [staging('madrid')], begun: [begun({ edge: 'madrid' })] };
    const { world, removed } = unproven(at);
    await removeUnproven(world.ports, progress);
    assert.deepEqual(removed, [[prefix, false]]);
  });

  test('is removed however many builds there were since', async () => {
    const { world, removed, prefix } = unproven();
    for (let count = 0; count < 600; count += 1) {
      const id = `later${count}`;
      world.store.builds.set(id, sample('ready', { id, queuedAt: NOW + count }));
    }
    await removeUnproven(world.ports, progress);
    assert.deepEqual(removed, [[prefix, true]]);
  });

  test('stays for a day, for a retry, and while the environment is being built', async () => {
    const young = unproven({ finishedAt: NOW - days(0.5) });
    await removeUnproven(young.world.ports, progress);
    const busy = unproven();
    busy.world.store.builds.set('b2', sample('running', { id: 'b2', queuedAt: NOW }));
    await removeUnproven(busy.world.ports, progress);
    assert.deepEqual([young.removed, busy.removed], [[], []]);
  });

  test('stays where it is a revision by now', async () => {
    const { world, removed } = unproven({ stagings: [staging()], begun: [begun()] });
    await removeUnproven(world.ports, progress);
    assert.deepEqual(removed, []);
    const { stagings, begun: left } = await world.newest('churn');
    assert.deepEqual([stagings, left], [[], []]);
  });

  test('goes where a revision has other bytes in the place of its prefix', async () => {
    const archive = { ...begun().archive, sha256: 'c'.repeat(64) };
    const archivePath = `/srv/ferry/archives/${archive.sha256}/churn.zip`;
    const { world, removed } = unproven({ stagings: [], begun: [begun({ archivePath, archive })] });
    await removeUnproven(world.ports, progress);
    assert.deepEqual(removed, [[staging().driverPrefix, false]]);
    assert.deepEqual(world.store.builds.get('b1')?.begun, []);
  });

  test('goes where its build is ready, and an attempt before had begun something else', async () => {
    const { world, removed, prefix } = unproven({ state: 'ready', stagings: [staging()] });
    await removeUnproven(world.ports, progress);
    assert.deepEqual(removed, [[prefix, true]]);
    const { stagings, begun: left } = await world.newest('churn');
    assert.deepEqual([stagings, left], [[staging()], []]);
  });

  test('is not recorded as removed where its edge is away', async () => {
    const { world } = unproven();
    const lab = world.ports.edges.get('lab');
    assert.ok(lab);
    const away = outsideError({ code: 'edge-unreachable', message: 'Edge lab is away.' });
    world.ports.edges = new Map([['lab', { ...lab, remove: () => Promise.reject(away) }]]);
    await removeUnproven(world.ports, progress);
    const { stagings, begun: left } = await world.newest('churn');
    assert.deepEqual([stagings.length, left.length], [1, 1]);
  });

  test('stays where it becomes a revision while it is looked at', async () => {
    const { world, removed, prefix } = unproven();
    const update = world.store.updateBuild.bind(world.store);
    world.store.updateBuild = async (id, change) => {
      world.store.updateBuild = update;
      const { revisions, ...rest } = environment();
      const [newest] = revisions.slice(-1);
      assert.ok(newest);
      const stagings = [{ ...staging(), revision: 4, driverPrefix: prefix }];
      const made = { ...newest, number: 4, stagings };
      world.store.environments.set('churn', { ...rest, revisions: [...revisions, made] });
      return update(id, change);
    };
    await removeUnproven(world.ports, progress);
    assert.deepEqual(removed, []);
    assert.deepEqual(world.store.builds.get('b1')?.stagings, []);
  });
});
