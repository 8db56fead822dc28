import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { openRedis } from '../../src/adapters/redis/redis.ts';
import { unlessFull } from '../harness/full.ts';
import { cannotWalk, ferry } from '../harness.ts';
import { endsWellOnce } from './oracle.ts';

/** What the product may say about an outage. */
const OUTAGE = { errors: /store|redis|connect/i };

describe('Redis going away', { skip: cannotWalk }, () => {
  const runTest = ferry();

  const OUTAGES: readonly (readonly [name: string, seconds: number])[] = [
    ['for a moment', 0],
    ['for longer than a worker’s lock lives', 13],
  ];
  for (const [index, [name, seconds]] of OUTAGES.entries()) {
    test(`${name}, in the middle of a build, costs time and nothing else`, () =>
      runTest(async (ctx) => {
        const environment = `outage${index}`;
        ctx.edge.link.faults.rate = 1_500_000;
        await ctx.ask(`create ${environment} python=3.11 six`);
        await ctx.untilStep(environment, 'stage');
        await ctx.redis.stop();
        await wait(seconds * 1000);
        await ctx.redis.start();
        ctx.edge.link.faults.rate = Number.POSITIVE_INFINITY;
        await ctx.until('Redis', () =>
          ctx.store.ping().then(
            () => true,
            () => false,
          ),
        );
        const build = await endsWellOnce(ctx, environment);
        assert.equal(build.attempt, 1);
      }, OUTAGE));
  }

  test('a command meanwhile is acknowledged in time and honestly answered; nothing of it is done later', () =>
    runTest(async (ctx) => {
      await ctx.redis.stop();
      const began = Date.now();
      const { error } = await ctx.slash('create unheard python=3.11 six');
      assert.equal(error, null);
      assert.ok(Date.now() - began < 3000);
      const answer = await ctx.until('an answer', () => ctx.seen().length > 0 && ctx.lastMessage());
      assert.match(answer, /Nothing was recorded: send it again later/);
      await ctx.redis.start();
      await ctx.until('Redis', () =>
        ctx.store.ping().then(
          () => true,
          () => false,
        ),
      );
      await ctx.ask('create heard python=3.11 six');
      await ctx.untilReady('heard');
      assert.deepEqual(await ctx.store.listBuilds({ environment: 'unheard', limit: 9 }), []);
      assert.equal(await ctx.store.readEnvironment('unheard'), null);
    }, OUTAGE));

  test('that is full refuses new requests in plain words and serves again once there is room', () =>
    runTest(async (ctx) => {
      const client = openRedis(ctx.redis.connection, 'commands');
      client.on('error', () => undefined);
      await once(client, 'ready');
      try {
        await client.config('SET', 'maxmemory', '1');
        const answer = await ctx.ask('create crowded python=3.11 six');
        assert.match(answer, /^⚠️ .*(full|memory|room)/);
        await ctx.until('the operator to be told', () =>
          ctx.told('omar').some((text) => /\(Redis\) is full/.test(text)),
        );
        await client.config('SET', 'maxmemory', '0');
        await ctx.ask('create crowded python=3.11 six');
        await endsWellOnce(ctx, 'crowded');
      } finally {
        client.disconnect();
      }
    }, OUTAGE));

  test('does not keep a product from ending when it is told to', { skip: unlessFull }, () =>
    runTest(async (ctx) => {
      const [product] = ctx.products;
      assert.ok(product);
      await ctx.redis.stop();
      const began = Date.now();
      assert.equal(await ctx.stop(product, 'SIGTERM'), 0);
      const seconds = (Date.now() - began) / 1000;
      await ctx.redis.start();
      await ctx.start('start');
      assert.ok(seconds < 10, `${seconds} s`);
    }, OUTAGE),
  );
});
