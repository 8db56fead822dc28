import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import type { Message } from '../../deploy/lab/slack/index.ts';
import { formatSpec } from '../../src/domain/spec.ts';
import { failures } from '../answers/samples.ts';
import { ANA, BEN, DATA, inWorld, OMAR, says, visibleText, type World } from './world.ts';

const CREATE = 'create churn python=3.11 numpy scipy pandas';

async function createBuild(world: World, text = CREATE): Promise<{ id: string; message: Message }> {
  await world.slash(text);
  const message = await world.slack.untilMessage(says(/churn waits for a build host/));
  const id = [...world.store.builds.keys()].at(-1) as string;
  await world.store.untilBuild(id, (build) => build.message?.ts === message.ts);
  return { id, message };
}

for (const mode of ['socket', 'http'] as const) {
  describe(`the app over ${mode}`, () => {
    test('a command is acknowledged at once, and the build is announced to everyone', () =>
      inWorld(
        async (world) => {
          const before = performance.now();
          const outcome = await world.slash(CREATE);
          const took = performance.now() - before;
          assert.equal(outcome.error, null);
          assert.ok(took < 1000, `acknowledged after ${took} ms`);
          const message = await world.slack.untilMessage(says(/churn waits for a build host/));
          assert.equal(message.channel, DATA);
          assert.deepEqual(world.queued, [{ buildId: 'build1', purpose: 'build' }]);
        },
        { mode },
      ));

    test('one message follows the build to its line; its story stands below and calls nobody', () =>
      inWorld(
        async (world) => {
          const { id, message } = await createBuild(world);
          await world.move(id, {
            state: 'running',
            engine: 'micromamba 2.3.0',
            startedAt: Date.now(),
          });
          await world.slack.untilMessage(says(/Building churn/));
          await world.finish(id);
          const live = await world.slack.untilMessage(says(/churn@1 is ready/));
          assert.equal(live.ts, message.ts);
          assert.match(
            visibleText(live),
            /run churn@3 pyspark[\s\S]*PYSPARK_DRIVER_PYTHON=\S+ [\s\S]*pyspark --master yarn/,
          );
          await world.store.addNotice({
            id: 'n1',
            kind: 'settled',
            buildId: id,
            target: 'thread',
            dueAt: 0,
          });
          const notice = await world.slack.untilMessage(
            (candidate) => candidate.thread_ts === message.ts && candidate.ts !== message.ts,
          );
          assert.match(
            visibleText(notice),
            /build of churn@1, step by step[\s\S]*All 5 steps done/,
          );
          assert.doesNotMatch(JSON.stringify(notice), new RegExp(ANA));
        },
        { mode },
      ));

    test('what arrives twice is done once', () =>
      inWorld(
        async (world) => {
          world.slack.faults.duplicateNextDelivery();
          await createBuild(world);
          world.slack.faults.duplicateNextDelivery();
          await world.slash('status churn');
          await world.slack.untilEphemeral(ANA, says(/churn waits/));
          await world.app.stop();
          assert.equal(world.store.builds.size, 1);
          assert.equal(world.slack.messages(DATA).length, 1);
          assert.equal(world.slack.ephemerals(ANA).length, 1);
        },
        { mode },
      ));
  });
}

describe('signed HTTP', () => {
  async function post(
    world: World,
    seconds: number,
    change = (body: string) => body,
  ): Promise<Response> {
    const body = new URLSearchParams({
      command: '/conda-env',
      text: CREATE,
      user_id: ANA,
      channel_id: DATA,
      team_id: 'T0ACMEDATA',
      trigger_id: '1.2.3',
    }).toString();
    const timestamp = String(Math.floor(Date.now() / 1000) + seconds);
    const signature = createHmac('sha256', world.slack.signingSecret)
      .update(`v0:${timestamp}:${body}`)
      .digest('hex');
    return fetch(requestUrl(world), {
      method: 'POST',
      headers: {
        'content-type': 'application/x-www-form-urlencoded; charset=utf-8',
        'x-slack-request-timestamp': timestamp,
        'x-slack-signature': `v0=${signature}`,
      },
      body: change(body),
    });
  }
  let address = '';
  const requestUrl = (_world: World): string => address;
  const overHttp = (body: (world: World) => Promise<void>) =>
    inWorld(
      async (world) => {
        address = world.url ?? '';
        await body(world);
      },
      { mode: 'http' },
    );

  test('old and future timestamps, forged bodies and missing signatures are refused', () =>
    overHttp(async (world) => {
      assert.equal((await post(world, -301)).status, 401);
      assert.equal((await post(world, 3600)).status, 401);
      assert.equal((await post(world, 0, (body) => `${body}&x=1`)).status, 401);
      const unsigned = await fetch(requestUrl(world), { method: 'POST', body: 'text=x' });
      assert.equal(unsigned.status, 401);
      assert.equal(world.store.builds.size, 0);
    }));

  test('a replayed request is answered but not done again', () =>
    overHttp(async (world) => {
      assert.equal((await post(world, 0)).status, 200);
      assert.equal((await post(world, 1)).status, 200);
      await world.slack.untilMessage(says(/churn waits/));
      assert.equal(world.store.builds.size, 1);
    }));

  test('Slack’s challenge to the request URL is met', () =>
    overHttp(async (world) => {
      assert.equal(await world.slack.verifyRequestUrl(), true);
    }));
});

describe('who sees what', () => {
  test('answers to a question are for who asked', () =>
    inWorld(async (world) => {
      await world.slash('list');
      await world.slack.untilEphemeral(ANA, says(/There are no environments yet/));
      assert.equal(world.slack.messages(DATA).length, 0);
    }));

  test('a mistake is answered with the part that is wrong marked', () =>
    inWorld(async (world) => {
      await world.slash('crate churn numpy');
      const answer = await world.slack.untilEphemeral(ANA, says(/There is no command/));
      assert.match(visibleText(answer), /crate churn numpy\n\^\^\^\^\^/);
    }));

  test('the same request again is not a second message, but a link to the first', () =>
    inWorld(async (world) => {
      const { message } = await createBuild(world);
      await world.slash(CREATE, { user: BEN });
      await world.slack.untilEphemeral(BEN, says(/belongs to|live message/));
      await world.slash(CREATE);
      const answer = await world.slack.untilEphemeral(ANA, says(/follows this build/));
      assert.match(JSON.stringify(answer.blocks), new RegExp(message.ts));
      assert.equal(world.slack.messages(DATA).length, 1);
    }));

  test('where we are not a member, the build reports directly and says how to invite us', () =>
    inWorld(
      async (world) => {
        await world.slash(CREATE, { channel: 'C0RANDOM01' });
        const answer = await world.slack.untilEphemeral(ANA, says(/not in this channel/));
        assert.match(visibleText(answer), /\/invite @Conda Ferry/);
        const live = await world.slack.untilMessage(says(/churn waits/));
        assert.match(live.channel, /^D/);
        await world.finish('build1');
        await world.slack.untilMessage(says(/churn@1 is ready/));
      },
      { emulator: { scopes: ['commands', 'chat:write', 'im:write', 'im:history'] } },
    ));

  test('when the store is away, people learn that nothing was recorded', () =>
    inWorld(async (world) => {
      world.store.away = true;
      await world.slash(CREATE);
      await world.slack.untilEphemeral(ANA, says(/Nothing was recorded/));
      world.store.away = false;
      assert.equal(world.store.builds.size, 0);
    }));

  test('an expired way back does not lose the answer', () =>
    inWorld(async (world) => {
      world.slack.faults.next('response_url', { status: 404 });
      await world.slash('list');
      await world.slack.untilEphemeral(ANA, says(/no environments yet/));
      assert.equal(world.slack.calls('chat.postEphemeral').length, 1);
    }));
});

describe('other ways to speak', () => {
  test('a mention in a thread is answered in that thread', () =>
    inWorld(async (world) => {
      const root = await world.slack.say({ user: ANA, channel: DATA, text: 'shall we?' });
      await world.slack.mention({
        user: ANA,
        channel: DATA,
        text: CREATE,
        threadTs: root.message.ts,
      });
      const live = await world.slack.untilMessage(says(/churn waits/));
      assert.equal(live.thread_ts, root.message.ts);
      await world.finish('build1');
      await world.slack.untilMessage(says(/churn@1 is ready/));
      await world.store.addNotice({
        id: 'n1',
        kind: 'settled',
        buildId: 'build1',
        target: 'thread',
        dueAt: 0,
      });
      const notice = await world.slack.untilMessage(says(/build of churn@1, step by step/));
      assert.equal(notice.thread_ts, root.message.ts);
    }));

  test('whatever a mention asks, everybody sees the answer in the thread under it', () =>
    inWorld(
      async (world) => {
        await createBuild(world);
        const asked = [
          'list',
          'status',
          'status churn',
          'run churn',
          'crate x',
          'help',
          'cancel churn',
        ];
        for (const text of asked) {
          const said = await world.slack.mention({ user: ANA, channel: DATA, text });
          const answer = await world.slack.untilMessage(
            ({ thread_ts, ts }) => thread_ts === said.message.ts && ts !== said.message.ts,
          );
          assert.equal(answer.ephemeral_to, undefined, text);
        }
        assert.deepEqual(world.slack.unseen(), []);
      },
      { emulator: { rateLimits: false } },
    ));

  test('a mention is answered for who wrote it alone where the answer tells of people and deeds', () =>
    inWorld(
      async (world) => {
        await world.finish((await createBuild(world)).id);
        const root = await world.slack.say({ user: BEN, channel: DATA, text: 'who did that?' });
        for (const threadTs of [undefined, root.message.ts]) {
          for (const text of ['audit', 'whoami', 'approve']) {
            const before = world.slack.ephemerals(ANA).length;
            const place = { user: ANA, channel: DATA, text, ...(threadTs ? { threadTs } : {}) };
            const said = await world.slack.mention(place);
            const told = await world.slack.untilEphemeral(ANA, ({ ts }) => ts > said.message.ts);
            assert.equal(told.thread_ts, threadTs, text);
            assert.equal(world.slack.ephemerals(ANA).length, before + 1, text);
            assert.deepEqual(world.slack.thread(DATA, said.message.ts).slice(1), [], text);
          }
        }
        assert.deepEqual(world.slack.unseen(), []);
      },
      { emulator: { rateLimits: false } },
    ));

  test('an answer Slack has no room for yet waits, and is not lost', () =>
    inWorld(async (world) => {
      world.slack.faults.next('chat.postMessage', { retryAfter: 1 });
      await world.slack.mention({ user: ANA, channel: DATA, text: 'list' });
      await world.slack.untilMessage(says(/no environments yet/));
      assert.deepEqual(world.slack.unseen(), []);
    }));

  test('the audit has by which way something was asked, and in which words', () =>
    inWorld(async (world) => {
      const { id, message } = await createBuild(world);
      await world.slack.mention({ user: BEN, channel: DATA, text: 'cancel churn' });
      await world.slack.untilMessage((said) => said.user !== BEN && said.thread_ts !== undefined);
      await world.slack.click({ user: ANA, channel: DATA, ts: message.ts, actionId: 'cancel' });
      await world.store.untilBuild(id, ({ cancelRequested }) => cancelRequested !== null);
      await world.app.stop();
      assert.deepEqual(
        world.store.audit.map(({ requester: { user, way, said } }) => [user, way, said]),
        [
          [ANA, 'slash', CREATE],
          [BEN, 'mention', 'cancel churn'],
          [ANA, 'button', `cancel ${id}`],
        ],
      );
    }));

  test('a mention by the name people see is one', () =>
    inWorld(async (world) => {
      await world.slack.say({ user: ANA, channel: DATA, text: '@Conda Ferry list' });
      await world.slack.untilMessage(says(/no environments yet/));
    }));

  test('an answer to a mention calls nobody it names', () =>
    inWorld(async (world) => {
      const { id } = await createBuild(world);
      await world.finish(id);
      await world.slack.mention({ user: BEN, channel: DATA, text: 'list' });
      await world.slack.untilMessage(
        (message) => says(/Environments/)(message) && JSON.stringify(message.blocks).includes(ANA),
      );
      const posted = world.slack
        .calls('chat.postMessage')
        .filter(({ args }) => JSON.stringify(args).includes('Environments'));
      assert.equal(posted.length, 1);
      assert.doesNotMatch(JSON.stringify(posted[0]?.args), new RegExp(ANA));
    }));

  test('in our direct conversation a command is answered by a message that stays', () =>
    inWorld(async (world) => {
      const direct = world.slack.workspace.directChannel(world.slack.workspace.user(ANA)).id;
      await world.slash('list', { channel: direct });
      const answer = await world.slack.untilMessage(says(/no environments yet/));
      assert.equal(answer.channel, direct);
      assert.equal(world.slack.ephemerals(ANA).length, 0);
    }));

  test('a direct message is a command', () =>
    inWorld(async (world) => {
      await world.slack.directMessage({ user: ANA, text: 'help' });
      const answer = await world.slack.untilMessage(says(/Conda environments for PySpark/));
      assert.match(answer.channel, /^D/);
    }));

  test('a wheel attached to a mention is installed as a project', () =>
    inWorld(async (world) => {
      await world.slack.shareFile({
        user: ANA,
        channel: DATA,
        name: 'features-1.2.0-py3-none-any.whl',
        content: Buffer.from('PK'),
        text: `<@U0FERRYBOT> ${CREATE}`,
      });
      await world.slack.untilMessage(says(/churn waits/));
      const [build] = [...world.store.builds.values()];
      assert.equal(build?.request.projects[0]?.kind, 'file');
    }));

  const TRACEBACK =
    'java.io.IOException: Cannot run program "./churn_zip/churn/bin/python": error=13, Permission denied';

  test('“Diagnose this” on a message explains it to the person alone', () =>
    inWorld(async (world) => {
      const { message } = await world.slack.say({ user: BEN, channel: DATA, text: TRACEBACK });
      await world.slack.shortcut({
        user: ANA,
        channel: DATA,
        ts: message.ts,
        callbackId: 'diagnose_message',
      });
      await world.slack.untilEphemeral(ANA, says(/executable bit/));
    }));

  const FILE = 'name: churn\ndependencies:\n  - python=3.11\n  - waits\n';

  test('an environment.yml attached to a mention names the packages', () =>
    inWorld(async (world) => {
      await world.slack.shareFile({
        user: ANA,
        channel: DATA,
        name: 'environment.yml',
        content: Buffer.from(FILE),
        text: '<@U0FERRYBOT> create',
      });
      await world.slack.untilMessage(says(/churn waits/));
      const [build] = [...world.store.builds.values()];
      assert.deepEqual(
        build?.request.specs.map(({ name }) => name),
        ['python', 'waits'],
      );
    }));

  test('one that Windows has written in UTF-16 is read as it is', () =>
    inWorld(async (world) => {
      await world.slack.shareFile({
        ...{ user: ANA, channel: DATA, name: 'environment.yml', text: '<@U0FERRYBOT> create' },
        content: Buffer.from(`\ufeff${FILE}`, 'utf16le'),
      });
      await world.slack.untilMessage(says(/churn waits/));
    }));

  test('one attached to a diff is compared with the revision', () =>
    inWorld(async (world) => {
      await world.slack.shareFile({
        ...{ user: ANA, channel: DATA, name: 'environment.yml', text: '<@U0FERRYBOT> diff' },
        content: Buffer.from('dependencies:\n  - six\n'),
      });
      await world.slack.untilMessage(says(/What is the file to be compared with/));
    }));

  test('“Build this” reads the block of code in a message, and says where there is none', () =>
    inWorld(async (world) => {
      const press = async (text: string) => {
        const { message } = await world.slack.say({ user: BEN, channel: DATA, text });
        const { ts } = message;
        await world.slack.shortcut({
          ...{ user: ANA, channel: DATA, ts, callbackId: 'build_message' },
        });
      };
      await press('try this');
      await world.slack.untilEphemeral(ANA, says(/neither a file of packages nor a block/));
      await press(`ours is\n\`\`\`\n${FILE}channels: [nowhere]\n\`\`\``);
      await world.slack.untilEphemeral(ANA, says(/Not everything in this environment\.yml can be/));
      assert.equal(world.store.builds.size, 0);
    }));

  test('a log attached to a mention is read and explained', () =>
    inWorld(async (world) => {
      const noise = 'INFO Client: Application report (state: RUNNING)\n'.repeat(20_000);
      await world.slack.shareFile({
        user: ANA,
        channel: DATA,
        name: 'driver.log',
        content: Buffer.from(`${noise}${TRACEBACK}\n${noise}`),
        text: '<@U0FERRYBOT> diagnose',
      });
      await world.slack.untilMessage(says(/executable bit/));
    }));

  test('“diagnose” in a thread reads the message the thread is about, and its log', () =>
    inWorld(async (world) => {
      const ask = async (rootTs: string, text: string) => {
        const said = await world.slack.mention({
          user: ANA,
          channel: DATA,
          text,
          threadTs: rootTs,
        });
        return world.slack.untilMessage(
          ({ thread_ts, ts, user }) => thread_ts === rootTs && ts > said.message.ts && user !== ANA,
        );
      };
      const pasted = await world.slack.say({ user: BEN, channel: DATA, text: TRACEBACK });
      assert.match(visibleText(await ask(pasted.message.ts, 'diagnose')), /executable bit/);
      const attached = await world.slack.shareFile({
        user: BEN,
        channel: DATA,
        name: 'driver.log.1',
        content: Buffer.from(TRACEBACK),
        text: 'it fails since this morning',
      });
      assert.match(visibleText(await ask(attached.message.ts, 'explain this?')), /executable bit/);
      const below = await world.slack.say({ user: BEN, channel: DATA, text: 'any idea?' });
      await world.slack.say({
        user: BEN,
        channel: DATA,
        text: TRACEBACK,
        threadTs: below.message.ts,
      });
      assert.match(visibleText(await ask(below.message.ts, 'diagnose')), /executable bit/);
      const empty = await world.slack.say({ user: BEN, channel: DATA, text: 'hello' });
      assert.match(visibleText(await ask(empty.message.ts, 'diagnose')), /Nothing in this text/);
    }));

  test('what we wrote ourselves is not diagnosed, what schedulers report is', () =>
    inWorld(async (world) => {
      const { workspace } = world.slack;
      const root = workspace.add({
        channel: DATA,
        user: 'U0AIRFLOW1',
        text: '',
        attachments: [{ fallback: 'task failed', text: TRACEBACK }],
      });
      const ours = workspace.add({ channel: DATA, user: workspace.bot.id, text: TRACEBACK });
      for (const [message, expected] of [
        [root, /executable bit/],
        [ours, /needs the text of a failure/],
      ] as const) {
        await world.slack.mention({
          user: ANA,
          channel: DATA,
          text: 'diagnose',
          threadTs: message.ts,
        });
        await world.slack.untilMessage(
          (answer) => answer.thread_ts === message.ts && says(expected)(answer),
        );
      }
    }));

  test('a thread that cannot be read is answered with what is missing', () =>
    inWorld(
      async (world) => {
        const ask = async (channel: string, text: string) => {
          const root = await world.slack.say({ user: OMAR, channel, text: TRACEBACK });
          await world.slack.mention({ user: OMAR, channel, text, threadTs: root.message.ts });
        };
        await ask(DATA, 'diagnose');
        await world.slack.untilMessage(says(/channels:history/));
        await world.slack.shareFile({
          user: OMAR,
          channel: DATA,
          name: 'driver.log',
          content: Buffer.from(TRACEBACK),
          text: '<@U0FERRYBOT> diagnose',
        });
        await world.slack.untilMessage(says(/files:read/));
        world.slack.faults.next('conversations.replies', { error: 'not_in_channel' });
        await ask(DATA, 'diagnose');
        await world.slack.untilMessage(says(/\/invite @Conda Ferry/));
      },
      { emulator: { scopes: ['app_mentions:read', 'chat:write', 'commands', 'im:write'] } },
    ));

  test('a file Slack does not hand out is answered with what to do', () =>
    inWorld(async (world) => {
      world.slack.faults.next('files.info', { error: 'file_not_found' });
      await world.slack.shareFile({
        user: ANA,
        channel: DATA,
        name: 'driver.log',
        content: Buffer.from(TRACEBACK),
        text: '<@U0FERRYBOT> diagnose',
      });
      await world.slack.untilMessage(says(/does not hand the attached file out/));
    }));

  test('the Home tab shows my environments and builds', () =>
    inWorld(async (world) => {
      const { id } = await createBuild(world);
      await world.finish(id);
      await world.slack.openHome({ user: ANA });
      const view = await world.slack.untilHome(ANA, says(/run churn@3 pyspark/));
      assert.match(
        visibleText(view),
        /My environments[\s\S]*churn@1[\s\S]*My recent builds[\s\S]*churn@1/,
      );
    }));
});

describe('the Home tab follows', () => {
  test('from its own form to the line, without being opened again', () =>
    inWorld(async (world) => {
      await world.slack.openHome({ user: ANA });
      const home = await world.slack.untilHome(ANA, says(/None yet/));
      await world.slack.click({ user: ANA, viewId: home.id, actionId: 'open_form' });
      const form = await world.slack.untilView(ANA, says(/Build it/));
      await world.slack.submitView({
        user: ANA,
        viewId: form.id,
        values: { name: { value: 'churn' }, packages: { value: 'numpy' } },
      });
      await world.slack.untilHome(ANA, (view) => /queued/.test(JSON.stringify(view.blocks)));
      await world.move('build1', { state: 'running', startedAt: Date.now() });
      await world.slack.untilHome(ANA, (view) => /running/.test(JSON.stringify(view.blocks)));
      await world.finish('build1');
      const ready = await world.slack.untilHome(ANA, says(/run churn@3 pyspark/));
      const rows = ready.blocks as { block_id: string; accessory?: object }[];
      const { block_id: blockId } = rows.find(({ accessory }) => accessory) ?? assert.fail();
      const value = JSON.stringify({ c: 'run churn@1' });
      const menu = { user: ANA, viewId: ready.id, actionId: 'act', blockId, value };
      await world.slack.selectOption(menu);
      await world.slack.untilView(ANA, (view) =>
        /initial_value":"[^"]*pyspark --master/.test(JSON.stringify(view.blocks)),
      );
    }));

  test('but not every step of a build', () =>
    inWorld(async (world) => {
      const { id } = await createBuild(world);
      await world.slack.untilHome(ANA, (view) => /queued/.test(JSON.stringify(view.blocks)));
      for (let change = 0; change < 200; change += 1) {
        await world.move(id, {
          state: 'running',
          startedAt: 1,
          engine: `micromamba ${change}`,
        });
      }
      await world.finish(id);
      await world.slack.untilHome(ANA, says(/churn@1/));
      const published = world.slack.calls('views.publish').length;
      assert.ok(published <= 5, `${published} times`);
      await world.restart();
      await world.slack.openHome({ user: BEN });
      await world.slack.untilHome(BEN, says(/None yet/));
    }));

  test('once the store answers again', () =>
    inWorld(async (world) => {
      const { id } = await createBuild(world);
      await world.finish(id);
      world.store.away = true;
      await world.slack.openHome({ user: ANA });
      await world.slack.untilHome(ANA, says(/does not answer right now/));
      world.store.away = false;
      await world.slack.untilHome(ANA, says(/churn@1/));
    }));
});

describe('under strain', () => {
  test('a slow store does not delay the acknowledgement', () =>
    inWorld(async (world) => {
      const { claimEnvironment } = world.store;
      const acknowledged = Promise.withResolvers<void>();
      world.store.claimEnvironment = async (...args) => {
        await acknowledged.promise;
        return claimEnvironment.apply(world.store, args);
      };
      const { error } = await world.slash(CREATE);
      acknowledged.resolve();
      assert.equal(error, null);
      await world.slack.untilMessage(says(/churn waits/));
    }));

  test('a defect is a number to quote, and its story stays in the log', () =>
    inWorld(async (world) => {
      world.store.listOutlines = async () => {
        throw new TypeError('secret internals');
      };
      await world.slash('list');
      const answer = await world.slack.untilEphemeral(ANA, says(/an error it does not know/));
      assert.doesNotMatch(JSON.stringify(answer), /secret internals/);
      assert.match(JSON.stringify(world.logged), /secret internals/);
    }));

  test('what has begun is finished before the app stops', () =>
    inWorld(async (world) => {
      const { claimEnvironment } = world.store;
      world.store.claimEnvironment = async (...args) => {
        await new Promise((resolve) => setTimeout(resolve, 300));
        return claimEnvironment.apply(world.store, args);
      };
      await world.slash(CREATE);
      await world.app.stop();
      assert.equal(world.slack.messages(DATA).length, 1);
    }));

  test('a token Slack does not know ends the start with what to do', () =>
    inWorld(async (world) => {
      await world.app.stop();
      world.slack.faults.revoke(world.slack.botToken);
      await assert.rejects(world.restart(), { code: 'slack-token-rejected' });
    }));

  test('a token that is revoked makes the bot not ready, and says why', () =>
    inWorld(async (world) => {
      assert.equal(world.app.whyNotReady(), null);
      world.slack.faults.revoke(world.slack.botToken);
      await world.slash(CREATE);
      const limit = performance.now() + 9_000;
      while (world.app.whyNotReady() === null && performance.now() < limit) {
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      assert.equal(world.app.whyNotReady(), 'does not accept the bot token (token_revoked)');
    }));

  test('a start while Slack is away waits for it', () =>
    inWorld(async (world) => {
      world.slack.faults.next('auth.test', { status: 503 });
      await world.restart();
      await world.slash('help');
      await world.slack.untilEphemeral(ANA, says(/Conda environments/));
    }));

  const bothAreOpen = async ({ slack }: World) => {
    const limit = performance.now() + 9_000;
    while (slack.connections() < 2) {
      assert.ok(performance.now() < limit, 'no second connection');
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };

  test('a bot is ready with one connection where Slack lets it open no second one yet', () => {
    const begun = Date.now();
    const time = { passed: 0 };
    return inWorld(
      async (world) => {
        await bothAreOpen(world);
        await world.app.stop();
        const { apiUrl, appToken, slack } = { ...world.slack, slack: world.slack };
        const headers = { authorization: `Bearer ${appToken}` };
        const open = () => fetch(`${apiUrl}apps.connections.open`, { method: 'POST', headers });
        while ((await open()).status === 200);
        // Just as long as it takes until there may be one more.
        time.passed += 60_000;
        await world.restart();
        assert.deepEqual([slack.connections(), world.app.whyNotReady()], [1, null]);
        assert.equal((await world.slash('help')).error, null);
      },
      { emulator: { now: () => begun + time.passed } },
    );
  });

  const opening: Readonly<Record<string, (world: World) => Promise<void>>> = {
    'its second connection': async ({ slack, restart }) => {
      slack.faults.next('link', {});
      slack.faults.next('link', { delayMs: 300 });
      await restart();
      while (slack.calls('link').length < 4) await pause(5);
    },
    'one again': async ({ slack }) => {
      slack.faults.next('link', { delayMs: 300 });
      slack.faults.disconnect('refresh_requested', 1);
      while (slack.calls('link').length < 3) await pause(5);
    },
  };
  for (const [which, open] of Object.entries(opening)) {
    test(`a bot that stops while it opens ${which} leaves nothing to wait for`, async () => {
      const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout');
      const before = timers();
      await inWorld(async (world) => {
        await bothAreOpen(world);
        await open(world);
        assert.equal(world.slack.connections(), 1);
      });
      assert.ok(
        timers().length <= before.length,
        `${before.length} before, ${timers().length} now`,
      );
    });
  }

  test('no command is lost where one of two connections goes', () =>
    inWorld(async (world) => {
      await bothAreOpen(world);
      assert.equal(world.slack.faults.disconnect('refresh_requested', 1), 1);
      for (let count = 0; count < 5; count += 1) {
        assert.equal((await world.slash('help')).error, null);
      }
      await bothAreOpen(world);
    }));

  test('after Slack recycles a connection, commands are heard again', () =>
    inWorld(async (world) => {
      world.slack.faults.disconnect();
      const end = performance.now() + 9_000;
      while (world.slack.connections() === 0 || performance.now() < end - 8_800) {
        if (performance.now() > end) throw new Error('no connection came back');
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      await world.slash('help');
      await world.slack.untilEphemeral(ANA, says(/Conda environments/));
    }));
});

describe('answers that lead on', () => {
  const share = { user: ANA, channel: DATA, actionId: 'share' };

  test('the first word is three buttons, and each of them does something', () =>
    inWorld(async (world) => {
      await world.finish((await createBuild(world)).id);
      await world.slash('', { user: BEN });
      const { ts, blocks } = await world.slack.untilEphemeral(BEN, says(/A job failed/));
      const row = blocks?.find(({ type }) => type === 'actions')?.elements as {
        action_id: string;
        text: { text: string };
      }[];
      assert.deepEqual(
        row.map(({ text }) => text.text),
        ['New environment', 'My environments', 'A job failed'],
      );
      const press = (index: number) =>
        world.slack.click({
          user: BEN,
          channel: DATA,
          ts,
          actionId: String(row[index]?.action_id),
        });
      await press(0);
      const form = await world.slack.untilView(BEN, says(/Build it/));
      await world.slack.closeView({ user: BEN, viewId: form.id });
      await press(1);
      await world.slack.untilEphemeral(
        BEN,
        says(/None of the environments is yours.*1 of somebody/),
      );
      await press(2);
      const failed = await world.slack.untilView(BEN, says(/Find the cause/));
      const submit = (values: object) =>
        world.slack.submitView({
          user: BEN,
          viewId: failed.id,
          values: values as Record<string, Record<string, string>>,
        });
      assert.match(String((await submit({})).errors?.text), /Paste the log/);
      const text = 'Cannot run program "./churn_zip/churn/bin/python": error=13, Permission denied';
      assert.equal((await submit({ text: { value: text } })).updated, true);
      await world.slack.untilView(BEN, says(/executable bit/));
    }));

  test('a log given to the form as a file is read', () =>
    inWorld(async (world) => {
      await world.slash('');
      const { ts } = await world.slack.untilEphemeral(ANA, says(/A job failed/));
      await world.slack.click({ user: ANA, channel: DATA, ts, actionId: 'open_diagnose' });
      const { id } = await world.slack.untilView(ANA, says(/Find the cause/));
      const { fileId } = world.slack.uploadFile({
        user: ANA,
        name: 'job.log',
        content: 'Cannot run program "./churn_zip/churn/bin/python": error=13, Permission denied',
      });
      await world.slack.submitView({
        user: ANA,
        viewId: id,
        values: { files: { value: [fileId] } },
      });
      await world.slack.untilView(ANA, says(/executable bit/));
    }));

  test('a private answer is shared by whoever got it, once, and calls nobody', () =>
    inWorld(
      async (world) => {
        const { id } = await createBuild(world);
        await world.finish(id);
        const asked = ['run churn', 'list', 'status', 'status churn', 'show churn', 'logs churn'];
        // The build that was shown, whatever the name means by then.
        const said: Readonly<Record<string, string>> = { 'status churn': `status ${id}` };
        await world.store.appendLog(id, ['done']);
        for (const [index, text] of asked.entries()) {
          await world.slash(text);
          const { ts } = await world.slack.untilEphemeral(
            ANA,
            (message) => says(/Share here/)(message) && !says(/You shared/)(message),
          );
          await world.slack.click({ ...share, ts });
          const shared = await world.slack.untilMessage(
            says(new RegExp(`<@${ANA}> shared this: .*conda-env ${said[text] ?? text}\``)),
          );
          assert.doesNotMatch(visibleText(shared), /Share here/, text);
          await world.slack.untilEphemeral(
            ANA,
            (message) => message.ts === ts && says(/You shared this here/)(message),
          );
          assert.equal(world.slack.messages(DATA).length, index + 2, text);
        }
      },
      { emulator: { rateLimits: false } },
    ));

  test('each row of a list acts, by a menu of what the reader may do', () =>
    inWorld(
      async (world) => {
        await world.finish((await createBuild(world)).id);
        for (const [user, mayDelete] of [
          [ANA, true],
          [BEN, false],
        ] as const) {
          await world.slash('list', { user });
          const listed = await world.slack.untilEphemeral(user, says(/Environments/));
          assert.equal(/delete churn@1/.test(JSON.stringify(listed.blocks)), mayDelete, user);
          const value = JSON.stringify({ c: 'show churn' });
          const { ts } = listed;
          await world.slack.selectOption({ user, channel: DATA, ts, actionId: 'act', value });
          await world.slack.untilEphemeral(user, says(/owned by/));
        }
      },
      { emulator: { rateLimits: false } },
    ));

  test('sharing where we may not write says how to let us in', () =>
    inWorld(
      async (world) => {
        await world.finish((await createBuild(world)).id);
        await world.slash('list', { channel: 'C0RANDOM01' });
        const list = await world.slack.untilEphemeral(ANA, says(/Share here/));
        await world.slack.click({ ...share, channel: 'C0RANDOM01', ts: list.ts });
        await world.slack.untilEphemeral(ANA, says(/\/invite @Conda Ferry/));
      },
      { emulator: { scopes: ['commands', 'chat:write', 'im:write', 'im:history'] } },
    ));

  test('only what reads may stand behind a button that shares', () =>
    inWorld(async (world) => {
      const { workspace } = world.slack;
      const forged = workspace.add({
        channel: DATA,
        user: workspace.bot.id,
        bot_id: workspace.botId,
        text: 'x',
        blocks: [
          {
            type: 'actions',
            block_id: 'actions_1',
            elements: [
              {
                type: 'button',
                action_id: 'share',
                text: { type: 'plain_text', text: 'x' },
                value: JSON.stringify({ c: CREATE }),
              },
            ],
          },
        ],
      });
      await world.slack.click({ ...share, ts: forged.ts });
      await world.slack.untilEphemeral(ANA, says(/Conda environments/));
      assert.equal(world.store.builds.size, 0);
    }));

  test('a private copy carries nothing that stops being true', () =>
    inWorld(async (world) => {
      const { id } = await createBuild(world);
      await world.slash('status churn');
      const copy = await world.slack.untilEphemeral(ANA, says(/follows this build/));
      assert.doesNotMatch(visibleText(copy), /Cancel/);
      await world.move(id, { state: 'failed', finishedAt: Date.now() });
      await world.slash('status churn');
      const later = await world.slack.untilEphemeral(
        ANA,
        (message) => message.ts > copy.ts && says(/could not be built/)(message),
      );
      assert.doesNotMatch(visibleText(later), /Retry\n|Rebuild/);
    }));

  test('the log of a name is that of the build that did something; all of it offers no more', () =>
    inWorld(async (world) => {
      const { id } = await createBuild(world);
      const lines = Array.from({ length: 60 }, (_, index) => `line ${index + 1}`);
      await world.store.appendLog(id, lines);
      await world.finish(id);
      await world.slash(CREATE);
      const again = await world.store.untilBuild('build2', () => true);
      await world.store.appendLog(again.id, ['everything is in place']);
      await world.finish(again.id);
      await world.move(again.id, { reused: true });
      await world.slash('logs churn');
      const short = await world.slack.untilEphemeral(ANA, says(/line 21\n[\s\S]*line 60$/m));
      assert.match(visibleText(short), /found everything in place/);
      assert.match(visibleText(short), /Last 160 lines/);
      assert.doesNotMatch(visibleText(short), /line 20\n/);
      await world.slash('logs churn --last 100');
      const whole = await world.slack.untilEphemeral(ANA, says(/all 60 lines/));
      assert.doesNotMatch(visibleText(whole), /Last \d+ lines/);
      await world.slash(`logs ${again.id}`);
      await world.slack.untilEphemeral(ANA, says(/everything is in place/));
    }));

  test('the line of an answer is copied from a field, with its options', () =>
    inWorld(async (world) => {
      const { id } = await createBuild(world);
      await world.finish(id);
      await world.slash('run churn spark-submit --mode cluster -- app.py');
      const { ts } = await world.slack.untilEphemeral(ANA, says(/Line to copy/));
      await world.slack.click({ user: ANA, channel: DATA, ts, actionId: 'copy_text' });
      await world.slack.untilView(ANA, (view) =>
        /initial_value":"[^"]*--deploy-mode cluster/.test(JSON.stringify(view.blocks)),
      );
    }));
});

describe('buttons', () => {
  test('Cancel stops the build; a second press is answered kindly', () =>
    inWorld(async (world) => {
      const { id, message } = await createBuild(world);
      const press = { user: ANA, actionId: 'cancel', channel: DATA, ts: message.ts };
      // Both presses see the button: the message is edited only after the first one.
      await Promise.all([world.slack.click(press), world.slack.click(press)]);
      await world.store.untilBuild(id, (build) => build.cancelRequested?.user === ANA);
      await world.slack.untilMessage(says(/asked to stop it/));
      await world.move(id, { state: 'cancelled', finishedAt: Date.now() });
      await world.slack.untilMessage(says(/was cancelled/));
    }));

  test('Cancel confirmed after the message was edited meanwhile still cancels', () =>
    inWorld(async (world) => {
      const { id, message } = await createBuild(world);
      const row = message.blocks?.find(({ type }) => type === 'actions')?.block_id as string;
      await world.move(id, { state: 'running', startedAt: Date.now() });
      await world.slack.untilMessage(says(/Building churn/));
      const press = { user: ANA, blockId: row, channel: DATA, ts: message.ts };
      assert.equal((await world.slack.click({ ...press, actionId: 'cancel' })).error, null);
      await world.slack.untilMessage(says(/asked to stop it/));
      const again = await world.slack.click({ ...press, actionId: 'cancel' });
      assert.match(String(again.error), /not there any more/);
    }));

  test('a button of an earlier state is answered kindly and does nothing', () =>
    inWorld(async (world) => {
      const { id, message } = await createBuild(world);
      world.slack.faults.next('chat.update', { status: 503, times: 1000 });
      await world.finish(id);
      await world.slack.click({ user: ANA, actionId: 'cancel', channel: DATA, ts: message.ts });
      await world.slack.untilEphemeral(ANA, says(/That build is already ready/));
      assert.equal(world.store.builds.get(id)?.cancelRequested, null);
      world.slack.faults.clear();
      await world.slack.untilMessage(says(/churn@1 is ready/));
    }));

  test('somebody else may not cancel, an operator may', () =>
    inWorld(async (world) => {
      const { id, message } = await createBuild(world);
      const press = { actionId: 'cancel', channel: DATA, ts: message.ts };
      await world.slack.click({ user: BEN, ...press });
      await world.slack.untilEphemeral(BEN, says(/Only/));
      assert.equal(world.store.builds.get(id)?.cancelRequested, null);
      await world.slack.click({ user: OMAR, ...press });
      await world.store.untilBuild(id, (build) => build.cancelRequested?.user === OMAR);
    }));

  test('Line to copy opens a field that holds exactly the line', () =>
    inWorld(async (world) => {
      const { id, message } = await createBuild(world);
      await world.finish(id);
      const live = await world.slack.untilMessage(says(/churn@1 is ready/));
      const fieldOf = async (actionId: string) => {
        await world.slack.click({ user: BEN, actionId, channel: DATA, ts: message.ts });
        const view = await world.slack.untilView(BEN, (view) =>
          view.blocks.some(({ type }) => type === 'input'),
        );
        const { element } = view.blocks[0] as { element?: { initial_value?: string } };
        const closed = await world.slack.submitView({ user: BEN, viewId: view.id });
        assert.deepEqual([closed.error, closed.closed], [null, true]);
        return String(element?.initial_value);
      };
      const shell = await fieldOf('copy_line');
      assert.match(shell, /\/run churn@3 pyspark$/);
      assert.ok(JSON.stringify(live.blocks).includes(JSON.stringify(shell)));
      assert.match(await fieldOf('spark_submit'), /\/run churn@3 spark-submit$/);
    }));

  test('Logs opens a modal with the end of the log', () =>
    inWorld(async (world) => {
      const { id, message } = await createBuild(world);
      await world.store.appendLog(id, ['solving…', 'done']);
      await world.slack.click({ user: ANA, actionId: 'logs', channel: DATA, ts: message.ts });
      await world.slack.untilView(ANA, says(/solving…\ndone/));
    }));

  test('Retry runs a failed build again in the same message, and pressing twice is harmless', () =>
    inWorld(async (world) => {
      const { id, message } = await createBuild(world);
      await world.move(id, { state: 'failed', finishedAt: Date.now() });
      await world.slack.untilMessage(says(/could not be built/));
      const press = { user: ANA, actionId: 'retry', channel: DATA, ts: message.ts };
      await Promise.all([world.slack.click(press), world.slack.click(press)]);
      await world.slack.untilMessage(says(/churn waits/));
      await world.slack.untilEphemeral(ANA, says(/already waiting|still queued/));
      assert.equal(world.store.builds.get(id)?.attempt, 2);
      assert.equal(world.slack.messages(DATA).length, 1);
    }));

  test('Verify starts the verification and the message says so', () =>
    inWorld(async (world) => {
      const { id, message } = await createBuild(world);
      await world.finish(id);
      await world.slack.untilMessage(says(/churn@1 is ready/));
      await world.slack.click({ user: ANA, actionId: 'verify', channel: DATA, ts: message.ts });
      await world.slack.untilMessage(says(/being proven again/));
      assert.deepEqual(world.queued.at(-1), { buildId: id, purpose: 'verify' });
    }));

  test('Rebuild asks for the same environment again', () =>
    inWorld(async (world) => {
      const { id, message } = await createBuild(world);
      await world.finish(id);
      await world.slack.untilMessage(says(/churn@1 is ready/));
      await world.slack.click({ user: ANA, actionId: 'rebuild', channel: DATA, ts: message.ts });
      await world.slack.untilMessage(says(/churn waits/));
      assert.equal(world.store.builds.size, 2);
    }));

  test('a button that offers a command says it for whoever presses', () =>
    inWorld(async (world) => {
      const { id, message } = await createBuild(world);
      const repairs = [
        { label: 'Build python=3.11 scipy', command: 'create other python=3.11 scipy' },
      ];
      await world.move(id, {
        ...{ state: 'failed', finishedAt: Date.now() },
        failure: { ...failures.user, repairs },
      });
      await world.slack.untilMessage(says(/Build python=3\.11 scipy/));
      await world.slack.click({ user: BEN, actionId: 'say_1', channel: DATA, ts: message.ts });
      await world.slack.untilMessage(says(/other waits/));
      const [other] = await world.store.listBuilds({ environment: 'other', limit: 1 });
      assert.equal(other?.requester.user, BEN);
      assert.deepEqual(other?.request.specs.map(formatSpec), ['python=3.11', 'scipy']);
    }));
});
