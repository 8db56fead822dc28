import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { describeStory } from '../../src/answers/story.ts';
import type { Move } from '../../src/domain/environment.ts';
import { outsideError } from '../../src/domain/errors.ts';
import type { Edge } from '../../src/domain/ports.ts';
import type { Reply } from '../../src/domain/reply.ts';
import { environment, build as sample, settings, staging } from '../answers/samples.ts';
import { createWorld, engineSolving, locked, type World } from './world.ts';

const OWNER = 'U0ANARUIZ1';

/** `churn` with three revisions, and what is typed about it. */
function churn(): World {
  const world = createWorld();
  world.store.environments.set('churn', environment());
  return world;
}

const moveOf = (reply: Reply): Pick<Move, 'tag' | 'from' | 'to'> => {
  assert.equal(reply.kind, 'move', JSON.stringify(reply));
  const { tag, from, to } = reply.move;
  return { tag, from, to };
};
const codeOf = (reply: Reply) => (reply.kind === 'refusal' ? reply.error.code : reply.kind);

async function shown(world: World, text: string): Promise<number | undefined> {
  const reply = await world.say('U9', text);
  if (reply.kind === 'invocation') return reply.revision;
  assert.equal(reply.kind, 'environment', JSON.stringify(reply));
  return reply.revision?.number;
}

describe('a tag', () => {
  test('names a revision wherever one is asked for, until it is taken away', async () => {
    const world = churn();
    assert.deepEqual(moveOf(await world.say(OWNER, 'tag churn@2 prod')), {
      ...{ tag: 'prod', from: null, to: 2 },
    });
    assert.deepEqual(
      [await shown(world, 'show churn:prod'), await shown(world, 'run churn:prod')],
      [2, 2],
    );
    moveOf(await world.say(OWNER, 'tag churn:prod old'));
    assert.deepEqual(moveOf(await world.say(OWNER, 'tag churn prod')).from, 2);
    assert.deepEqual(
      [await shown(world, 'show churn:prod'), await shown(world, 'show churn:old')],
      [3, 2],
    );
    moveOf(await world.say(OWNER, 'untag churn prod'));
    moveOf(await world.say(OWNER, 'untag churn:old'));
    assert.equal(codeOf(await world.say('U9', 'run churn:prod')), 'tag-not-found');
  });

  test('is told to the edges, once the record has it', async () => {
    const told: unknown[] = [];
    const { edges } = createWorld().ports;
    const tell = (name: string, point: Edge['point']): [string, Edge] => {
      const edge = edges.get(name);
      assert.ok(edge);
      return [name, { ...edge, point }];
    };
    const world = createWorld({
      edges: new Map([
        tell('lab', async (environment, pointers) => void told.push([environment, pointers])),
        tell('madrid', async () => {
          throw outsideError({ code: 'edge-unreachable', message: 'No.' });
        }),
      ]),
    });
    const known = environment();
    const stagings = [staging('lab'), staging('madrid')];
    const revisions = known.revisions.map((revision) => ({ ...revision, stagings }));
    world.store.environments.set('churn', { ...known, revisions });
    const reply = await world.say(OWNER, 'tag churn@2 prod');
    assert.deepEqual(reply.kind === 'move' && reply.unreached, ['madrid']);
    assert.deepEqual(told, [['churn', { default: 3, tags: { latest: 3, prod: 2 } }]]);
    // Where nothing moved there is nothing to tell; where nobody can, it is moved all the same.
    await world.say(OWNER, 'tag churn@2 prod');
    assert.equal(told.length, 1);
    world.errands.worker = null;
    const alone = await world.say(OWNER, 'rollback churn');
    assert.equal(alone.kind === 'move' && alone.unreached, null);
    assert.equal(await shown(world, 'show churn'), 2);
  });

  test('that moves while an edge is told of it is told as well', async () => {
    const world = churn();
    const told: (number | undefined)[] = [];
    const lab = world.ports.edges.get('lab') as Edge;
    const point: Edge['point'] = async (name, { tags }) => {
      told.push(tags.prod);
      await world.store.updateEnvironment(name, (known) => ({ ...known, tags: { prod: 3 } }));
    };
    world.ports.edges = new Map([['lab', { ...lab, point }]]);
    await world.say(OWNER, 'tag churn@2 prod');
    assert.deepEqual(told, [2, 3]);
  });

  test('is given by the owner and by operators alone', async () => {
    const world = churn();
    for (const text of ['tag churn prod', 'untag churn prod', 'rollback churn']) {
      assert.equal(codeOf(await world.say('U9', text)), 'not-allowed', text);
    }
    const [operator = ''] = settings.operators;
    moveOf(await world.say(operator, 'tag churn prod'));
  });

  test('that two people move at once is remembered twice, and the last one knows of the other', async () => {
    const world = churn();
    const [operator = ''] = settings.operators;
    await world.say(OWNER, 'tag churn@1 prod');
    const replies = await Promise.all([
      world.say(OWNER, 'tag churn@2 prod'),
      world.say(operator, 'tag churn@3 prod'),
    ]);
    const [first, last] = replies.map(moveOf);
    assert.deepEqual([first?.from, last?.from], [1, first?.to]);
    const { tags, moves } = await world.services.findEnvironment('churn');
    assert.deepEqual(
      [tags.prod, moves.map(({ from, to, by }) => [from, to, by])],
      [
        3,
        [
          [null, 1, OWNER],
          [1, 2, OWNER],
          [2, 3, operator],
        ],
      ],
    );
  });

  test('and the default are moved through the door of the audit', async () => {
    const world = churn();
    await world.say(OWNER, 'tag churn@2 prod');
    await world.say('U9', 'untag churn prod');
    await world.say(OWNER, 'rollback churn');
    assert.deepEqual(
      world.store.audit.map(({ text, outcome }) => `${text}: ${outcome}`),
      ['tag churn@2 prod: done', 'untag churn prod: not-allowed', 'rollback churn --to 2: done'],
    );
  });

  test('that is wrong changes nothing', async () => {
    const world = churn();
    const refused = {
      'tag churn latest': 'bad-tag',
      'tag churn Latest': 'bad-tag',
      'untag churn latest': 'bad-tag',
      'untag churn': 'missing-argument',
      'untag churn@2': 'missing-argument',
      'untag churn:a b': 'missing-argument',
      'rollback churn@2 --to 3': 'repeated-option',
      'untag churn prod': 'tag-not-found',
      'tag churn@9 prod': 'revision-not-found',
      'tag churn 2': 'bad-tag',
      'tag churn': 'missing-argument',
      'tag nothing prod': 'environment-not-found',
    };
    for (const [text, code] of Object.entries(refused)) {
      assert.equal(codeOf(await world.say(OWNER, text)), code, text);
    }
    assert.deepEqual(await world.services.findEnvironment('churn'), environment());
  });
});

describe('a rollback', () => {
  test('goes one revision back each time, and forth by number or tag', async () => {
    const world = churn();
    assert.deepEqual(moveOf(await world.say(OWNER, 'rollback churn')), {
      ...{ tag: null, from: 3, to: 2 },
    });
    assert.equal(moveOf(await world.say(OWNER, 'rollback churn')).to, 1);
    assert.deepEqual([await shown(world, 'run churn'), await shown(world, 'run churn@3')], [1, 3]);
    assert.equal(codeOf(await world.say(OWNER, 'rollback churn')), 'no-revision-before');
    await world.say(OWNER, 'tag churn@2 prod');
    assert.equal(moveOf(await world.say(OWNER, 'rollback churn --to prod')).to, 2);
    assert.equal(moveOf(await world.say(OWNER, 'rollback churn --to @3')).to, 3);
    assert.equal(moveOf(await world.say(OWNER, 'rollback churn@1')).to, 1);
    assert.equal(moveOf(await world.say(OWNER, 'rollback churn:latest')).to, 3);
    assert.equal((await world.services.findEnvironment('churn')).defaultRevision, null);
  });

  test('ends with the next build, which says what it replaces', async () => {
    let version = 'numpy 1.26.4';
    const engine = engineSolving(async () => ({
      platform: 'linux-64',
      packages: [locked(version)],
    }));
    const world = createWorld({ engine });
    const { request } = sample('queued');
    const by = { user: 'U1', channel: 'C1', team: null };
    const make = async (next: string) => {
      version = next;
      await world.services.create(request, by);
      await world.work('churn');
      const { revision, replaces, state } = await world.newest('churn');
      assert.equal(state, 'ready');
      return [revision, replaces];
    };
    assert.deepEqual(await make('numpy 1.26.4'), [1, null]);
    assert.deepEqual(await make('numpy 2.2.6'), [2, null]);
    await world.say('U1', 'rollback churn');
    assert.deepEqual(await make('numpy 2.3.0'), [3, 1]);
    assert.equal((await world.services.findRevision('churn', null)).number, 3);
    const told = describeStory(await world.newest('churn'), [], settings);
    assert.match(JSON.stringify(told), /churn@3 now; it was churn@1 before.*rollback churn --to 1/);
    // The same packages as of a revision before are that revision again.
    assert.deepEqual(await make('numpy 1.26.4'), [1, 3]);
    assert.equal((await world.services.findRevision('churn', null)).number, 1);
    assert.deepEqual(
      (await world.services.findEnvironment('churn')).moves.map(({ from, to }) => [from, to]),
      [
        [2, 1],
        [1, 3],
        [3, 1],
      ],
    );
  });
});

describe('a build', () => {
  test('is found by the revision that it made', async () => {
    const world = createWorld();
    const { request } = sample('queued');
    await world.services.create(request, { user: 'U1', channel: 'C1', team: null });
    await world.work('churn');
    const { id } = await world.newest('churn');
    await world.say('U1', 'tag churn prod');
    for (const text of ['status churn@1', 'status churn:prod', 'logs churn@1']) {
      const reply = await world.say('U1', text);
      assert.ok(reply.kind === 'build' || reply.kind === 'log', JSON.stringify(reply));
      assert.equal(reply.build.id, id, text);
    }
    assert.equal(codeOf(await world.say('U9', 'status churn@2')), 'revision-not-found');
  });
});
