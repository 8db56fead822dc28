import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createErrands } from '../../src/adapters/redis/errands.ts';
import { openRedis } from '../../src/adapters/redis/redis.ts';
import { Cancelled, type FerryError } from '../../src/domain/errors.ts';
import type { BuildRequest } from '../../src/domain/request.ts';
import { parseSpec } from '../../src/domain/spec.ts';
import { REDIS_PREFIX } from '../../src/foundation.ts';
import { type Context, cannotWalk, ferry, SOON_FOLLOWED } from '../harness.ts';

const requestOf = (...specs: string[]): BuildRequest => ({
  ...{ environment: 'planned', specs: specs.map((text) => parseSpec(text)), edges: ['edge'] },
  ...{
    pip: [],
    channels: [],
    projects: [],
    layout: 'local',
    format: 'auto',
    packer: 'segments',
    force: false,
  },
});

const askerOf = (ctx: Context) =>
  createErrands({ connection: ctx.redis.connection, prefix: REDIS_PREFIX });

/** What a second bot on the same Redis is answered. */
async function planned(ctx: Context, request: BuildRequest) {
  const errands = askerOf(ctx);
  try {
    return await errands.ask('plan', { request }, { platform: 'linux-64', waitMs: 60_000 });
  } finally {
    await errands.close();
  }
}

async function waiting(ctx: Context): Promise<number> {
  const redis = openRedis(ctx.redis.connection, 'worker');
  try {
    return await redis.llen(`${REDIS_PREFIX}:queue:linux-64-errands:wait`);
  } finally {
    redis.disconnect();
  }
}

describe('a plan', { skip: cannotWalk }, () => {
  const runTest = ferry({ configure: () => SOON_FOLLOWED });

  test('is answered while a build has the only slot of its worker, and what is then built is the same', () =>
    runTest(async (ctx) => {
      // Its solve never ends.
      await ctx.ask('create endless python=3.11 --channel silent');
      await ctx.untilStep('endless', 'solve');
      const request = requestOf('python=3.11', 'six');
      const plan = await planned(ctx, request);
      assert.ok(plan.lock.packages.some(({ name }) => name === 'six'));
      assert.equal(await ctx.store.readEnvironment('planned'), null);
      await assert.rejects(
        planned(ctx, requestOf('python=3.11', 'six=999')),
        (error: FerryError) => {
          assert.match(error.code, /package-not-found|unsatisfiable/);
          assert.ok(error.repairs.length > 0, JSON.stringify(error));
          return true;
        },
      );
      assert.equal((await ctx.build('endless')).state, 'running');
      await ctx.click('Cancel', 'endless');
      await ctx.untilSettled('endless', 'cancelled');
      await ctx.ask('create planned python=3.11 six');
      const build = await ctx.untilReady('planned');
      assert.deepEqual([build.fingerprint, build.lock], [plan.fingerprint, plan.lock]);
    }));

  test('that is being solved when its worker is told to stop is put back for another one', () =>
    runTest(async (ctx) => {
      const errands = askerOf(ctx);
      const request = { ...requestOf('python=3.11'), channels: ['silent'] };
      const endless = errands.ask('plan', { request }, { platform: 'linux-64', waitMs: 60_000 });
      const ended = assert.rejects(endless, Cancelled);
      try {
        // It came first, so it has begun when a later one is answered.
        await planned(ctx, requestOf('python=3.11'));
        const [product] = ctx.products;
        assert.ok(product);
        assert.equal(await ctx.stop(product, 'SIGTERM'), 0);
        assert.equal(await waiting(ctx), 1);
      } finally {
        await errands.close();
        await ended;
      }
      assert.equal(await waiting(ctx), 0);
      await ctx.start('start');
    }));
});
