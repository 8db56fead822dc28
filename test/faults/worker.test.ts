import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { StepName } from '../../src/domain/build.ts';
import { cannotWalk, ferry } from '../harness.ts';
import { endsWellOnce } from './oracle.ts';

/** How a worker goes away, and at which step of the build. */
const CASES: readonly { name: string; signal: NodeJS.Signals; step: StepName; packages: string }[] =
  [
    { name: 'killed while it packs', signal: 'SIGKILL', step: 'pack', packages: 'six numpy' },
    { name: 'killed while it sends', signal: 'SIGKILL', step: 'stage', packages: 'six' },
    { name: 'told to stop while it packs', signal: 'SIGTERM', step: 'pack', packages: 'six scipy' },
    { name: 'told to stop while it sends', signal: 'SIGTERM', step: 'stage', packages: 'six' },
  ];

describe('a worker that goes away', { skip: cannotWalk }, () => {
  const runTest = ferry({ processes: ['bot'] });

  for (const [index, { name, signal, step, packages }] of CASES.entries()) {
    const environment = `gone${index}`;
    test(`${name} (${signal}) is replaced: one archive, one message, one notice`, () =>
      runTest(async (ctx) => {
        const first = await ctx.start('worker');
        if (step === 'stage') ctx.edge.link.faults.rate = 1_000_000;
        await ctx.ask(`create ${environment} python=3.11 ${packages}`);
        await ctx.untilStep(environment, step);
        // While it sends there is time for another one to stand by; packing is over too soon.
        if (step === 'stage') {
          await ctx.until('bytes on their way', () => ctx.edge.leftovers().length > 0);
          await ctx.start('worker');
        }
        const began = Date.now();
        const code = await ctx.stop(first, signal);
        if (signal === 'SIGTERM') {
          assert.equal(code, 0);
          assert.ok(Date.now() - began < 10_000, 'a worker that is told to stop stops soon');
        }
        ctx.edge.link.faults.rate = Number.POSITIVE_INFINITY;
        if (step !== 'stage') await ctx.start('worker');
        const build = await endsWellOnce(ctx, environment);
        assert.equal(build.attempt, 1);
        const [, second] = ctx.products;
        if (second) await ctx.stop(second, 'SIGTERM');
      }));
  }
});
