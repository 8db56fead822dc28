/** Whoever schedules an environment hears of newer packages once, and of nothing else. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Environment, isThere } from '../../src/domain/environment.ts';
import { outsideError, userError } from '../../src/domain/errors.ts';
import type { Lock } from '../../src/domain/lock.ts';
import { days } from '../../src/domain/retention.ts';
import { lookForNewer } from '../../src/pipeline/looking.ts';
import { keepRetention } from '../../src/pipeline/retention.ts';
import { environment } from '../answers/samples.ts';
import { createWorld, engineSolving, locked } from './world.ts';

const OWNER = 'U0ANARUIZ1';
const lockOf = (...texts: string[]): Lock => ({
  platform: 'linux-64',
  packages: ['python 3.11.9', ...texts].map(locked),
});

/** `churn` with numpy 1.26.4, scheduled every week by its owner; `on` does the duty on a day. */
async function scheduled() {
  const now = { ms: Date.now() };
  let answer: () => Lock = () => lockOf('numpy 1.26.4');
  let solves = 0;
  const world = createWorld({
    clock: { now: () => now.ms },
    engine: engineSolving(async () => {
      solves += 1;
      return answer();
    }),
  });
  const known = environment();
  const revisions = known.revisions.map((revision) => ({
    ...revision,
    lock: lockOf('numpy 1.26.4'),
  }));
  world.store.environments.set('churn', { ...known, revisions });
  const reply = await world.say(OWNER, 'schedule churn weekly');
  assert.equal(reply.kind, 'notice', JSON.stringify(reply));
  const began = now.ms + 1000;
  const reporting = { signal: new AbortController().signal, log: () => undefined };
  return {
    world,
    solves: () => solves,
    /** The texts of all notices there were, after the duty was done on that day. */
    async on(day: number, solve: () => Lock): Promise<string[]> {
      now.ms = began + days(day);
      answer = solve;
      await lookForNewer(world.ports, reporting);
      return [...world.store.notices.values()].flatMap((notice) =>
        notice.kind === 'newer' ? notice.text : [],
      );
    },
    /** What is left once the retention has reminded of the environment and let it go. */
    async ends() {
      world.ports.retention = { expireDays: 30, remindDays: 7, keepRevisions: null };
      for (const day of [1000, 1008]) {
        now.ms = began + days(day);
        await keepRetention(world.ports, reporting);
      }
      const { revisions, schedule } = world.store.environments.get('churn') as Environment;
      return { there: revisions.filter(isThere).length, schedule };
    },
    last() {
      return (world.store.environments.get('churn') as Environment).schedule?.last?.outcome;
    },
  };
}

const same = () => lockOf('numpy 1.26.4');
const newer = () => lockOf('numpy 2.2.6');
const CHANGED = 'Newer packages: 1 changed: `numpy 1.26.4` → `2.2.6`.';

describe('a scheduled environment', () => {
  test('is silent while nothing newer would come', async () => {
    const { on, last } = await scheduled();
    assert.deepEqual(await on(0, same), []);
    assert.equal(last(), 'same');
  });

  test('is looked at when its time has come, and not before', async () => {
    const { on, solves } = await scheduled();
    await on(0, same);
    await on(6.9, newer);
    assert.equal(solves(), 1);
    assert.deepEqual(await on(7.1, newer), [CHANGED]);
  });

  test('tells what would change once, and again where it is something else', async () => {
    const { on } = await scheduled();
    assert.deepEqual(await on(0, newer), [CHANGED]);
    assert.deepEqual(await on(8, newer), [CHANGED]);
    const other = await on(16, () => lockOf('numpy 2.3.0'));
    assert.equal(other.length, 2);
  });

  test('tells once why it cannot be solved any more', async () => {
    const { on, last } = await scheduled();
    const broken = () => {
      throw userError({ code: 'package-not-found', message: 'numpy is gone.', suggestion: null });
    };
    await on(0, broken);
    const texts = await on(8, broken);
    assert.equal(texts.length, 1);
    assert.match(texts.join(), /numpy is gone/);
    assert.equal(last(), 'broken');
  });

  test('is tried again within the day where a channel was away, without a word', async () => {
    const { on } = await scheduled();
    const away = () => {
      throw outsideError({ code: 'channel-away', message: 'Away.', suggestion: null });
    };
    assert.deepEqual(await on(0, away), []);
    assert.deepEqual(await on(0.1, newer), [CHANGED]);
  });

  test('is not deleted as a whole until the schedule is ended', async () => {
    const { world } = await scheduled();
    const refused = await world.say(OWNER, 'delete churn --yes');
    assert.ok(refused.kind === 'refusal' && refused.error.code === 'in-use');
    assert.deepEqual(
      refused.error.repairs.map(({ command }) => command),
      ['schedule churn off'],
    );
    assert.equal((await world.say(OWNER, 'delete churn@1 --yes')).kind, 'left');
    await world.say(OWNER, 'schedule churn off');
    assert.equal((await world.say(OWNER, 'delete churn --yes')).kind, 'left');
  });

  test('is none any more once all of it is let go because its time is up', async () => {
    const { world, ends } = await scheduled();
    assert.deepEqual(await ends(), { there: 0, schedule: null });
    assert.equal((await world.say(OWNER, 'show churn')).kind, 'environment');
  });

  test('is its owner’s to begin and to end', async () => {
    const { world, on, solves } = await scheduled();
    const denied = await world.say('U01', 'schedule churn off');
    assert.ok(denied.kind === 'refusal' && denied.error.code === 'not-allowed');
    await world.say(OWNER, 'schedule churn off');
    await on(30, newer);
    assert.equal(solves(), 0);
  });
});
