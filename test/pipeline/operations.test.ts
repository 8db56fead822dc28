/** What operators see of all that runs. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Presence } from '../../src/domain/presence.ts';
import type { Reply } from '../../src/domain/reply.ts';
import { createServices } from '../../src/pipeline/services.ts';
import { build, failures, settings } from '../answers/samples.ts';
import { createWorld, type World } from './world.ts';

const [OPERATOR = ''] = settings.operators;
const HOUR = 3600_000;

const presence = (host: string, change: Partial<Presence> = {}): Presence => ({
  ...{ id: `${host}:1`, host, version: '0.1.0', platform: 'linux-64', concurrency: 2 },
  ...{ startedAt: Date.now() - HOUR, at: Date.now(), isDraining: false, isOver: false, work: [] },
  ...change,
});

async function operations(world: World) {
  const reply: Reply = await world.say(OPERATOR, 'status --all');
  assert.equal(reply.kind, 'operations');
  return reply.operations;
}

describe('what operators see', () => {
  test('is who builds what since when, and how many more each would begin', async () => {
    const world = createWorld();
    await world.say('U01', 'create churn numpy');
    const { id } = await world.newest('churn');
    const work = [
      { buildId: id, purpose: 'build' as const, since: 5 },
      { buildId: 'gone', purpose: 'verify' as const, since: 6 },
    ];
    const all = [
      presence('one', { work }),
      presence('drains', { isDraining: true }),
      presence('killed', { at: Date.now() - 60_000 }),
      presence('killed-long-ago', { at: Date.now() - HOUR }),
      presence('stopped', { isOver: true }),
    ];
    for (const each of all) world.store.presences.set(each.id, each);
    const { workers } = await operations(world);
    assert.deepEqual(
      workers.map(({ host, freeSlots }) => [host, freeSlots]),
      [
        ['one', 1],
        ['drains', 0],
        ['killed', 0],
      ],
    );
    assert.deepEqual(workers[0]?.work, [
      {
        ...{ id, purpose: 'build', since: 5 },
        build: { id, environment: 'churn', user: 'U01' },
      },
      { id: 'gone', purpose: 'verify', since: 6, build: null },
    ]);
  });

  test('is of a worker that is gone what nobody has ended since', async () => {
    const world = createWorld();
    await world.say('U01', 'create churn numpy');
    const { id } = await world.newest('churn');
    const work = [{ buildId: id, purpose: 'build' as const, since: 5 }];
    const killed = presence('killed', { at: Date.now() - 60_000, work });
    world.store.presences.set(killed.id, killed);
    const seen = async () => (await operations(world)).workers[0]?.work.map((each) => each.id);
    assert.deepEqual(await seen(), [id]);
    await world.work('churn');
    assert.deepEqual(await seen(), []);
    await world.store.updateBuild(id, (known) => ({ ...known, verifying: true }));
    assert.deepEqual(await seen(), [id]);
  });

  test('is how many wait, and which for longest', async () => {
    const world = createWorld();
    await world.say('U01', 'create churn numpy');
    await world.say('U01', 'create fraud numpy');
    const first = await world.newest('churn');
    await world.store.updateBuild(first.id, (known) => ({
      ...known,
      queuedAt: Date.now() - 90_000,
    }));
    const [queue] = (await operations(world)).queues;
    assert.deepEqual(
      [queue?.waiting, queue?.oldest],
      [2, { id: first.id, environment: 'churn', user: 'U01' }],
    );
    assert.ok(Number(queue?.oldestSeconds) >= 90);
  });

  test('is what is free on each edge, and who froze it', async () => {
    const world = createWorld();
    world.store.freeSpace.set('lab', 5_000);
    await world.say(OPERATOR, 'freeze madrid --why Disks');
    const { edges } = await operations(world);
    assert.deepEqual(
      edges.map((edge) => [edge.name, edge.freeBytes, edge.freeze?.why ?? null]),
      [
        ['lab', 5_000, null],
        ['madrid', null, 'Disks'],
      ],
    );
    await world.say(OPERATOR, 'freeze --why Quarter end');
    assert.equal((await operations(world)).edges[0]?.freeze?.why, 'Quarter end');
  });

  test('is how the builds of a day ended, by their causes', async () => {
    const world = createWorld();
    const ended = (id: string, change: object) =>
      world.store.builds.set(id, {
        ...{ ...build('failed'), id, queuedAt: Date.now(), finishedAt: Date.now() },
        ...change,
      });
    const of = (code: string) => ({ failure: { ...failures.user, code } });
    ended('b1', { state: 'ready' });
    ended('b2', of('unsatisfiable'));
    ended('b3', of('unsatisfiable'));
    ended('b4', of('disk-full'));
    ended('b5', { state: 'cancelled' });
    ended('old', { finishedAt: Date.now() - 25 * HOUR, queuedAt: 1 });
    assert.deepEqual((await operations(world)).ended, {
      ...{ hours: 24, ready: 1, cancelled: 1, isPart: false },
      failed: [
        { code: 'unsatisfiable', count: 2 },
        { code: 'disk-full', count: 1 },
      ],
    });
  });

  test('is for nobody else in Slack, but for whoever may run the command line', async () => {
    const world = createWorld();
    const reply = await world.say('U01', 'status --all');
    assert.equal(reply.kind === 'refusal' && reply.error.code, 'not-allowed');
    const { store, queue, errands, events, ports } = world;
    const services = createServices({
      ...{ store, queue, errands, events, settings, login: 'ops', newId: () => 'b1' },
      clock: ports.clock,
    });
    assert.equal((await services.operations({ user: 'U01' })).edges.length, 2);
  });

  test('is of no single build', async () => {
    const reply = await createWorld().say(OPERATOR, 'status churn --all');
    assert.equal(reply.kind === 'refusal' && reply.error.code, 'too-much');
  });
});
