import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createErrands } from '../../src/adapters/redis/errands.ts';
import type { FerryError } from '../../src/domain/errors.ts';
import type { BuildRequest } from '../../src/domain/request.ts';
import { parseSpec } from '../../src/domain/spec.ts';
import { REDIS_PREFIX } from '../../src/foundation.ts';
import { type Context, cannotWalk, ferry } from '../harness.ts';

const requestOf = (...specs: string[]): BuildRequest => ({
  ...{ environment: 'planned', specs: specs.map((text) => parseSpec(text)), edges: ['edge'] },
  ...{ channels: [], projects: [], layout: 'local', format: 'auto', packer: 'segments' },
});

/** What a second bot on the same Redis is answered. */
async function planned(ctx: Context, request: BuildRequest) {
  const errands = createErrands({ connection: ctx.redis.connection, prefix: REDIS_PREFIX });
  try {
    return await errands.ask('plan', { request }, { platform: 'linux-64', waitMs: 60_000 });
  } finally {
    await errands.close();
  }
}

describe('a plan', { skip: cannotWalk }, () => {
  const runTest = ferry();

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
});
