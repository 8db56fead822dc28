import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import type { Message } from '../../deploy/lab/slack/index.ts';
import { outsideError } from '../../src/domain/errors.ts';
import { build, environment } from '../answers/samples.ts';
import { ANA, DATA, inWorld, says, visibleText, type World } from './world.ts';

async function create(world: World, name = 'churn'): Promise<{ id: string; message: Message }> {
  await world.slash(`create ${name} python=3.11 numpy`);
  const message = await world.slack.untilMessage(says(new RegExp(`${name} waits`)));
  const id = [...world.store.builds.values()].find(
    ({ request }) => request.environment === name,
  )?.id;
  await world.store.untilBuild(id as string, (build) => build.message !== null);
  return { id: id as string, message };
}

const edits = (world: World) => world.slack.calls('chat.update');
const replies = (world: World, ts: string) => world.slack.thread(DATA, ts).slice(1);

const detail = (world: World, id: string, text: string) =>
  world.store.updateBuild(id, (build) => ({
    ...build,
    state: 'running',
    steps: build.steps.map((step) =>
      step.name === 'create' ? { ...step, status: 'in_progress', detail: text } : step,
    ),
  }));

describe('live messages', () => {
  test('changes that come faster than Slack takes them fall together; the newest state wins', () =>
    inWorld(async (world) => {
      const builds = [];
      for (const name of ['one', 'two', 'three', 'four']) builds.push(await create(world, name));
      for (let change = 0; change < 200; change += 1) {
        for (const { id } of builds) await detail(world, id, `${change} of 200`);
      }
      for (const { id } of builds) await world.finish(id);
      for (const { message } of builds) {
        await world.slack.untilMessage((seen) => seen.ts === message.ts && says(/is ready/)(seen));
      }
      assert.ok(edits(world).length <= 20, `${edits(world).length} edits for 800 changes`);
    }));

  test('Slack never has to refuse an edit, whatever the number of builds', () =>
    inWorld(async (world) => {
      const began = performance.now();
      const seconds = () => (performance.now() - began) / 1000;
      const builds = [];
      for (let index = 0; index < 5; index += 1) builds.push(await create(world, `env-${index}`));
      // As many as at once, whatever else the machine has to do, and beyond.
      for (let change = 0; edits(world).length < 10 || seconds() < 2.5; change += 1) {
        assert.ok(seconds() < 30, `${edits(world).length} edits in 30 s`);
        for (const { id } of builds) await detail(world, id, `step ${change}`);
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      const count = edits(world).length;
      const allowed = 10 + (40 * seconds()) / 60;
      assert.ok(count <= allowed, `${count} edits; 10 at once and 40 a minute are ${allowed}`);
      assert.ok(edits(world).every((call) => !JSON.stringify(call).includes('ratelimited')));
    }));

  test('an ended build goes before those still running', () =>
    inWorld(async (world) => {
      const other = await create(world, 'other');
      const running = await create(world, 'running');
      const ended = await create(world, 'ended');
      // Their places in the queue may be told before, or just then.
      const before = edits(world).length;
      // Both change while it waits, on a machine with much else to do, too.
      world.slack.faults.next('chat.update', { retryAfter: 3 });
      await detail(world, other.id, 'first');
      await until(() => edits(world).length === before + 1);
      // With this one the places in the queue are others.
      await detail(world, running.id, 'second');
      await world.finish(ended.id);
      await world.slack.untilMessage(says(/ended@1 is ready/));
      assert.equal(edits(world)[before + 1]?.args.ts, ended.message.ts);
    }));

  test('a line does not wait until a message that was edited just now may be edited again', () =>
    inWorld(
      async (world) => {
        const { id } = await create(world);
        await detail(world, id, 'first');
        // By its answer the edit of the detail has been put off.
        await world.slash('list');
        await world.slack.untilEphemeral(ANA, says(/no environments yet/));
        assert.equal(edits(world).length, 0);
        await world.finish(id);
        await world.slack.untilMessage(says(/churn@1 is ready/));
      },
      { pace: { betweenEdits: 600_000 } },
    ));

  test('after "too many requests" edits wait as long as Slack says, and nothing else does', () =>
    inWorld(async (world) => {
      const { id } = await create(world);
      world.slack.faults.next('chat.update', { retryAfter: 3 });
      await detail(world, id, 'first');
      await until(() => edits(world).length === 1);
      const refusedAt = performance.now();
      await world.slash('list');
      await world.slack.untilEphemeral(ANA, says(/no environments yet/));
      assert.equal(edits(world).length, 1);
      await world.slack.untilMessage(says(/first/));
      assert.ok(performance.now() - refusedAt >= 2_950);
      assert.equal(edits(world).length, 2);
    }));

  test('go on when the clock of all hosts is set back by an hour', () => {
    const clock = { behind: 0, now: () => Date.now() - clock.behind };
    return inWorld(
      async (world) => {
        const { id } = await create(world);
        world.slack.faults.next('chat.update', { retryAfter: 1 });
        await detail(world, id, 'first');
        await until(() => edits(world).length === 1);
        clock.behind = 3_600_000;
        await world.slack.untilMessage(says(/first/));
        await detail(world, id, 'second');
        await world.slack.untilMessage(says(/second/));
      },
      { clock },
    );
  });

  test('what would look the same is not sent', () =>
    inWorld(async (world) => {
      const { id } = await create(world);
      await world.move(id, { fingerprint: 'nobody sees this' });
      await detail(world, id, 'this is seen');
      await world.slack.untilMessage(says(/this is seen/));
      await world.move(id, { fingerprint: 'nor this' });
      await detail(world, id, 'the end');
      await world.slack.untilMessage(says(/the end/));
      assert.equal(edits(world).length, 2);
    }));

  test('while Slack is down builds go on; the message catches up', () =>
    inWorld(async (world) => {
      const { id } = await create(world);
      world.slack.faults.next('chat.update', { status: 503, times: 3 });
      world.slack.faults.next('chat.update', { loseReply: true });
      world.slack.faults.next('chat.update', { error: 'internal_error' });
      await world.finish(id);
      await world.slack.untilMessage(says(/churn@1 is ready/));
      await until(() => edits(world).length >= 6);
    }));

  test('a deleted message is left alone, and its notice goes to the person', () =>
    inWorld(async (world) => {
      const { id, message } = await create(world);
      world.slack.workspace.remove(message);
      await world.finish(id);
      await until(() => edits(world).length === 1);
      await world.store.addNotice(notice(id, 'thread'));
      const direct = await world.slack.untilMessage(({ channel }) => channel.startsWith('D'));
      assert.match(visibleText(direct), /is ready/);
      assert.equal(edits(world).length, 1);
    }));

  test('blocks Slack refuses still tell the state by their text', () =>
    inWorld(async (world) => {
      const { id, message } = await create(world);
      world.slack.faults.next('chat.update', { error: 'invalid_blocks' });
      await world.finish(id);
      const seen = await world.slack.untilMessage((candidate) =>
        /is ready on/.test(candidate.text),
      );
      assert.equal(seen.ts, message.ts);
    }));

  test('a change the store told nobody of is found all the same', () =>
    inWorld(
      async (world) => {
        const { id } = await create(world);
        const current = world.store.builds.get(id);
        if (current)
          world.store.builds.set(id, { ...current, state: 'cancelled', finishedAt: Date.now() });
        await world.slack.untilMessage(says(/was cancelled/));
      },
      { pace: { resync: 50 } },
    ));

  test('that look as they did are not edited again after a restart', () =>
    inWorld(async (world) => {
      const names = ['one', 'two', 'three'];
      const builds = [];
      for (const name of names) builds.push(await create(world, name));
      for (const { id } of builds.slice(1)) await world.finish(id);
      for (const name of names.slice(1))
        await world.slack.untilMessage(says(new RegExp(`${name}@1 is ready`)));
      await detail(world, builds[0]?.id as string, 'as it was');
      await world.slack.untilMessage(says(/as it was/));
      const before = edits(world).length;
      await world.restart();
      await detail(world, builds[0]?.id as string, 'after the restart');
      await world.slack.untilMessage(says(/after the restart/));
      // By then those that had nothing new have been looked at, too.
      await detail(world, builds[0]?.id as string, 'the end');
      await world.slack.untilMessage(says(/the end/));
      assert.equal(edits(world).length, before + 2);
    }));

  test('are told of by one of two bots; when it stops the other one goes on', () =>
    inWorld(async (world) => {
      await world.another();
      const { id, message } = await create(world);
      await detail(world, id, 'first');
      await world.slack.untilMessage(says(/first/));
      await world.app.stop();
      await detail(world, id, 'second');
      await world.slack.untilMessage(says(/second/));
      await world.finish(id);
      await world.slack.untilMessage(says(/churn@1 is ready/));
      await world.store.addNotice(notice(id, 'thread'));
      await until(() => world.store.settled.has('n-thread'));
      assert.equal(replies(world, message.ts).length, 1);
      assert.equal(
        edits(world).length,
        new Set(edits(world).map(({ args }) => JSON.stringify(args))).size,
      );
      assert.equal(world.slack.calls('chat.postMessage').length, 2);
    }));

  test('after a restart the message shows what happened meanwhile', () =>
    inWorld(async (world) => {
      const { id } = await create(world);
      await world.app.stop();
      await world.finish(id);
      await world.store.addNotice(notice(id, 'thread'));
      await world.restart();
      await world.slack.untilMessage(says(/churn@1 is ready/));
      await until(() => world.store.settled.has('n-thread'));
    }));
});

/** What may come between a message that Slack took and its build's record. */
const INTERRUPTIONS: Record<string, (world: World, context: TestContext) => void> = {
  'the store went away before it knew of it': (world, { mock }) => {
    mock.method(
      world.services,
      'attachMessage',
      async () => {
        throw outsideError({ code: 'store-unavailable', message: 'away', retryable: true });
      },
      { times: 1 },
    );
  },
  'Slack’s confirmation was lost': (world) => {
    world.slack.faults.next('chat.postMessage', { error: 'not_in_channel' });
    world.slack.faults.next('chat.postMessage', { loseReply: true });
  },
};

describe('a new build’s message', () => {
  test('is one, also when Slack’s confirmation was lost', () =>
    inWorld(async (world) => {
      world.slack.faults.next('chat.postMessage', { loseReply: true });
      await world.slash('create churn python=3.11 numpy');
      const build = await world.store.untilBuild('build1', ({ message }) => message !== null);
      assert.equal(world.slack.messages(DATA).length, 1);
      assert.equal(build.message?.ts, world.slack.messages(DATA)[0]?.ts);
    }));

  test('is one, also when it was looked for in vain before Slack’s confirmation was lost', () =>
    inWorld(async (world) => {
      world.slack.faults.next('chat.postMessage', { status: 503 });
      world.slack.faults.next('chat.postMessage', { loseReply: true });
      await world.slash('create churn python=3.11 numpy');
      const build = await world.store.untilBuild('build1', ({ message }) => message !== null);
      assert.deepEqual(
        world.slack.messages(DATA).map(({ ts }) => ts),
        [build.message?.ts],
      );
    }));

  for (const [what, interrupt] of Object.entries(INTERRUPTIONS)) {
    test(`is one where we may not write, also when ${what}`, (context) =>
      inWorld(
        async (world) => {
          interrupt(world, context);
          await world.slash('create churn python=3.11 numpy', { channel: 'C0RANDOM01' });
          const build = await world.store.untilBuild('build1', ({ message }) => message !== null);
          const { id } = world.slack.workspace.directChannel(world.slack.workspace.user(ANA));
          assert.deepEqual(
            world.slack.messages(id).map(({ ts }) => ts),
            [build.message?.ts],
          );
        },
        { emulator: { scopes: ['commands', 'chat:write', 'im:write', 'im:history'] } },
      ));
  }

  test('that Slack refuses where it was asked for goes to the person, who knows why', () =>
    inWorld(async (world) => {
      world.slack.faults.next('chat.postMessage', { error: 'is_archived' });
      await world.slash('create churn python=3.11 numpy');
      await world.store.untilBuild(
        'build1',
        ({ message }) => message?.channel.startsWith('D') ?? false,
      );
      await world.slack.untilEphemeral(
        ANA,
        says(/This channel is archived\s+, so the build reports/),
      );
      world.slack.faults.next('chat.postMessage', { error: 'cannot_reply_to_message' });
      await world.slash('create other python=3.11 numpy');
      await world.store.untilBuild(
        'build2',
        ({ message }) => message?.channel.startsWith('D') ?? false,
      );
      await world.slack.untilEphemeral(
        ANA,
        says(/Slack does not let me write here\s+, so the build/),
      );
    }));

  test('that Slack takes nowhere is no secret to the person', () =>
    inWorld(async (world) => {
      world.slack.faults.next('chat.postMessage', { error: 'is_archived', times: 2 });
      await world.slash('create churn python=3.11 numpy');
      const why = /goes on\. Slack refuses its message[\s\S]*is_archived[\s\S]*status build1/;
      await world.slack.untilEphemeral(ANA, says(why));
    }));

  test('whose blocks Slack refuses is told by its text', () =>
    inWorld(async (world) => {
      world.slack.faults.next('chat.postMessage', { error: 'invalid_blocks' });
      await world.slash('create churn python=3.11 numpy');
      await world.store.untilBuild('build1', ({ message }) => message?.channel === DATA);
      assert.match(world.slack.messages(DATA)[0]?.text ?? '', /churn/);
    }));

  test('calls nobody: an edit brings the name of who asked', () =>
    inWorld(
      async (world) => {
        await create(world);
        const [posted] = world.slack.calls('chat.postMessage');
        assert.doesNotMatch(JSON.stringify(posted?.args), new RegExp(ANA));
        await until(() => JSON.stringify(world.slack.messages(DATA)).includes(`<@${ANA}>`));
      },
      { pace: { resync: 50 } },
    ));

  test('costs one call each when many are owed at once, and nothing is looked for that was never sent', () =>
    inWorld(
      async (world) => {
        world.slack.faults.next('chat.postMessage', { retryAfter: 1, times: 1 });
        const names = Array.from({ length: 12 }, (_, index) => `many-${index}`);
        await Promise.all(names.map((name) => world.slash(`create ${name} python=3.11 numpy`)));
        await until(() => world.slack.messages(DATA).length === names.length);
        assert.equal(world.slack.calls('chat.postMessage').length, names.length + 1);
        assert.deepEqual(world.slack.calls('conversations.history'), []);
      },
      {
        pace: { posts: { burst: 4, perMinute: 600 } },
        emulator: { rateLimits: false },
      },
    ));

  test('follows for all that a bot left without one, however few looks Slack allows', () =>
    inWorld(
      async (world) => {
        await world.app.stop();
        for (const name of ['one', 'two', 'three', 'four', 'five', 'six']) {
          const known = build('running', { id: name, message: null });
          await world.store.createBuild({
            ...known,
            requester: { ...known.requester, channel: DATA },
          });
        }
        await world.restart();
        for (const id of [...world.store.builds.keys()])
          await world.store.untilBuild(id, ({ message }) => message !== null);
        assert.equal(world.slack.calls('chat.postMessage').length, 6);
        // In the channel, and in the direct conversation, once each.
        assert.ok(world.slack.calls('conversations.history').length <= 12);
      },
      {
        pace: { announcing: 10, searches: { burst: 1, perMinute: 1_200 } },
        emulator: { rateLimits: false },
      },
    ));

  test('stands in the thread it was asked in, also when it is posted after a restart', () =>
    inWorld(
      async (world) => {
        const root = await world.slack.say({ user: ANA, channel: DATA, text: 'shall we?' });
        const threadTs = root.message.ts;
        world.slack.faults.next('chat.postMessage', { status: 503, times: 3 });
        const text = 'create churn python=3.11 numpy';
        await world.slack.mention({ user: ANA, channel: DATA, text, threadTs });
        await world.store.untilBuild('build1', ({ id }) => id === 'build1');
        await world.restart();
        const build = await world.store.untilBuild('build1', ({ message }) => message !== null);
        const replies = world.slack.thread(DATA, threadTs).map(({ ts }) => ts);
        assert.equal(replies.at(-1), build.message?.ts);
        assert.equal(world.slack.messages(DATA).filter(says(/churn waits/)).length, 1);
      },
      { pace: { announcing: 50 } },
    ));

  test('is posted after a restart of a build that has ended by then, and its notice stands under it', () =>
    inWorld(
      async (world) => {
        world.slack.faults.next('chat.postMessage', { status: 503, times: 3 });
        await world.slash('create churn python=3.11 numpy');
        await world.store.untilBuild('build1', ({ id }) => id === 'build1');
        await world.finish('build1');
        await world.store.addNotice(notice('build1', 'thread'));
        await world.restart();
        const build = await world.store.untilBuild('build1', ({ message }) => message !== null);
        await until(() => world.store.settled.has('n-thread'));
        assert.equal(replies(world, build.message?.ts ?? '').length, 1);
      },
      { pace: { announcing: 50 } },
    ));

  test('follows when Slack takes messages again, and the person knows', () =>
    inWorld(async (world) => {
      world.slack.faults.next('chat.postMessage', { status: 503, times: 3 });
      await world.slash('create churn python=3.11 numpy');
      await world.slack.untilEphemeral(ANA, says(/is recorded and goes on/));
      await world.slack.untilMessage(says(/churn waits/));
      await world.store.untilBuild('build1', ({ message }) => message !== null);
    }));
});

describe('notices', () => {
  test('arrive once, in the thread, with the steps and no second whole line', () =>
    inWorld(async (world) => {
      const { id, message } = await create(world);
      await world.finish(id);
      await world.store.addNotice(notice(id, 'thread'));
      await until(() => world.store.settled.has('n-thread'));
      const [reply, ...others] = replies(world, message.ts);
      assert.deepEqual(others, []);
      assert.match(visibleText(reply as Message), /Solve[\s\S]*Pack the archive/);
      assert.doesNotMatch(visibleText(reply as Message), /pyspark --master yarn/);
    }));

  test('are not doubled when Slack’s confirmation was lost', () =>
    inWorld(async (world) => {
      const { id, message } = await create(world);
      await world.finish(id);
      world.slack.faults.next('chat.postMessage', { loseReply: true });
      await world.store.addNotice(notice(id, 'thread'));
      await until(() => world.store.settled.has('n-thread'));
      assert.equal(replies(world, message.ts).length, 1);
      world.slack.faults.next('chat.postMessage', { loseReply: true });
      await world.store.addNotice(notice(id, 'direct'));
      await until(() => world.store.settled.has('n-direct'));
      const channel = world.slack.workspace.directChannel(world.slack.workspace.user(ANA));
      assert.equal(world.slack.messages(channel.id).length, 1);
    }));

  test('of an environment whose time is up reach its owner once, with a way to keep it', () =>
    inWorld(async (world) => {
      const ends = Date.now() + 7 * 86_400_000;
      const remind = async (id: string) => {
        const about = { environment: 'churn', ends, dueAt: Date.now() };
        await world.store.addNotice({ id, kind: 'expiring', ...about });
        await until(() => world.store.settled.has(id));
      };
      world.store.environments.set('churn', environment());
      world.slack.faults.next('chat.postMessage', { loseReply: true });
      await remind('expiring.churn');
      const channel = world.slack.workspace.directChannel(world.slack.workspace.user(ANA));
      const [message, ...others] = world.slack.messages(channel.id);
      assert.deepEqual(others, []);
      assert.match(visibleText(message as Message), /Unless you keep it, it is let go/);
      assert.match(JSON.stringify(message?.blocks), /keep churn/);
      await world.store.updateEnvironment('churn', (known) => ({ ...known, keptUntil: ends + 1 }));
      await remind('expiring.churn.again');
      assert.equal(world.slack.messages(channel.id).length, 1);
    }));

  test('of what builds fail for reach an operator, and that it is gone', () =>
    inWorld(async (world) => {
      const tell = async (id: string, isGone: boolean) => {
        const about = {
          edges: ['lab'],
          text: 'Edge lab is full. Make room.',
          buildId: 'b1',
          isGone,
        };
        await world.store.addNotice({ id, kind: 'fault', to: ANA, ...about, dueAt: Date.now() });
        await until(() => world.store.settled.has(id));
      };
      await tell('fault.1', false);
      await tell('fault.2', true);
      const channel = world.slack.workspace.directChannel(world.slack.workspace.user(ANA));
      const texts = world.slack.messages(channel.id).map((each) => visibleText(each));
      assert.equal(texts.length, 2);
      assert.match(texts[0] ?? '', /Builds fail on lab\s*:\s*Edge lab is full\. Make room\./);
      assert.match(texts[1] ?? '', /Mended on lab\s*\. It was:\s*Edge lab is full/);
    }));

  test('of newer packages reach the owner who still wants them, with a way to see all', () =>
    inWorld(async (world) => {
      const tell = async (id: string) => {
        const about = { environment: 'churn', text: 'Newer packages: 1 changed.' };
        await world.store.addNotice({ id, kind: 'newer', ...about, dueAt: Date.now() });
        await until(() => world.store.settled.has(id));
      };
      const schedule = {
        ...{ every: 'weekly' as const, by: ANA, dueAt: 0, tellOnly: true, last: null },
      };
      world.store.environments.set('churn', { ...environment(), schedule });
      await tell('newer.churn.1');
      const channel = world.slack.workspace.directChannel(world.slack.workspace.user(ANA));
      const [message] = world.slack.messages(channel.id);
      assert.match(visibleText(message as Message), /1 changed/);
      assert.match(JSON.stringify(message?.blocks), /plan churn .*schedule churn off/);
      world.store.environments.set('churn', environment());
      await tell('newer.churn.2');
      assert.equal(world.slack.messages(channel.id).length, 1);
    }));

  test('of what a schedule has built reach the owner: the change and the line, or why not', () =>
    inWorld(async (world) => {
      const known = environment();
      const owned = { ...known, owner: ANA };
      const before = known.revisions[1];
      assert.ok(before);
      const [numpy] = before.lock.packages.filter(({ name }) => name === 'numpy');
      assert.ok(numpy);
      const older = { ...numpy, version: '1.26.4', sha256: 'c'.repeat(64) };
      const others = before.lock.packages.filter(({ name }) => name !== 'numpy');
      const lock = { ...before.lock, packages: [...others, older] };
      const revisions = known.revisions.map((each) => (each === before ? { ...each, lock } : each));
      world.store.environments.set('churn', { ...owned, revisions });
      const channel = world.slack.workspace.directChannel(world.slack.workspace.user(ANA));
      const told = async (state: 'ready' | 'failed') => {
        const ended = { ...build(state), id: `${state}1` };
        const made = { message: null, lock: known.revisions[2]?.lock ?? null };
        world.store.builds.set(ended.id, { ...ended, ...made });
        const id = `scheduled.${ended.id}.1`;
        const about = { environment: 'churn', buildId: ended.id, dueAt: Date.now() };
        await world.store.addNotice({ id, kind: 'scheduled', ...about });
        await until(() => world.store.settled.has(id));
        return world.slack.messages(channel.id).at(-1) as Message;
      };
      const said = (message: Message) => visibleText(message).replaceAll('\n', '');
      const ready = await told('ready');
      assert.match(said(ready), /churn@3 is ready, by schedule\. 1 changed: `?numpy 1\.26\.4/);
      assert.match(said(ready), /\/run churn@3 pyspark/);
      assert.match(JSON.stringify(ready.blocks), /diff churn@2 churn@3.*rollback churn --to 2/);
      const failed = await told('failed');
      assert.match(said(failed), /could not be built by schedule[\s\S]*still means `?churn@3/);
      assert.match(JSON.stringify(failed.blocks), /retry failed1.*schedule churn off/);
      assert.equal(world.slack.messages(channel.id).length, 2);
    }));

  test('wait while Slack is away or says later', () =>
    inWorld(async (world) => {
      const { id, message } = await create(world);
      await world.finish(id);
      world.slack.faults.next('chat.postMessage', { status: 500, times: 2 });
      world.slack.faults.next('chat.postMessage', { retryAfter: 1 });
      await world.store.addNotice(notice(id, 'thread'));
      await until(() => world.store.settled.has('n-thread'));
      assert.equal(replies(world, message.ts).length, 1);
    }));

  test('arrive although we may not read the channel', () =>
    inWorld(
      async (world) => {
        const { id, message } = await create(world);
        await world.finish(id);
        await world.store.addNotice(notice(id, 'thread'));
        await until(() => world.store.settled.has('n-thread'));
        assert.equal(replies(world, message.ts).length, 1);
      },
      { emulator: { scopes: ['commands', 'chat:write'] } },
    ));

  test('show the end of the log of a build that failed; its message says why and what to do', () =>
    inWorld(async (world) => {
      const { id, message } = await create(world);
      await world.store.appendLog(id, ['solving', 'nothing provides scipy 0.19']);
      await world.move(id, {
        state: 'failed',
        finishedAt: Date.now(),
        failure: {
          code: 'unsatisfiable',
          kind: 'user',
          message: 'No build of `scipy=0.19` works with `python=3.11`.',
          suggestion: 'Ask for `scipy>=1.9`.',
          details: null,
          retryable: false,
        },
      });
      await world.store.addNotice(notice(id, 'thread'));
      await until(() => world.store.settled.has('n-thread'));
      const [reply] = replies(world, message.ts);
      assert.match(visibleText(reply as Message), /nothing provides scipy 0\.19/);
      const live = await world.slack.untilMessage(says(/churn could not be built/));
      assert.match(visibleText(live), /What to do: [\s\S]*scipy>=1\.9/);
    }));

  test('to who waited long are short: the short line, and the way to the message', () =>
    inWorld(async (world) => {
      const { id } = await create(world);
      await world.finish(id);
      await world.store.addNotice(notice(id, 'direct'));
      const told = await world.slack.untilMessage(({ channel }) => channel.startsWith('D'));
      assert.match(visibleText(told), /churn@1\s+is ready[\s\S]*run churn@3 pyspark/);
      assert.doesNotMatch(visibleText(told), /--master/);
      assert.match(JSON.stringify(told.blocks), /"type":"link","url":"http/);
    }));

  test('of a build that was begun again are for nobody: its message tells how it goes', () =>
    inWorld(async (world) => {
      const { id, message } = await create(world);
      await world.store.addNotice(notice(id, 'thread'));
      await until(() => world.store.settled.has('n-thread'));
      assert.deepEqual(replies(world, message.ts), []);
    }));

  test('of another proof stand in the thread, once', () =>
    inWorld(async (world) => {
      const { id, message } = await create(world);
      await world.finish(id);
      world.slack.faults.next('chat.postMessage', { loseReply: true });
      await world.store.addNotice({ id: 'v1', kind: 'verified', buildId: id, dueAt: 0 });
      await until(() => world.store.settled.has('v1'));
      const [reply, ...others] = replies(world, message.ts);
      assert.deepEqual(others, []);
      assert.match(visibleText(reply as Message), /asked again[\s\S]*Proven on the executors/);
    }));

  test('the store being away delays them', () =>
    inWorld(async (world) => {
      const { id, message } = await create(world);
      await world.finish(id);
      // Written just before the store goes away, when nobody has looked yet.
      const added = world.store.addNotice(notice(id, 'thread'));
      world.store.away = true;
      await added;
      await until(() => world.logged.some(({ message: text }) => /have to wait/.test(text)));
      world.store.away = false;
      await until(() => world.store.settled.has('n-thread'));
      assert.equal(replies(world, message.ts).length, 1);
    }));
});

function notice(buildId: string, target: 'thread' | 'direct') {
  return { id: `n-${target}`, kind: 'settled' as const, buildId, target, dueAt: Date.now() };
}

/** Looks often, and gives up with an error after ten seconds. */
async function until(holds: () => boolean): Promise<void> {
  const end = performance.now() + 10_000;
  while (!holds()) {
    if (performance.now() > end) throw new Error(`did not come true within ten seconds: ${holds}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
