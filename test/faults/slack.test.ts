import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { CallFault } from '../../deploy/lab/slack/index.ts';
import { cannotWalk, ferry, SOON_FOLLOWED, words } from '../harness.ts';
import { endsWellOnce } from './oracle.ts';

/** Which calls go wrong and how, while a build is on its way; it must end well all the same. */
const CASES: readonly { name: string; method: string; fault: CallFault & { times?: number } }[] = [
  { name: 'says later to an edit', method: 'chat.update', fault: { retryAfter: 2, times: 2 } },
  {
    name: 'breaks down at every third edit',
    method: 'chat.update',
    fault: { status: 503, times: 3 },
  },
  { name: 'confirms no edit', method: 'chat.update', fault: { loseReply: true, times: 2 } },
  { name: 'says later to a message', method: 'chat.postMessage', fault: { retryAfter: 1 } },
  {
    name: 'breaks down at a message',
    method: 'chat.postMessage',
    fault: { status: 500, times: 2 },
  },
  { name: 'posts but does not confirm', method: 'chat.postMessage', fault: { loseReply: true } },
];

/** A message that could not be posted is told to who asked, once. */
const FAULTS = { errors: /chat|slack|message/i };

describe('Slack having a bad day', { skip: cannotWalk }, () => {
  const runTest = ferry({ configure: () => SOON_FOLLOWED });

  for (const [index, { name, method, fault }] of CASES.entries()) {
    test(`${name}: one message, one notice, one environment`, () =>
      runTest(async (ctx) => {
        ctx.slack.faults.next(method, fault);
        await ctx.slash(`create bad${index} python=3.11 six`);
        await endsWellOnce(ctx, `bad${index}`);
      }, FAULTS));
  }

  test('a notice whose confirmation is lost is not sent twice', () =>
    runTest(async (ctx) => {
      await ctx.ask('create noticed python=3.11 six');
      ctx.slack.faults.next('chat.postMessage', { loseReply: true });
      await endsWellOnce(ctx, 'noticed');
      // The outbox looks again after its backoff; the next build's notice comes later than that.
      await ctx.ask('create noticed-later python=3.11 six');
      await ctx.untilReady('noticed-later');
      assert.equal((await ctx.notices('noticed')).length, 1);
    }, FAULTS));

  test('a way back that has expired does not lose the answer', () =>
    runTest(async (ctx) => {
      ctx.slack.faults.next('response_url', { status: 404 });
      assert.match(await ctx.ask('show nothere'), /There is no environment nothere/);
      assert.equal(ctx.seen().length, 1);
    }, FAULTS));

  test('a command that is delivered twice is one build', () =>
    runTest(async (ctx) => {
      ctx.slack.faults.duplicateNextDelivery();
      await ctx.slash('create twice python=3.11 six');
      await endsWellOnce(ctx, 'twice');
    }));

  test('a double click is one click, and a button of yesterday does nothing', () =>
    runTest(async (ctx) => {
      await ctx.ask('create pressed python=3.11 --channel silent');
      const { channel, ts, blocks } = structuredClone(await ctx.live('pressed'));
      ctx.slack.faults.duplicateNextDelivery();
      await Promise.all([ctx.click('Cancel', 'pressed'), ctx.click('Cancel', 'pressed')]);
      const build = await ctx.untilSettled('pressed', 'cancelled');
      // The page of somebody who has not reloaded still shows the button.
      const live = await ctx.live('pressed');
      const now = live.blocks;
      live.blocks = blocks ?? [];
      const had = ctx.seen().length;
      await ctx.slack.click({ user: 'ana', channel, ts, actionId: 'cancel' });
      await ctx.until('a kind answer', () => ctx.seen().length > had);
      assert.match(ctx.lastMessage(), /already cancelled/);
      if (now) live.blocks = now;
      const same = await ctx.build('pressed');
      assert.deepEqual([same.id, same.state, same.attempt], [build.id, 'cancelled', 1]);
      assert.equal((await ctx.notices('pressed')).length, 1);
    }));

  test('somebody else’s click is refused, naming who may', () =>
    runTest(async (ctx) => {
      await ctx.ask('create hands-off python=3.11 --channel silent', { user: 'ana' });
      await ctx.click('Cancel', 'hands-off', { user: 'ben' });
      const refused = await ctx.until('a refusal', () => {
        const [message] = ctx.slack.ephemerals('ben').slice(-1);
        return message && words(message);
      });
      assert.match(refused, /@U0ANARUIZ1/);
      assert.equal((await ctx.build('hands-off')).cancelRequested, null);
      await ctx.click('Cancel', 'hands-off', { user: 'omar' });
      await ctx.untilSettled('hands-off', 'cancelled');
    }));
});

describe('a token that is revoked', { skip: cannotWalk }, () => {
  const runTest = ferry();

  test('costs messages, never a build; the log calls for the operator', () =>
    runTest(
      async (ctx) => {
        await ctx.ask('create mute python=3.11 six');
        await ctx.untilStep('mute', 'create');
        ctx.slack.faults.revoke(ctx.slack.botToken);
        const build = await ctx.until('the end of the build', async () => {
          const now = await ctx.build('mute');
          return now.state === 'ready' && now;
        });
        assert.equal(ctx.edge.sha256('mute'), build.archive?.sha256);
        const [product] = ctx.products;
        assert.ok(product);
        const line = /slack-token-refused.*token_revoked.*start the bot again/g;
        await ctx.until('a line for the operator', () => line.test(product.output()));
        assert.equal(product.output().match(line)?.length, 1);
        // It does not keep knocking: the refusal is final until somebody gives it another token.
        const calls = ctx.slack.calls('chat.update').length;
        await ctx.until('a later status', () =>
          ctx.terminal(['exec', '--json', '--', 'status mute']).then(({ code }) => code === 0),
        );
        assert.ok(ctx.slack.calls('chat.update').length - calls < 3);
      },
      { errors: /token_revoked|cannot be/ },
    ));
});
