/** Who waits sees their place and how long it may take, without an edit for each second. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { type Message, visibleText } from '../../deploy/lab/slack/index.ts';
import type { Build } from '../../src/domain/build.ts';
import type { Timing } from '../../src/domain/estimate.ts';
import { createLiveEdits } from '../../src/slack/deliveries/live-edits.ts';
import { PACE } from '../../src/slack/deliveries/pace.ts';
import { build as sample, settings } from '../answers/samples.ts';
import { MemoryStore } from './memory.ts';
import { ANA, DATA, inWorld, says, type World } from './world.ts';

const past: Timing = {
  ...{ isKnown: false, packages: [] },
  seconds: { solve: 10, create: 100, pack: 30, stage: 30, verify: 70 },
};

async function create(world: World, name: string): Promise<Build> {
  await world.slash(`create ${name} python=3.11 numpy`);
  await world.slack.untilMessage(says(new RegExp(`${name} waits`)));
  const made = [...world.store.builds.values()].find(({ request }) => request.environment === name);
  return world.store.untilBuild(String(made?.id), ({ message }) => message !== null);
}

/** As a worker takes it: it solves. */
const begin = (world: World, { id, steps }: Build, startedAt = Date.now()): Promise<Build> =>
  world.move(id, {
    ...{ state: 'running', startedAt },
    steps: steps.map((step) =>
      step.name === 'solve' ? { ...step, status: 'in_progress', startedAt } : step,
    ),
  });

const log = { info() {}, warn() {}, error() {} };

const shows = (world: World, { message }: Build, pattern: RegExp): Promise<Message> =>
  world.slack.untilMessage((seen) => seen.ts === message?.ts && pattern.test(visibleText(seen)));

describe('a build that waits', () => {
  test('says its place and when it may begin, and moves up with those before it', () =>
    inWorld(async (world) => {
      world.store.timings.push(past);
      const one = await create(world, 'one');
      await begin(world, one);
      const two = await create(world, 'two');
      const three = await create(world, 'three');
      // Those before them give their slots back for the proof: 170 s each.
      await shows(world, two, /1st in the queue, about 3 min until it begins/);
      await shows(world, three, /2nd in the queue, about 6 min until it begins/);
      await world.finish(one.id);
      await begin(world, two);
      await shows(world, three, /1st in the queue, about 3 min until it begins/);
      await shows(world, two, /Step 1 of 5: solving, about 4 min left/);
    }));

  test('costs no edit while its place stays, however the time goes by', async () => {
    const store = new MemoryStore();
    const build = sample('queued', { message: { channel: DATA, ts: '1.1' } });
    await store.createBuild(build);
    let expected = { position: 2, seconds: 500 };
    let looks = 0;
    const looked = async (): Promise<void> => {
      const before = looks;
      edits.mark(build.id);
      while (looks === before) await setImmediate();
    };
    const sent: string[] = [];
    const clock = { now: () => 1_000_000 + looks * 10_000 };
    const edits = createLiveEdits({
      ...{ store, settings, clock, pace: PACE, log },
      chat: { edit: async (_: unknown, message: object) => void sent.push(visibleText(message)) },
      outlook: async () => {
        looks += 1;
        return expected;
      },
    });
    const stopping = new AbortController();
    const working = edits.work(stopping.signal);
    for (let time = 0; time < 20; time += 1) {
      await looked();
      expected = { ...expected, seconds: expected.seconds - 20 };
    }
    assert.equal(sent.length, 1);
    expected = { position: 1, seconds: 100 };
    await looked();
    await looked();
    assert.equal(sent.length, 2);
    assert.match(sent[1] ?? '', /1st in the queue, about 2 min/);
    stopping.abort();
    await working;
  });

  test('has a place without a guess where nothing was built before', () =>
    inWorld(async (world) => {
      await begin(world, await create(world, 'one'));
      const two = await create(world, 'two');
      const seen = await shows(world, two, /1st in the queue/);
      assert.doesNotMatch(visibleText(seen), /until it begins/);
      await world.slash('status two');
      await world.slack.untilEphemeral(ANA, says(/1st in the queue/));
    }));
});
