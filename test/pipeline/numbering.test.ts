/** Numbers and owners that only edges know of: of revisions whose records were lost. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { placeOf } from '../../src/domain/environment.ts';
import type { Edge, NumbersFound } from '../../src/domain/ports.ts';
import { staging } from '../answers/samples.ts';
import { createLoneWorld, createWorld, type World } from './world.ts';

function onLab(world: World, numbers: Edge['numbers']): World {
  const lab = world.ports.edges.get('lab');
  assert.ok(lab);
  world.ports.edges = new Map([['lab', { ...lab, numbers }]]);
  return world;
}

const having =
  (found: Partial<NumbersFound>): Edge['numbers'] =>
  async () => ({ numbers: [], owner: null, ...found });

describe('what lies on an edge under a name that the catalogue does not know', () => {
  test('keeps its numbers: the next revision has one that nothing there has', async () => {
    const world = onLab(createWorld(), having({ numbers: [1, 2, 5], owner: 'U1' }));
    await world.say('U1', 'create churn numpy --edge lab');
    await world.work('churn');
    assert.equal((await world.newest('churn')).revision, 6);
  });

  test('is refused to everybody but its owner, with what makes it known again', async () => {
    const world = onLab(createWorld(), having({ numbers: [1], owner: 'U2' }));
    const reply = await world.say('U1', 'create churn numpy --edge lab');
    assert.equal(reply.kind, 'refusal');
    assert.equal(reply.error.code, 'restore-first');
    assert.match(JSON.stringify(reply.error.message), /U2/);
    assert.match(JSON.stringify(reply.error.suggestion), /`conda-ferry restore`/);
    assert.deepEqual(await world.store.listBuilds({ environment: 'churn', limit: 1 }), []);
  });

  test('is refused by the build where nobody planned it', async () => {
    const world = onLab(createLoneWorld(), having({ numbers: [1], owner: 'U2' }));
    await world.say('U1', 'create churn numpy --edge lab');
    await world.work('churn');
    const { state, failure } = await world.newest('churn');
    assert.deepEqual([state, failure?.code], ['failed', 'restore-first']);
  });

  test('is not asked for where the catalogue knows whose it is', async () => {
    const world = createWorld();
    await world.say('U1', 'create churn numpy --edge lab');
    await world.work('churn');
    onLab(world, having({ numbers: [1], owner: 'U2' }));
    const reply = await world.say('U1', 'create churn numpy --edge lab');
    assert.notEqual(reply.kind, 'refusal');
  });

  test('takes no number where a build that came to nothing has put it there', async () => {
    const world = createLoneWorld();
    const numbers: number[] = [];
    onLab(world, async () => ({ numbers, owner: null }));
    const lab = world.ports.edges.get('lab');
    assert.ok(lab);
    const { stage } = lab;
    let isBroken = true;
    world.ports.edges = new Map([
      [
        'lab',
        {
          ...lab,
          stage: async (request, progress, following) => {
            const { revision } = request;
            await following?.begins({ ...placeOf(staging()), revision });
            numbers.push(revision);
            if (isBroken) throw new Error('no room');
            return stage(request, progress);
          },
        },
      ],
    ]);
    await world.say('U1', 'create churn numpy --edge lab');
    await world.work('churn');
    assert.equal((await world.newest('churn')).state, 'failed');
    isBroken = false;
    await world.say('U1', 'create churn numpy scipy --edge lab');
    await world.work('churn');
    assert.equal((await world.newest('churn')).revision, 1);
  });

  test('says nothing where the edge is away: staging finds that out', async () => {
    const world = onLab(createWorld(), async () => {
      throw Object.assign(new Error('away'), { code: 'ETIMEDOUT' });
    });
    await world.say('U1', 'create churn numpy --edge lab');
    assert.equal((await world.newest('churn')).request.environment, 'churn');
  });
});
