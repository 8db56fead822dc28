/** Whoever watches an environment hears what comes of it, and nobody of what they pressed. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { outsideError } from '../../src/domain/errors.ts';
import type { Notice } from '../../src/domain/ports.ts';
import type { Reply } from '../../src/domain/reply.ts';
import { days } from '../../src/domain/retention.ts';
import { keepRetention } from '../../src/pipeline/retention.ts';
import { tellMoved } from '../../src/pipeline/telling.ts';
import { environment, settings } from '../answers/samples.ts';
import { createWorld, type World } from './world.ts';

const [ANA, BEN, OMAR] = ['U0ANARUIZ1', 'U0BENOKAF1', settings.operators[0] ?? ''];

const heard = ({ store }: World) =>
  [...store.notices.values()].flatMap((notice: Notice) =>
    notice.kind === 'heard' ? [`${notice.to} ${notice.happening.outcome}`] : [],
  );

const codeOf = (reply: Reply) => (reply.kind === 'refusal' ? reply.error.code : reply.kind);
const wordsOf = (reply: Reply) => (reply.kind === 'notice' ? JSON.stringify(reply.text) : '');

/** Ana's `churn`, built; Ben watches it, and she as well. */
async function watched(change: Parameters<typeof createWorld>[0] = {}): Promise<World> {
  const world = createWorld(change);
  world.store.environments.set('churn', environment());
  for (const user of [ANA, BEN]) {
    assert.equal((await world.say(user, 'subscribe churn')).kind, 'notice');
  }
  return world;
}

describe('what is told', () => {
  test('a build that is ready, once, also when its worker does the end again', async () => {
    const world = await watched();
    await world.say(ANA, 'create churn scipy');
    await world.work('churn');
    await world.work('churn');
    assert.deepEqual(heard(world), [`${BEN} ready`]);
  });

  test('a build that failed, and of its retry who pressed it is not told', async () => {
    let isAway = true;
    const world = await watched();
    const { create } = world.ports.engine;
    world.ports.engine = {
      ...world.ports.engine,
      create: async (...asked) => {
        if (isAway) throw outsideError({ code: 'channel-unreachable', message: 'away' });
        return create(...asked);
      },
    };
    await world.say(OMAR, 'subscribe churn');
    await world.say(ANA, 'create churn scipy');
    await world.work('churn');
    assert.deepEqual(heard(world), [`${BEN} failed`, `${OMAR} failed`]);
    isAway = false;
    await world.say(OMAR, `retry ${(await world.newest('churn')).id}`);
    await world.work('churn');
    assert.deepEqual(heard(world).slice(2), [`${BEN} ready`]);
  });

  test('a build that was cancelled, to all but who asked and who stopped it', async () => {
    const world = await watched();
    await world.say(OMAR, 'subscribe churn');
    await world.say(ANA, 'create churn scipy');
    await world.say(OMAR, 'cancel churn');
    await world.work('churn');
    assert.deepEqual(heard(world), [`${BEN} cancelled`]);
  });

  test('executors that say no when a ready build is proven again', async () => {
    const world = await watched({
      verification: { enabled: true, timeoutSeconds: 1, executors: 1 },
    });
    await world.say(ANA, 'create churn scipy');
    world.ports.verification = { enabled: false, timeoutSeconds: 1, executors: 1 };
    await world.work('churn');
    world.store.notices.clear();
    const { id } = await world.newest('churn');
    await world.store.updateEnvironment('churn', (churn) => ({ ...churn, owner: BEN }));
    const asked = await world.say(BEN, 'verify churn');
    assert.equal(asked.kind, 'notice', JSON.stringify(asked));
    await world.say(OMAR, 'subscribe churn --outcome not-proven');
    for (let time = 0; time < 2; time += 1) {
      await world.proveAgain(id);
    }
    assert.deepEqual(heard(world), [`${OMAR} not-proven`]);
  });

  test('two moves of a tag, also in one moment', async () => {
    const world = await watched();
    const move = { tag: 'prod', from: 1, to: 2, by: ANA, at: 7 };
    await tellMoved(world.ports, environment(), move);
    await tellMoved(world.ports, environment(), { ...move, from: 2, to: null });
    assert.deepEqual(heard(world), [`${BEN} moved`, `${BEN} moved`]);
  });

  test('a tag that is moved, and what is let go', async () => {
    const world = await watched();
    await world.say(ANA, 'tag churn@1 prod');
    await world.say(ANA, 'tag churn@1 prod');
    await world.say(ANA, 'untag churn prod');
    await world.say(ANA, 'delete churn@1 --yes');
    assert.deepEqual(heard(world), [`${BEN} moved`, `${BEN} moved`, `${BEN} let-go`]);
  });

  test('what goes by itself, also to its owner', async () => {
    const now = { ms: Date.now() };
    const world = await watched({ clock: { now: () => now.ms } });
    world.ports.retention = { expireDays: 30, remindDays: 7, keepRevisions: null, usedDays: 0 };
    for (const day of [1000, 1008]) {
      now.ms += days(day);
      const signal = new AbortController().signal;
      await keepRetention(world.ports, { signal, log: () => undefined });
    }
    assert.deepEqual(heard(world), [`${ANA} let-go`, `${BEN} let-go`]);
  });
});

describe('subscribing', () => {
  test('again says so, and with other outcomes those hold', async () => {
    const world = await watched();
    assert.match(wordsOf(await world.say(BEN, 'subscribe churn')), /already told/);
    const failed = await world.say(BEN, 'subscribe churn --outcome failed');
    assert.match(wordsOf(failed), /failed/);
    assert.doesNotMatch(wordsOf(failed), /already/);
    await world.say(ANA, 'create churn scipy');
    await world.work('churn');
    assert.deepEqual(heard(world), []);
  });

  test('to what is not there names the nearest', async () => {
    const world = await watched();
    const refused = await world.say(BEN, 'subscribe chrun');
    assert.equal(codeOf(refused), 'environment-not-found');
    assert.match(JSON.stringify(refused), /Did you mean `churn`/);
    assert.match(JSON.stringify(await world.say(BEN, 'subscribe --edge lba')), /`lab`/);
    const outcome = await world.say(BEN, 'subscribe churn --outcome faild');
    assert.match(JSON.stringify(outcome), /`failed`/);
  });

  test('ends, and ending it again says what there is', async () => {
    const world = await watched();
    await world.say(BEN, 'subscribe --edge lab');
    assert.equal((await world.say(BEN, 'unwatch churn')).kind, 'notice');
    const again = await world.say(BEN, 'unsubscribe churn');
    assert.equal(codeOf(again), 'not-subscribed');
    assert.match(JSON.stringify(again), /unsubscribe --edge lab/);
    const left = await world.say(BEN, 'subscriptions');
    assert.ok(left.kind === 'subscriptions' && left.subscriptions.length === 1);
  });

  test('for a channel needs one', async () => {
    const world = await watched();
    assert.equal(codeOf(await world.say(BEN, 'subscribe churn --here')), 'not-here');
  });

  test('is for those whom roles let', async () => {
    const role = { name: 'quiet', members: [ANA], commands: ['subscribe'], edges: [] };
    const roles = [{ ...role, channels: [], indexes: [], projects: [], tags: [] }];
    const world = createWorld({}, { settings: { ...settings, roles } });
    world.store.environments.set('churn', environment());
    assert.equal(codeOf(await world.say(BEN, 'subscribe churn')), 'not-allowed');
    assert.equal((await world.say(ANA, 'subscribe churn')).kind, 'notice');
  });

  test('is shown by `show`, which offers the other', async () => {
    const world = await watched();
    const watching = await world.say(BEN, 'show churn');
    assert.ok(watching.kind === 'environment' && watching.isWatched);
    const other = await world.say(OMAR, 'show churn');
    assert.ok(other.kind === 'environment' && !other.isWatched);
  });
});
