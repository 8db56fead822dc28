import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createEdge } from '../../src/adapters/edge/edge.ts';
import type { StepName } from '../../src/domain/build.ts';
import { createEvents } from '../../src/domain/events.ts';
import { days } from '../../src/domain/retention.ts';
import { removeUnproven } from '../../src/pipeline/unproven.ts';
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

  test('killed as soon as it has published (SIGKILL): a build that is cancelled then leaves nothing', () =>
    runTest(async (ctx) => {
      const first = await ctx.start('worker');
      const before = new Set(ctx.edge.published());
      const come = () => ctx.edge.published().filter((path) => !before.has(path));
      await ctx.ask('create lost python=3.11 six');
      await ctx.until('an archive to be published', () =>
        come().some((path) => /^archives\/\w+$/.test(path)),
      );
      await ctx.stop(first, 'SIGKILL');
      const { stagings, begun } = await ctx.build('lost');
      assert.deepEqual([stagings.length, begun.length], [0, 1]);
      await ctx.slash('cancel lost');
      const second = await ctx.start('worker');
      await ctx.until('its end', async () => (await ctx.build('lost')).state === 'cancelled');
      await ctx.stop(second, 'SIGTERM');
      const { user, privateKeyFile, hostKey } = ctx.edge.address;
      const edge = createEdge(
        {
          ...{ name: 'edge', host: ctx.edge.link.host, port: ctx.edge.link.port, user },
          ...{ privateKeyFile, hostKey, root: ctx.edge.root, alias: 'MYGLOBALENV', hdfs: null },
          ...{ cluster: { manager: 'yarn' }, env: {} },
        },
        { log: () => undefined },
      );
      const clock = { now: () => Date.now() + days(2) };
      const edges = new Map([[edge.name, edge]]);
      const log: string[] = [];
      const { signal } = new AbortController();
      const reporting = { signal, log: (line: string) => log.push(line) };
      const events = createEvents([]);
      await removeUnproven({ store: ctx.store, edges, clock, redact: String, events }, reporting);
      assert.deepEqual(come(), [], log.join('\n'));
      assert.deepEqual((await ctx.build('lost')).begun, []);
    }));
});
