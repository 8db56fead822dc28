import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import type { StepName } from '../../src/domain/build.ts';
import type { Product } from '../harness/product.ts';
import { type Context, cannotWalk, ferry } from '../harness.ts';
import { endsWellOnce } from './oracle.ts';

/** How a worker goes away, at which step it is, and how long its place may stay empty. */
const CASES: readonly { name: string; signal: NodeJS.Signals; step: StepName; attempts: string }[] =
  [
    {
      name: 'killed while it packs',
      signal: 'SIGKILL',
      step: 'pack',
      attempts: 'python=3.11 six numpy',
    },
    {
      name: 'killed while it sends',
      signal: 'SIGKILL',
      step: 'stage',
      attempts: 'python=3.11 six',
    },
    {
      name: 'told to stop while it packs',
      signal: 'SIGTERM',
      step: 'pack',
      attempts: 'python=3.11 six numpy scipy',
    },
    {
      name: 'told to stop while it sends',
      signal: 'SIGTERM',
      step: 'stage',
      attempts: 'python=3.11 six',
    },
  ];

/** The worker that has the build: the only one that has started anything for it. */
function holder(ctx: Context, step: StepName, workers: readonly Product[]): Product {
  if (step === 'pack') {
    const pid = Number(readFileSync(join(ctx.directory, 'data/prefix/0.lock'), 'utf8'));
    const found = workers.find((worker) => worker.pid === pid);
    assert.ok(found, `no worker has the number ${pid}`);
    return found;
  }
  const [only] = workers;
  assert.ok(only);
  return only;
}

describe('a worker that goes away', { skip: cannotWalk }, () => {
  const runTest = ferry({ processes: ['bot'] });

  for (const [index, { name, signal, step, attempts }] of CASES.entries()) {
    const environment = `gone${index}`;
    test(`${name} (${signal}) is replaced: one archive, one message, one notice`, () =>
      runTest(async (ctx) => {
        const first = await ctx.start('worker');
        if (step === 'stage') ctx.edge.link.faults.rate = 1_000_000;
        await ctx.ask(`create ${environment} ${attempts}`);
        await ctx.untilStep(environment, step);
        if (step === 'stage')
          await ctx.until('bytes on their way', () => ctx.edge.leftovers().length > 0);
        // The second one comes only now, so that we know which of them has the build.
        const second = await ctx.start('worker');
        const gone = holder(ctx, step, [first, second]);
        const began = Date.now();
        const code = await ctx.stop(gone, signal);
        if (signal === 'SIGTERM') {
          assert.equal(code, 0);
          assert.ok(Date.now() - began < 10_000, 'a worker that is told to stop stops soon');
        }
        ctx.edge.link.faults.rate = Number.POSITIVE_INFINITY;
        const build = await endsWellOnce(ctx, environment);
        assert.equal(build.attempt, 1);
        const left = [...ctx.products].filter((product) => product === first || product === second);
        for (const worker of left) await ctx.stop(worker, 'SIGTERM');
      }));
  }
});
