/** While an edge is frozen nothing new is staged there, whichever way it is asked for. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Reply } from '../../src/domain/reply.ts';
import { build, settings } from '../answers/samples.ts';
import { createWorld } from './world.ts';

const [OPERATOR = ''] = settings.operators;
const U1 = { user: 'U01', channel: 'C1', team: null };

function codeOf(reply: Reply): string {
  return reply.kind === 'refusal' ? reply.error.code : reply.kind;
}

describe('a frozen edge', () => {
  test('is for nothing new, by any way, and says who froze it and why', async () => {
    const world = createWorld();
    const failed = build('failed', { requester: U1 });
    const { services, store, say } = world;
    await store.createBuild(failed);
    const before = store.builds.size;
    assert.equal(codeOf(await say(OPERATOR, 'freeze lab --why Quarter end closing')), 'notice');
    const refused = await say('U01', 'create sales numpy');
    assert.ok(refused.kind === 'refusal');
    assert.deepEqual(refused.error.message, [
      'Nothing new is staged on `lab`: ',
      { person: OPERATOR },
      ` froze it at ${new Date(store.freezes.get('lab')?.at ?? 0).toISOString().slice(0, 16).replace('T', ' ')} UTC: Quarter end closing.`,
    ]);
    for (const again of [
      () => services.retry(failed, U1),
      () => services.rebuild(failed, U1),
      () => services.create(failed.request, U1, { lock: { platform: 'linux-64', packages: [] } }),
    ]) {
      await assert.rejects(again, { code: 'edge-frozen' });
    }
    assert.equal(store.builds.size, before);
    assert.equal(codeOf(await say('U01', 'create sales numpy --edge madrid')), 'build');
  });

  test('frozen while a build is at work stops it before staging, and Retry goes on after', async () => {
    const world = createWorld();
    await world.say('U01', 'create churn numpy');
    await world.say(OPERATOR, 'freeze --why Upgrade');
    await world.work('churn');
    const failed = await world.newest('churn');
    assert.deepEqual([failed.state, failed.failure?.code], ['failed', 'edge-frozen']);
    assert.deepEqual(failed.stagings, []);
    assert.equal(codeOf(await world.say('U01', 'retry churn')), 'edge-frozen');
    await world.say(OPERATOR, 'thaw');
    await world.say('U01', 'retry churn');
    await world.work('churn');
    assert.equal((await world.newest('churn')).state, 'ready');
  });

  test('of several leaves the others, as the command that builds for them', async () => {
    const world = createWorld();
    await world.say(OPERATOR, 'freeze madrid --why Disks');
    const refused = await world.say('U01', 'create churn numpy --edge lab --edge madrid');
    assert.ok(refused.kind === 'refusal');
    assert.deepEqual(refused.error.repairs, [
      { label: 'Build for lab', command: 'create churn numpy --edge lab' },
    ]);
  });

  test('is staged on by nobody while the store cannot say what is frozen', async () => {
    const world = createWorld();
    await world.say('U01', 'create churn numpy');
    const { readFreezes } = world.store;
    const away = new Error('Redis is away');
    world.store.readFreezes = async () => Promise.reject(away);
    await assert.rejects(world.say('U01', 'create sales numpy'), away);
    await world.work('churn');
    assert.deepEqual((await world.newest('churn')).stagings, []);
    world.store.readFreezes = readFreezes;
  });

  test('is frozen and thawed by operators, and written down', async () => {
    const world = createWorld();
    assert.equal(codeOf(await world.say('U01', 'freeze lab --why I want to')), 'not-allowed');
    assert.equal(world.store.freezes.size, 0);
    await world.say(OPERATOR, 'freeze lab --why Disks');
    assert.equal(codeOf(await world.say('U01', 'thaw lab')), 'not-allowed');
    assert.equal(codeOf(await world.say(OPERATOR, 'thaw')), 'not-frozen');
    assert.equal(codeOf(await world.say(OPERATOR, 'thaw lab')), 'notice');
    assert.equal(codeOf(await world.say(OPERATOR, 'thaw lab')), 'not-frozen');
    assert.deepEqual(
      world.store.audit.map(({ text, outcome }) => `${text}: ${outcome}`),
      [
        'freeze lab --why I want to: not-allowed',
        'freeze lab --why Disks: done',
        'thaw lab: not-allowed',
        'thaw: not-frozen',
        'thaw lab: done',
        'thaw lab: not-frozen',
      ],
    );
  });

  test('is shown to everybody who asks what is frozen', async () => {
    const world = createWorld();
    await world.say(OPERATOR, 'freeze lab --why "Disks, and   blanks" ');
    const reply = await world.say('U01', 'freeze');
    assert.ok(reply.kind === 'freezes');
    assert.deepEqual(
      reply.freezes.map(({ edge, why, user }) => ({ edge, why, user })),
      [{ edge: 'lab', why: 'Disks, and   blanks', user: OPERATOR }],
    );
    assert.equal(codeOf(await world.say(OPERATOR, 'freeze lab')), 'missing-why');
  });
});
