import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Cancelled, outsideError } from '../../src/domain/errors.ts';
import type { Edge } from '../../src/domain/ports.ts';
import { reconcile } from '../../src/pipeline/reconciling.ts';
import { abandonBuild, runBuild } from '../../src/pipeline/run.ts';
import { staging } from '../answers/samples.ts';
import { createLoneWorld, jobFor } from './world.ts';

/** A build whose first worker is gone while it sends, and what the others then remove from its edge. */
async function sendingWhenItsWorkerGoes(change: Partial<Edge> = {}) {
  const discarded: Parameters<Edge['discard']>[0][] = [];
  const world = createLoneWorld();
  const { edges } = world.ports;
  const stage = () => Promise.reject(new Cancelled('shutdown'));
  const discard: Edge['discard'] = async (archive) => void discarded.push(archive);
  world.ports.edges = new Map(
    [...edges].map(([name, edge]) => [name, { ...edge, stage, discard, ...change }]),
  );
  await world.say('U1', 'create churn numpy --edge lab');
  const { id } = await world.newest('churn');
  const { signal } = new AbortController();
  await assert.rejects(runBuild(world.ports, jobFor(id), signal));
  assert.deepEqual(discarded, [], 'whoever takes over goes on with it');
  return { world, id, discarded, signal };
}

describe('what a worker that was killed has sent', () => {
  test('goes when another one finds the build cancelled', async () => {
    const { world, id, discarded, signal } = await sendingWhenItsWorkerGoes();
    await world.store.updateBuild(id, (build) => ({
      ...build,
      cancelRequested: { user: 'U1', at: 1 },
      // Of an attempt before.
      stagings: [staging('lab')],
    }));
    await runBuild(world.ports, jobFor(id), signal);
    const { state, fingerprint } = await world.newest('churn');
    assert.equal(state, 'cancelled');
    const packed = await world.store.readCheckpoint<{ archive: { sha256: string } }>(id, 'pack');
    assert.deepEqual(discarded, [{ fingerprint, sha256: packed?.archive.sha256 }]);
  });

  test('goes when the build is found cancelled where no worker has it', async () => {
    const { world, id, discarded, signal } = await sendingWhenItsWorkerGoes();
    await world.store.updateBuild(id, (build) => ({
      ...build,
      cancelRequested: { user: 'U1', at: 1 },
    }));
    let state: string | undefined;
    const { discard, ...lab } = world.ports.edges.get('lab') as Edge;
    const looking: Edge['discard'] = async (...asked) => {
      state = (await world.newest('churn')).state;
      await discard(...asked);
    };
    world.ports.edges = new Map([['lab', { ...lab, discard: looking }]]);
    world.ports.queue.cancel = async () => ({ isAtWork: false });
    await reconcile(world.ports, { signal, log: () => undefined });
    assert.equal((await world.newest('churn')).state, 'cancelled');
    assert.deepEqual([discarded.length, state], [1, 'running'], 'nobody sends it again by then');
  });

  test('goes when nobody goes on with the build', async () => {
    const { world, id, discarded } = await sendingWhenItsWorkerGoes();
    await abandonBuild(world.ports, jobFor(id), new Error('stalled too often'));
    assert.equal((await world.newest('churn')).state, 'failed');
    assert.equal(discarded.length, 1);
  });

  test('stays on an edge that is away, which keeps no build from its end', async () => {
    const away = outsideError({ code: 'edge-unreachable', message: 'Edge lab is away.' });
    const discard = () => Promise.reject(away);
    const { world, id, signal } = await sendingWhenItsWorkerGoes({ discard });
    await world.store.updateBuild(id, (build) => ({
      ...build,
      cancelRequested: { user: 'U1', at: 1 },
    }));
    await runBuild(world.ports, jobFor(id), signal);
    assert.equal((await world.newest('churn')).state, 'cancelled');
  });
});
