import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { startRedisProxy } from '../harness/redis-proxy.ts';
import { cannotWalk, ferry } from '../harness.ts';
import { endsWellOnce } from './oracle.ts';

/** What is only in the script that saves builds. */
const BEGINS = 'isBeginning';

describe('a bot that is killed', { skip: cannotWalk }, () => {
  const runTest = ferry({ processes: ['worker'] });

  test('once a build is recorded and before it is queued: it is built all the same, and told once', () =>
    runTest(async (ctx) => {
      const proxy = await startRedisProxy(ctx.redis.connection, join(ctx.directory, 'proxy.sock'));
      try {
        const doomed = await ctx.start('bot', { REDIS_URL: proxy.socketPath });
        await ctx.until('a connection to Slack', () => ctx.slack.connections() > 0);
        proxy.afterCommand(BEGINS, () => void ctx.stop(doomed, 'SIGKILL'));
        await ctx.slash('create limbo python=3.11 six');
        await doomed.ended;
        assert.equal((await ctx.build('limbo')).state, 'queued');
        await ctx.start('bot');
        const build = await endsWellOnce(ctx, 'limbo');
        assert.equal(build.attempt, 1);
      } finally {
        proxy.close();
      }
    }));
});
