/** Who may, over the whole product: a real solve and edge, Slack's user groups, a terminal. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { LAB_CHANNEL } from '../harness/world.ts';
import { type Context, cannotWalk, ferry, words } from '../harness.ts';

const PLATFORM = { user: 'omar', channel: 'platform-ops' };
const CHANNEL = 'C0PLATFRM1';
const OMAR = 'U0OMARHAD1';

describe('a guarded edge', { skip: cannotWalk }, () => {
  const runTest = ferry({
    configure: () => ({
      channels: [LAB_CHANNEL],
      roles: [{ name: 'release', members: ['S0PLATFRM1'], commands: ['freeze', 'thaw'] }],
      approvals: { rules: [{ edges: ['edge'], by: 'release', where: CHANNEL }] },
    }),
  });
  const exec = (ctx: Context, user: string, text: string) =>
    ctx.terminal(['exec', '--json', '--user', user, '--', text]);

  test('is staged on once somebody of the role has approved what they saw, and told in the audit', () =>
    runTest(async (ctx) => {
      assert.match(await ctx.ask('create guarded python=3.11 six'), /waits for approval by 1 of/);
      const asked = await ctx.slack.untilMessage(
        (message) => message.channel === CHANNEL && /waits for approval/.test(words(message)),
      );
      assert.match(words(asked), /six/);
      const claimed = await exec(ctx, OMAR, 'approve guarded');
      assert.match(claimed.stdout, /A terminal cannot prove who asks/);
      assert.deepEqual(await ctx.store.listBuilds({ environment: 'guarded', limit: 1 }), []);

      const { ts } = asked;
      await ctx.slack.click({ ...PLATFORM, ts, actionId: 'say_1' });
      await ctx.until('a build', async () => {
        const builds = await ctx.store.listBuilds({ environment: 'guarded', limit: 1 });
        return builds.length === 1;
      });
      const build = await ctx.untilReady('guarded');
      assert.equal(ctx.edge.sha256('guarded'), build.archive?.sha256);
      assert.equal(build.requester.user, 'U0ANARUIZ1');

      const { entries } = JSON.parse((await exec(ctx, build.requester.user, 'audit')).stdout);
      assert.deepEqual(
        entries.map((entry: { deed: string; outcome: string }) => `${entry.deed} ${entry.outcome}`),
        ['approve done', 'create done', 'create waiting-for-approval'],
      );
      const exported = await ctx.terminal([
        ...['exec', '--user', build.requester.user, '--', 'audit --export csv'],
      ]);
      assert.match(
        exported.stdout,
        /^at,user,channel,team,way,login,deed,[^\n]*\n(?:\d{4}-[^\n]*\n){3}$/,
      );
    }));

  test('is looked at by check, which says why Slack does not tell who is in a group', () =>
    runTest(async (ctx) => {
      const good = await ctx.terminal(['check']);
      assert.match(good.stdout, /✓ user group S0PLATFRM1: 1 person/);
      ctx.slack.faults.next('usergroups.users.list', { error: 'missing_scope' });
      const bad = await ctx.terminal(['check']);
      assert.match(bad.stdout, /✗ user group S0PLATFRM1: .*missing_scope/);
      assert.match(bad.stdout, /usergroups:read/);
    }));

  test('that is frozen takes nothing new until somebody of the role thaws it', () =>
    runTest(async (ctx) => {
      assert.match(await ctx.ask('freeze edge --why Disks'), /is for the role/);
      assert.match(await ctx.ask('freeze edge --why Disks', PLATFORM), /Nothing new is staged/);
      assert.match(await ctx.ask('create other python=3.11 six'), /froze it at .*Disks/);
      assert.match((await exec(ctx, OMAR, 'thaw edge')).stdout, /cannot prove who asks/);
      assert.match(await ctx.ask('thaw edge', PLATFORM), /can be staged on again/);
      assert.match(await ctx.ask('create other python=3.11 six'), /waits for approval/);
    }));
});
