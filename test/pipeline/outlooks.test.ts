/** What people are told of how long it takes, from the builds there were. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Reply } from '../../src/domain/reply.ts';
import { createWorld, engineSolving, locked } from './world.ts';

const ANA = 'U0ANARUIZ1';

/** A world in which creating a prefix takes so many seconds of its clock. */
function slowWorld() {
  const now = { ms: 1_000_000 };
  const world = createWorld({
    clock: { now: () => now.ms },
    engine: {
      ...engineSolving(async () => ({ platform: 'linux-64', packages: [locked('numpy 1.0')] })),
      create: async () => {
        now.ms += 40_000;
      },
    },
  });
  return world;
}

const planned = (reply: Reply) => (reply.kind === 'plan' ? reply.seconds : reply.kind);

describe('a plan', () => {
  test('says how long the build takes, as past ones tell', async () => {
    const world = slowWorld();
    assert.equal(planned(await world.say(ANA, 'plan churn numpy')), null);
    await world.say(ANA, 'create churn numpy');
    await world.work('churn');
    assert.equal(planned(await world.say(ANA, 'plan other numpy')), 40);
  });

  test('is told once by a build, also when its worker does the end again', async () => {
    const world = slowWorld();
    await world.say(ANA, 'create churn numpy');
    await world.work('churn');
    await world.work('churn');
    assert.equal(world.store.timings.length, 1);
  });
});
