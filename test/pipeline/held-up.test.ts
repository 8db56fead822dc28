/** A worker may be held up for so long that its job is given to another one; both go on with the build. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { defaultRevision } from '../../src/domain/environment.ts';
import { Cancelled } from '../../src/domain/errors.ts';
import { runBuild, runProof } from '../../src/pipeline/run.ts';
import { createLoneWorld, engineSolving, jobFor, locked } from './world.ts';

const { signal } = new AbortController();

function createSubject() {
  const engine = engineSolving(async ({ specs }) => ({
    platform: 'linux-64',
    packages: specs.map(({ name }) => locked(name === 'python' ? 'python 3.11.3' : name)),
  }));
  return createLoneWorld({ engine });
}

/** The same world for a worker that waits before its first call of that name until `meanwhile` is over. */
function heldUpAt<N extends 'claimEnvironment' | 'updateBuild'>(
  world: ReturnType<typeof createSubject>,
  name: N,
  meanwhile: () => Promise<unknown>,
) {
  let isHeld = false;
  const store = new Proxy(world.store, {
    get(target, key) {
      const value = Reflect.get(target, key, target);
      if (typeof value !== 'function') return value;
      return async (...words: unknown[]) => {
        if (key === name && !isHeld) {
          isHeld = true;
          await meanwhile();
        }
        return value.apply(target, words);
      };
    },
  });
  return { ...world.ports, store };
}

describe('a worker that was held up', () => {
  test('puts nothing in the place of what a later build has made', async () => {
    const world = createSubject();
    await world.say('U1', 'create churn numpy --edge lab');
    const { id } = await world.newest('churn');
    const ports = heldUpAt(world, 'claimEnvironment', async () => {
      await world.work('churn');
      await world.say('U1', 'create churn pandas --edge lab');
      await world.work('churn');
    });
    await assert.rejects(
      async () => {
        await runBuild(ports, jobFor(id), signal);
        await runProof(ports, jobFor(id), signal);
      },
      (error) => error instanceof Cancelled && error.reason === 'lock-lost',
    );
    const environment = await world.store.readEnvironment('churn');
    assert.ok(environment);
    assert.equal(defaultRevision(environment)?.number, 2);
  });

  test('forgets nothing of a build that another one has staged meanwhile', async () => {
    const world = createSubject();
    world.ports.verification = { ...world.ports.verification, enabled: true };
    await world.say('U1', 'create churn numpy --edge lab');
    const { id } = await world.newest('churn');
    const stagings: number[] = [];
    const ports = heldUpAt(world, 'updateBuild', async () => {
      await runBuild(world.ports, jobFor(id), signal);
      await world.store.watch((changed) => {
        stagings.push(world.store.builds.get(changed)?.stagings.length ?? 0);
      });
    });
    await runBuild(ports, jobFor(id), signal);
    assert.deepEqual(new Set(stagings), new Set([1]));
  });
});
