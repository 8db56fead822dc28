/** What is watched is told where it was asked for, once, and a press ends it. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Message, visibleText } from '../../deploy/lab/slack/index.ts';
import { tellSettled } from '../../src/pipeline/telling.ts';
import { ANA, BEN, DATA, inWorld, OMAR, says, type World } from './world.ts';

const OPEN = 'C0GENERAL1';
const ready = /churn@1.*is ready.*, by/s;

/** Ana's `churn`, asked for in `DATA` and at work. */
async function create(world: World): Promise<string> {
  await world.slash('create churn python=3.11 numpy');
  await world.slack.untilMessage(says(/churn waits/));
  const [build] = [...world.store.builds.values()];
  const made = await world.store.untilBuild(String(build?.id), ({ message }) => message !== null);
  return made.id;
}

/** The build has ended, and its worker has told so. */
async function end(world: World, id: string): Promise<void> {
  const build = await world.finish(id);
  await tellSettled({ store: world.store, clock: { now: Date.now } }, build);
}

const isDirect = ({ channel }: Message) => channel.startsWith('D');
const at = ({ channel, ts }: Message) => ({ channel, ts });

describe('what is watched', () => {
  test('is told directly, with its line and the way to its message, and Unwatch ends it', () =>
    inWorld(async (world) => {
      const id = await create(world);
      await world.slash('subscribe churn', { user: BEN });
      await world.slack.untilEphemeral(BEN, says(/You are told of .*churn/s));
      await end(world, id);
      const told = await world.slack.untilMessage((each) => isDirect(each) && says(ready)(each));
      assert.match(visibleText(told), /run.*churn@1|pyspark/s);
      assert.match(visibleText(told), /All of it/);
      const [show, unwatch] = ['say_1', 'say_2'];
      await world.slack.click({ user: BEN, ...at(told), actionId: unwatch });
      await world.slack.untilMessage(says(/You are not told of .*churn.* any more/s));
      assert.equal(world.store.subscriptions.size, 0);
      await world.slack.click({ user: BEN, ...at(told), actionId: show });
      await world.slack.untilMessage(says(/owned by/));
    }));

  test('is told once, whatever of it matches, and to nobody who asked for it', () =>
    inWorld(async (world) => {
      const id = await create(world);
      await world.slash('subscribe churn', { user: ANA });
      for (const text of ['subscribe churn', 'subscribe --edge lab', `subscribe @${ANA}`]) {
        await world.slash(text, { user: BEN });
      }
      await world.slack.untilEphemeral(BEN, says(/You are told of .*what/s));
      await end(world, id);
      await world.slack.untilMessage((each) => isDirect(each) && says(ready)(each));
      await world.restart();
      await until(() => [...world.store.notices.values()].every(({ kind }) => kind !== 'heard'));
      const told = world.slack.calls('chat.postMessage').filter(({ args }) => {
        return String(args.channel).startsWith('D') && ready.test(String(JSON.stringify(args)));
      });
      assert.equal(told.length, 1);
    }));

  test('is told where a channel asked for it, where nobody is called', () =>
    inWorld(async (world) => {
      const id = await create(world);
      await world.slash('subscribe --edge lab --here', { user: BEN, channel: OPEN });
      await world.slack.untilEphemeral(BEN, says(/This channel is told of .*everything.*lab/s));
      await world.slash('subscribe churn --here', { user: OMAR, channel: DATA });
      await world.slack.untilEphemeral(OMAR, says(/This channel is told of .*churn/s));
      await end(world, id);
      const told = await world.slack.untilMessage(
        (each) => each.channel === OPEN && says(ready)(each),
      );
      assert.match(visibleText(told), /is ready.*, by/s);
      const posts = world.slack.calls('chat.postMessage');
      const named = posts.filter(({ args }) => args.channel === OPEN);
      assert.ok(named.every(({ args }) => !JSON.stringify(args).includes(ANA)));
      // Where the build was asked for, its own message shows it.
      assert.ok(!world.slack.messages(DATA).some(says(ready)));
    }));

  test('cannot be told to a channel that the bot is not in, or to a direct message', () =>
    inWorld(async (world) => {
      await create(world);
      await world.slash('subscribe --edge lab --here', { user: BEN, channel: 'C0RANDOM01' });
      await world.slack.untilEphemeral(BEN, says(/I am not in this channel/));
      await world.slack.directMessage({ user: BEN, text: 'subscribe --edge lab --here' });
      await world.slack.untilMessage(says(/There is no channel here/));
      assert.equal(world.store.subscriptions.size, 0);
    }));
});

async function until(isSo: () => boolean): Promise<void> {
  const end = performance.now() + 5_000;
  while (!isSo()) {
    if (performance.now() > end) throw new Error('it never came to be so');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
