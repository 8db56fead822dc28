import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { compareLocks } from '../../src/domain/lock.ts';
import { cannotWalk, ferry } from '../harness.ts';

describe('an environment that is changed', { skip: cannotWalk }, () => {
  const runTest = ferry();

  test('keeps what was not named, and is built as it was shown', () =>
    runTest(async (ctx) => {
      await ctx.ask('create changing python=3.11 ferry-entry=1.0');
      await ctx.untilReady('changing');
      const said = await ctx.ask('add changing six ferry-entry');
      assert.match(said, /changing@1 would change: 1 added/);
      const answer = ctx.seen().at(-1);
      assert.ok(answer);
      const { channel, ts } = answer;
      await ctx.slack.click({ user: 'ana', channel, ts, actionId: 'say_1' });
      await ctx.until('the second build', async () => {
        const newest = await ctx.build('changing');
        return newest.request.specs.length === 3;
      });
      const build = await ctx.untilReady('changing');
      const { revisions } = (await ctx.store.readEnvironment('changing')) ?? { revisions: [] };
      const [first, second] = revisions;
      assert.ok(first && second, said);
      assert.equal(build.revision, 2);
      const { added, removed, changed } = compareLocks(first.lock, second.lock);
      assert.deepEqual([added.map(({ name }) => name), removed, changed], [['six'], [], []]);
      assert.match(await ctx.ask('diff changing'), /added.*six 1\.17\.0/);
    }));
});
