/** A scheduled environment is built by a worker of its own accord, and its owner hears of it once. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { openRedis } from '../../src/adapters/redis/redis.ts';
import { isSettled } from '../../src/domain/build.ts';
import { isScheduled } from '../../src/domain/schedule.ts';
import { parseSpec } from '../../src/domain/spec.ts';
import { REDIS_PREFIX } from '../../src/foundation.ts';
import { type Context, cannotWalk, ferry } from '../harness.ts';

/** Lets the next round begin, which a worker has just before it otherwise. */
async function nextRound({ redis: { connection } }: Context): Promise<void> {
  const redis = openRedis(connection, 'worker');
  try {
    await redis.del(`${REDIS_PREFIX}:once:duty:schedules:linux-64`);
  } finally {
    redis.disconnect();
  }
}

async function scheduleOf({ store }: Context) {
  return (await store.readEnvironment('churn'))?.schedule ?? assert.fail('nothing is scheduled');
}

describe('a schedule', { skip: cannotWalk }, () => {
  const runTest = ferry({ processes: ['bot', 'worker'] });

  test('builds what is newer, also where the worker is killed meanwhile, and says so once', () =>
    runTest(
      async (ctx) => {
        const block = { spec: parseSpec('ferry-entry>=1.1'), why: 'new', user: 'U1', at: 1 };
        await ctx.store.writeBlock(block);
        await ctx.slash('create churn python=3.11 ferry-entry');
        await ctx.untilReady('churn');
        await ctx.store.removeBlock(block.spec);
        const before = ctx.told('ana').length;

        assert.match(await ctx.ask('schedule churn weekly'), /is built weekly where newer/);
        await nextRound(ctx);
        const begun = await ctx.until('the scheduled build', async () => {
          const build = await ctx.build('churn');
          return isScheduled(build) && build.state === 'running' && build;
        });
        const [worker] = [...ctx.products].filter((each) => /"worker ready"/.test(each.output()));
        assert.ok(worker);
        await ctx.stop(worker, 'SIGKILL');
        await ctx.start('worker');
        const build = await ctx.until('the end of the scheduled build', async () => {
          const now = await ctx.build('churn');
          return isSettled(now) && now;
        });
        assert.deepEqual([build.id, build.state, build.revision], [begun.id, 'ready', 2]);

        await ctx.until('the word of it', () => ctx.told('ana').length > before);
        const [said = ''] = ctx.told('ana').slice(before);
        assert.match(said, /churn@2 is ready, by schedule.*1 changed.*ferry-entry 1\.0.*1\.1/s);
        assert.match(said, /\/run churn@2 pyspark/);
        assert.match(await ctx.ask('schedules'), /churn.*built weekly, next.*Built churn@2/s);

        await ctx.store.updateEnvironment('churn', (environment) => ({
          ...environment,
          schedule: environment.schedule && { ...environment.schedule, dueAt: 0 },
        }));
        await nextRound(ctx);
        await ctx.until('the next look', async () => {
          return (await scheduleOf(ctx)).last?.outcome === 'same';
        });
        assert.equal(ctx.told('ana').length, before + 1);
        assert.match(await ctx.ask('audit --environment churn'), /create churn.*by schedule/);
      },
      { seconds: 300 },
    ));
});
