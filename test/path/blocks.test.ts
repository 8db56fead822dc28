import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createErrands } from '../../src/adapters/redis/errands.ts';
import type { BuildRequest } from '../../src/domain/request.ts';
import { parseSpec } from '../../src/domain/spec.ts';
import { REDIS_PREFIX } from '../../src/foundation.ts';
import { type Context, cannotWalk, ferry } from '../harness.ts';

const request: BuildRequest = {
  ...{ environment: 'planned', specs: [parseSpec('python=3.11'), parseSpec('numpy')] },
  ...{ edges: ['edge'], pip: [], channels: [], projects: [] },
  ...{ layout: 'local', format: 'auto', packer: 'segments', force: false },
};

async function versionOf(ctx: Context, name: string): Promise<string> {
  const errands = createErrands({ connection: ctx.redis.connection, prefix: REDIS_PREFIX });
  try {
    const { lock } = await errands.ask(
      'plan',
      { request },
      { platform: 'linux-64', waitMs: 60_000 },
    );
    const found = lock.packages.find((entry) => entry.name === name);
    assert.ok(found, `${name} is not among the packages`);
    return found.version;
  } finally {
    await errands.close();
  }
}

describe('a block', { skip: cannotWalk }, () => {
  const runTest = ferry();

  test('makes the real solver take another version, or says who blocked the only one', () =>
    runTest(async (ctx) => {
      const newest = await versionOf(ctx, 'numpy');
      const block = (spec: string) =>
        ctx.store.writeBlock({ spec: parseSpec(spec), why: 'CVE', user: 'U0OMARHAD1', at: 1 });
      await block(`numpy==${newest}`);
      const other = await versionOf(ctx, 'numpy');
      assert.notEqual(other, newest);
      await block(`numpy>=1,<${other}|>${other}`);
      assert.equal(await versionOf(ctx, 'numpy'), other);
      await block(`numpy==${other}`);
      await assert.rejects(versionOf(ctx, 'numpy'), { code: 'package-blocked' });
    }));
});
