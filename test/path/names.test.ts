import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { isSameLock } from '../../src/domain/lock.ts';
import { type Context, cannotWalk, ferry } from '../harness.ts';

/** The revision that each name of an environment starts on the edge node: `tagged:prod@1`. */
async function launched(ctx: Context, environment: string): Promise<string[]> {
  const names = `cd '${ctx.edge.root}/launch' && for name in ${environment} ${environment}:*; do`;
  const listed = await ctx.edge.ssh(`${names} echo "$name $(readlink "$name")"; done`);
  return listed
    .split('\n')
    .map((row) => row.replace(/ .*@/, '@'))
    .sort();
}

describe('names of revisions', { skip: cannotWalk }, () => {
  const runTest = ferry();

  test('mean on the edge what was last said, and a clone has what the name meant', () =>
    runTest(async (ctx) => {
      await ctx.ask('create tagged python=3.11');
      await ctx.untilReady('tagged');
      await ctx.ask('create tagged python=3.11 six');
      await ctx.until('the second build', async () => (await ctx.build('tagged')).revision === 2);
      await ctx.untilReady('tagged');
      assert.deepEqual(await launched(ctx, 'tagged'), ['tagged:latest@2', 'tagged@2']);

      assert.match(await ctx.ask('tag tagged@1 prod'), /tagged:prod is tagged@1 now/);
      const back = await ctx.ask('rollback tagged');
      assert.match(back, /tagged is tagged@1 now[\s\S]*removed six 1\.17\.0/);
      assert.doesNotMatch(back, /could not be told/);
      const moved = ['tagged:latest@2', 'tagged:prod@1', 'tagged@1'];
      assert.deepEqual(await launched(ctx, 'tagged'), moved);
      assert.match(await ctx.ask('run tagged:latest'), /tagged@2/);

      await ctx.ask('clone tagged:latest as taken', { user: 'ben' });
      const clone = await ctx.untilReady('taken');
      const original = await ctx.store.readEnvironment('tagged');
      const [, second] = original?.revisions ?? [];
      assert.ok(second && isSameLock(clone.lock, second.lock));
      assert.equal((await ctx.store.readEnvironment('taken'))?.owner, clone.requester.user);
      assert.equal(ctx.edge.sha256('taken'), clone.archive?.sha256);

      const { stdout } = await ctx.terminal(['exec', '--', 'lock taken --as explicit']);
      const addresses = second.lock.packages.map(({ url, sha256 }) => `${url}#sha256:${sha256}`);
      assert.deepEqual(
        stdout.trim().split('\n').slice(1).sort(),
        ['@EXPLICIT', ...addresses].sort(),
      );
    }));
});
