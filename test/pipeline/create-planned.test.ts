import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { outsideError, userError } from '../../src/domain/errors.ts';
import type { Edge } from '../../src/domain/ports.ts';
import { build as sample } from '../answers/samples.ts';
import { createWorld, engineRefusing, engineSolving, locked, type World } from './world.ts';

const by = (user: string) => ({ user, channel: 'C1', team: null });
const away = { code: 'edge-unreachable', message: 'Gone.', retryable: true };

/** What the store holds of builds and names, and what workers were given. */
const recorded = ({ store, queued }: World) => [
  store.builds.size,
  store.environments.size,
  queued.length,
];

/** An engine that solves everything to what `chosen` says, and how often it was asked. */
function choosing(chosen: () => string) {
  const solves: string[] = [];
  const engine = engineSolving(async () => {
    solves.push(chosen());
    return { platform: 'linux-64', packages: [locked(chosen())] };
  });
  return { engine, solves };
}

/** Edges of which every one is changed so. */
function edgesWith(change: Partial<Edge>): ReadonlyMap<string, Edge> {
  return new Map(
    [...createWorld().ports.edges].map(([name, edge]) => [name, { ...edge, ...change }]),
  );
}

describe('create', () => {
  test('is solved before anything is recorded, and its build has those packages', async () => {
    const { engine, solves } = choosing(() => 'numpy 2.2.6');
    const world = createWorld({ engine });
    const reply = await world.say('U1', 'create churn numpy');
    assert.deepEqual(
      reply.kind === 'build' && [reply.audience, reply.build.lock?.packages[0]?.version],
      ['channel', '2.2.6'],
    );
    await world.work('churn');
    assert.equal((await world.newest('churn')).state, 'ready');
    assert.deepEqual(solves, ['numpy 2.2.6']);
  });

  test('of what does not go together is refused with what does; nothing is recorded', async () => {
    const engine = engineRefusing(([first]) =>
      first === 'python=3.10' ? userError({ code: 'unsatisfiable', message: 'No.' }) : null,
    );
    const world = createWorld({ engine });
    const reply = await world.say('U1', 'create churn python=3.10 numpy');
    assert.deepEqual(reply.kind === 'refusal' && [reply.error.code, reply.error.repairs], [
      'unsatisfiable',
      [{ label: 'Build python numpy', command: 'create churn python numpy --edge lab' }],
    ]);
    assert.deepEqual(recorded(world), [0, 0, 0]);
  });

  test('that something outside stops is refused with a way to try again', async () => {
    const gone = outsideError({ code: 'channel-unreachable', message: 'Gone.', retryable: true });
    const world = createWorld({ engine: engineRefusing(() => gone) });
    const reply = await world.say('U1', 'create churn numpy');
    assert.deepEqual(reply.kind === 'refusal' && [reply.error.kind, reply.error.repairs], [
      'outside',
      [{ label: 'Try again', command: 'create churn numpy' }],
    ]);
    assert.deepEqual(recorded(world), [0, 0, 0]);
  });

  for (const code of ['errand-unanswered', 'abandoned', 'edge-unreachable']) {
    test(`that nobody has solved (${code}) is recorded, and its build finds out`, async () => {
      const world = createWorld();
      world.errands.ask = async () => {
        throw outsideError({ code, message: 'Nobody.', retryable: true });
      };
      const reply = await world.say('U1', 'create churn numpy');
      assert.deepEqual(reply.kind === 'build' && [reply.audience, reply.build.lock], [
        'channel',
        null,
      ]);
      await world.work('churn');
      assert.equal((await world.newest('churn')).state, 'ready');
    });
  }

  test('of what is being built is joined, or refused, before anything is solved', async () => {
    const world = createWorld();
    await world.say('U1', 'create churn numpy');
    const joined = await world.say('U1', 'create churn numpy');
    assert.equal(joined.kind === 'build' && joined.audience, 'requester');
    const busy = await world.say('U1', 'create churn pandas');
    assert.equal(busy.kind === 'refusal' && busy.error.code, 'environment-busy');
    assert.equal(world.errands.asked.length, 1);
    assert.equal(world.queued.length, 1);
  });

  test('twice at once is solved once and is one build', async () => {
    const world = createWorld();
    const { request } = sample('queued');
    const both = ['U1', 'U2'].map((user) => world.services.createPlanned(request, by(user)));
    const ids = (await Promise.all(both)).map((each) => 'build' in each && each.build.id);
    assert.equal(new Set(ids).size, 1);
    assert.deepEqual([world.errands.asked.length, world.queued.length], [1, 1]);
  });

  test('asks once who builds, for its plan and for its build', async (context) => {
    const world = createWorld();
    const asked = context.mock.method(world.store, 'readPresences');
    await world.say('U1', 'create churn numpy');
    assert.deepEqual([world.errands.asked.length, world.queued.length], [1, 1]);
    assert.equal(asked.mock.callCount(), 1);
  });

  test('of what is staged already is answered with its line; nothing is recorded', async () => {
    const world = createWorld();
    await world.say('U1', 'create churn numpy --edge lab --edge madrid');
    await world.work('churn');
    const before = recorded(world);
    const reply = await world.say('U1', 'create churn numpy --edge madrid');
    assert.deepEqual(
      reply.kind === 'known' && [reply.revision, reply.lines.map(({ edge }) => edge)],
      [1, ['madrid']],
    );
    assert.deepEqual(recorded(world), before);
  });

  test('of an older revision that is staged is answered with that one', async () => {
    let chosen = 'numpy 1.26.4';
    const world = createWorld({ engine: choosing(() => chosen).engine });
    for (const next of ['numpy 1.26.4', 'numpy 2.2.6']) {
      chosen = next;
      await world.say('U1', 'create churn numpy');
      await world.work('churn');
    }
    chosen = 'numpy 1.26.4';
    const reply = await world.say('U1', 'create churn numpy');
    assert.deepEqual(reply.kind === 'known' && [reply.revision, reply.means], [1, 2]);
    chosen = 'numpy 3.0';
    assert.equal((await world.services.plan(sample('queued').request, by('U1'))).staged, null);
  });

  for (const [what, isIntact] of [
    ['no longer whole on its edge', async () => false],
    ['on an edge that does not answer', () => Promise.reject(outsideError(away))],
  ] as const) {
    test(`of a revision that is ${what} is a build again`, async () => {
      const world = createWorld({ edges: edgesWith({ isIntact }) });
      await world.say('U1', 'create churn numpy');
      await world.work('churn');
      assert.equal((await world.say('U1', 'create churn numpy')).kind, 'build');
      assert.equal(world.queued.length, 2);
    });
  }

  test('of somebody else’s environment is refused before anything is solved', async () => {
    const world = createWorld();
    await world.say('U1', 'create churn numpy');
    await world.work('churn');
    const reply = await world.say('U2', 'create churn numpy');
    assert.equal(reply.kind === 'refusal' && reply.error.code, 'name-taken');
    assert.equal(world.errands.asked.length, 1);
  });
});

describe('a rebuild', () => {
  test('is solved anew: other packages are a build, the same ones are there', async () => {
    let chosen = 'numpy 1.26.4';
    const world = createWorld({ engine: choosing(() => chosen).engine });
    await world.say('U1', 'create churn numpy');
    await world.work('churn');
    const made = await world.newest('churn');
    const same = await world.services.rebuild(made, by('U1'));
    assert.equal('known' in same && same.known.number, 1);
    chosen = 'numpy 2.2.6';
    const other = await world.services.rebuild(made, by('U1'));
    assert.equal('build' in other && other.build.lock?.packages[0]?.version, '2.2.6');
  });
});
