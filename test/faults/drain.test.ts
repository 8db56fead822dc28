import assert from 'node:assert/strict';
import { hostname } from 'node:os';
import { describe, test } from 'node:test';
import { openRedis } from '../../src/adapters/redis/redis.ts';
import { REDIS_PREFIX } from '../../src/foundation.ts';
import type { Product } from '../harness/product.ts';
import { printedBy } from '../harness/typed.ts';
import { type Context, cannotWalk, ferry, SOON_FOLLOWED } from '../harness.ts';
import { endsWellOnce } from './oracle.ts';

const idOf = ({ pid }: Product): string => `${hostname()}:${pid}`;

/** What a worker says of itself, once it says so of what is asked. */
const untilSays = (ctx: Context, worker: Product, isDraining: boolean) =>
  ctx.until(`the worker to say that it drains: ${isDraining}`, async () => {
    const all = await ctx.store.readPresences(Date.now());
    return all.find(({ id }) => id === idOf(worker))?.isDraining === isDraining;
  });

/** A build that is on its way to the edge, until the link is made fast again. */
async function onItsWay(ctx: Context, environment: string): Promise<void> {
  ctx.edge.link.faults.rate = 1_000;
  await ctx.ask(`create ${environment} python=3.11 six ${environment}`);
  await ctx.untilStep(environment, 'stage');
}

describe('a worker that drains', { skip: cannotWalk }, () => {
  const runTest = ferry({ processes: ['bot'], configure: () => SOON_FOLLOWED });

  test('finishes its build, takes no more, and ends with 0, however it was asked', () =>
    runTest(async (ctx) => {
      const first = await ctx.start('worker');
      await ctx.ask('create before python=3.11 six');
      await ctx.untilReady('before');
      await onItsWay(ctx, 'ferry-entry');
      const unknown = await ctx.terminal(['drain', 'nowhere']);
      assert.equal(unknown.code, 1);
      assert.match(
        unknown.stderr,
        new RegExp(`No worker runs on \`nowhere\`.*\`${idOf(first)}\``, 's'),
      );

      const asked = await ctx.terminal(['drain', idOf(first), '--json']);
      assert.deepEqual(printedBy('drain', asked.stdout), {
        ...{ workers: [idOf(first)], draining: true, ended: false },
      });
      assert.match(asked.stderr, /Nobody else builds for linux-64/);
      assert.match(asked.stderr, /1 worker will finish 1 job/);
      await untilSays(ctx, first, true);
      // Taken back: it takes work again, as if nothing had been.
      assert.equal((await ctx.terminal(['drain', idOf(first), '--undo'])).code, 0);
      await untilSays(ctx, first, false);
      first.kill('SIGUSR2');
      await untilSays(ctx, first, true);

      await ctx.slash('create ferry-prefix python=3.11 six ferry-prefix');
      const waiting = await ctx.until(
        'the next build',
        () => ctx.build('ferry-prefix').catch(() => null),
        30,
      );
      assert.equal(waiting.state, 'queued');
      ctx.products.delete(first);
      ctx.edge.link.faults.rate = Number.POSITIVE_INFINITY;
      assert.equal(await first.ended, 0);
      const build = await ctx.build('ferry-entry');
      assert.deepEqual([build.stagings.length, build.attempt], [1, 1]);
      assert.equal((await ctx.build('ferry-prefix')).state, 'queued');

      // One that is started since is not meant; it proves what the other one staged, too.
      const second = await ctx.start('worker');
      await ctx.untilReady('ferry-prefix');
      await endsWellOnce(ctx, 'ferry-entry');
      await endsWellOnce(ctx, 'ferry-prefix');
      const drained = await ctx
        .terminal(['drain', hostname(), '--wait'])
        .finally(() => ctx.products.delete(second));
      assert.equal(drained.code, 0, drained.stderr);
      assert.equal(await second.ended, 0);
    }));
});

describe('what a newer version has written that this one would damage', {
  skip: cannotWalk,
}, () => {
  const runTest = ferry({ processes: ['bot', 'worker'], configure: () => SOON_FOLLOWED });

  test('ends bot and worker with words before they write on, and keeps others from starting', () =>
    runTest(
      async (ctx) => {
        const [bot, worker] = ctx.products;
        assert.ok(bot && worker);
        await ctx.ask('create older python=3.11 six --channel silent');
        await ctx.untilStep('older', 'solve');
        ctx.products.clear();
        const redis = openRedis(ctx.redis.connection, 'commands');
        await new Promise((resolve) => redis.once('ready', resolve));
        await redis.hset(`${REDIS_PREFIX}:format`, { format: 2, version: '9.0.0' });
        assert.deepEqual(await Promise.all([bot.ended, worker.ended]), [78, 78]);
        for (const { output } of [bot, worker]) {
          assert.match(
            output(),
            /Conda Ferry 9\.0\.0 has written to this Redis what .* would damage/,
          );
          assert.match(output(), /Install 9\.0\.0 or newer here/);
        }
        // What was running is put back for the newer one.
        assert.equal((await ctx.build('older')).state, 'running');
        assert.equal(await redis.llen(`${REDIS_PREFIX}:queue:linux-64:active`), 0);
        redis.disconnect();
        const refused = await ctx.terminal(['exec', '--', 'list']);
        assert.equal(refused.code, 78, refused.stdout);
        assert.match(refused.stderr, /Conda Ferry 9\.0\.0/);
      },
      { errors: /./ },
    ));
});
