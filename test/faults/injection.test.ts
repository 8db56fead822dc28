import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { openRedis, type RedisConnection } from '../../src/adapters/redis/redis.ts';
import { REDIS_PREFIX } from '../../src/foundation.ts';
import { cannotWalk, ferry } from '../harness.ts';

/** Text that tries to be more than it is. Each is refused before anything is recorded or started. */
const ATTEMPTS: readonly string[] = [
  'create evil numpy --channel http://evil.example/channel',
  'create evil numpy -c /etc',
  'create evil evil::numpy',
  'create evil numpy[url=http://evil.example/x.conda]',
  'create evil https://evil.example/x.conda',
  'create evil --file=/etc/passwd',
  'create evil -- numpy --yes',
  'create evil numpy;id',
  'create evil $(id)',
  'create evil `id`',
  'create evil "numpy\nscipy;id"',
  'create evil numpy\u0000scipy',
  'create evil numpy\u202e=1',
  'create evil “numpy>=1”;id',
  'create ../evil numpy',
  'create evil;id numpy',
  'create evil#x numpy',
  'create -n --copy numpy',
  'create evil numpy --edge ../edge',
  'create evil numpy --project /etc/passwd',
  'create evil numpy --project file:///etc',
  "run evil --conf 'spark.x=1;id' -- app.py",
  'show ../../etc/passwd',
  'logs ../evil',
];

/** Keys of environments that were recorded, or only claimed. */
async function recordsIn(connection: RedisConnection): Promise<string[]> {
  const redis = openRedis(connection, 'worker');
  try {
    return await redis.keys(`${REDIS_PREFIX}:environment*`);
  } finally {
    redis.disconnect();
  }
}

describe('text that tries to be more than it is', { skip: cannotWalk }, () => {
  const runTest = ferry({ processes: ['bot'] });

  for (const text of ATTEMPTS) {
    test(`${JSON.stringify(text)} is refused, and nothing is recorded`, () =>
      runTest(async (ctx) => {
        const answer = await ctx.ask(text);
        assert.match(answer, /^⚠️/);
        assert.doesNotMatch(answer, /error it does not know/);
        assert.equal((await ctx.store.listBuilds({ limit: 9 })).length, 0);
        assert.deepEqual(await recordsIn(ctx.redis.connection), []);
        assert.equal(ctx.seen().length, 1);
      }));
  }
});
