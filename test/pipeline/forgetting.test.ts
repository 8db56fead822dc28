/** Builds of long ago are forgotten, and none that somebody can still ask for. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Build } from '../../src/domain/build.ts';
import { days } from '../../src/domain/retention.ts';
import { forgetBuilds } from '../../src/pipeline/forgetting.ts';
import { environment, build as sample, staging } from '../answers/samples.ts';
import { createWorld } from './world.ts';

const NOW = Date.UTC(2026, 0, 1);

const { signal } = new AbortController();

async function forget(builds: readonly Build[], history = { days: 30, builds: 10 }) {
  const world = createWorld();
  Object.assign(world.ports, { history, clock: { now: () => NOW } });
  world.store.environments.set('churn', environment());
  for (const build of builds) world.store.builds.set(build.id, build);
  await forgetBuilds(world.ports, { signal });
  return { left: [...world.store.builds.keys()].sort(), happened: world.happened };
}

const old = (id: string, change: Partial<Build> = {}): Build => ({
  ...sample('failed'),
  ...{ id, queuedAt: NOW - days(31), stagings: [], ...change },
});

describe('builds of long ago', () => {
  test('are forgotten by their age, and by how many newer ones there are', async () => {
    const many = Array.from({ length: 12 }, (_, at) => old(`n${at}`, { queuedAt: NOW - at }));
    const { left, happened } = await forget([old('b1'), ...many]);
    assert.deepEqual(
      left,
      many
        .slice(0, 10)
        .map(({ id }) => id)
        .sort(),
    );
    assert.deepEqual(happened, [{ name: 'swept', fields: { kind: 'records', count: 3 } }]);
  });

  test('stay while a revision is theirs, something of them is on an edge, or they are at work', async () => {
    const [revision] = environment().revisions;
    const { archive } = sample('ready');
    assert.ok(archive);
    const begun = { ...staging(), archive };
    const kept = [
      old(revision?.buildId ?? '', { state: 'ready' }),
      old('left', { begun: [begun] }),
      old('retried', { state: 'ready', begun: [begun] }),
      old('running', { state: 'running' }),
      old('verifying', { state: 'ready', verifying: true }),
    ];
    const { left, happened } = await forget([...kept, old('gone', { state: 'cancelled' })]);
    assert.deepEqual(left, kept.map(({ id }) => id).sort());
    assert.deepEqual(happened, [{ name: 'swept', fields: { kind: 'records', count: 1 } }]);
  });
});
