/** Who watches hears of it once, whichever bot tells it, and who waits sees their place. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { cannotWalk, ferry, SOON_FOLLOWED, words } from '../harness.ts';

describe('what is watched, with two bots', { skip: cannotWalk }, () => {
  const runTest = ferry({
    processes: ['bot', 'bot', 'worker'],
    configure: () => SOON_FOLLOWED,
  });

  test('is told directly, once, until it is unwatched, also after a restart', () =>
    runTest(
      async (ctx) => {
        const ben = { user: 'ben' };
        await ctx.ask('create heard python=3.11');
        await ctx.untilReady('heard');
        assert.match(await ctx.ask('subscribe heard', ben), /You are told of/);
        assert.match(await ctx.ask('watch --edge edge', ben), /You are told of/);
        assert.match(await ctx.ask('subscribe heard'), /You are told of/);
        assert.match(await ctx.ask('plan other python=3.11 six'), /about \d+ s to build/);

        await ctx.ask('create heard python=3.11 six');
        await ctx.until('the second build', async () => (await ctx.build('heard')).revision === 2);
        await ctx.untilReady('heard');
        await ctx.until('the word of it', () => ctx.told('ben').length > 0);
        const [said = ''] = ctx.told('ben');
        assert.match(said, /heard@2 is ready, by/);
        assert.match(said, /\/run heard@2 pyspark/);

        const [bot] = [...ctx.products].filter((each) => /"bot ready"/.test(each.output()));
        assert.ok(bot);
        await ctx.stop(bot, 'SIGKILL');
        await ctx.ask('unsubscribe --edge edge', ben);
        await ctx.ask('tag heard@1 prod');
        await ctx.until('the word of the tag', () => ctx.told('ben').length > 1);
        assert.match(ctx.told('ben')[1] ?? '', /heard:prod meant nothing and means heard@1/);

        assert.match(await ctx.ask('unsubscribe heard', ben), /not told of/);
        await ctx.ask('untag heard prod');
        await ctx.ask('subscribe heard --outcome moved', ben);
        await ctx.ask('tag heard@2 next');
        await ctx.until('the word of the other tag', () => ctx.told('ben').length > 2);
        assert.match(ctx.told('ben')[2] ?? '', /heard:next/);
        assert.equal(ctx.told('ben').length, 3);
        assert.equal(ctx.told('ana').filter((each) => /heard/.test(each)).length, 0);
      },
      { seconds: 240 },
    ));

  test('a build behind another one says its place, and moves up', () =>
    runTest(
      async (ctx) => {
        // Builds on a quick machine take less than is told of.
        const seconds = { solve: 1, create: 60, pack: 60, stage: 60 };
        for (let build = 0; build < 5; build += 1) {
          await ctx.store.addTiming({ isKnown: false, packages: [], seconds });
        }
        await ctx.ask('create endless python=3.11 --channel silent');
        await ctx.untilStep('endless', 'solve');
        await ctx.ask('create waits python=3.11 six ferry-entry', { user: 'ben' });
        await ctx.ask('create behind python=3.11 ferry-entry', { user: 'omar' });
        const shows = (name: string, pattern: RegExp) =>
          ctx.until(`the place of ${name}`, async () => pattern.test(words(await ctx.live(name))));
        await shows('waits', /1st in the queue, about 3 min until it begins/);
        await shows('behind', /2nd in the queue, about 6 min until it begins/);
        assert.match(await ctx.ask('status behind'), /2nd in the queue/);
        await ctx.ask('cancel endless');
        await ctx.untilReady('waits');
        await ctx.untilReady('behind');
      },
      { seconds: 240 },
    ));
});
