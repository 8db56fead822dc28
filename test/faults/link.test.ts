import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Context, cannotWalk, ferry } from '../harness.ts';
import { endsWellOnce } from './oracle.ts';

/** What happens to the connection to the edge node while an archive is on its way. */
const CASES: readonly { name: string; fault(ctx: Context): void }[] = [
  { name: 'is ended', fault: (ctx) => ctx.edge.cutAfter(5_000_000) },
  {
    name: 'is reset',
    fault: (ctx) => {
      ctx.edge.link.faults.reset = true;
      ctx.edge.cutAfter(5_000_000);
    },
  },
  { name: 'is cut three times in a row', fault: (ctx) => ctx.edge.cutAfter(4_000_000, 3) },
];

describe('the link to the edge node', { skip: cannotWalk }, () => {
  const runTest = ferry();

  for (const [index, { name, fault }] of CASES.entries()) {
    test(`that ${name} in the middle of a transfer costs time and no second transfer`, () =>
      runTest(async (ctx) => {
        const before = { ...ctx.edge.link.traffic };
        fault(ctx);
        // Each of another package set, so that the whole archive has to travel.
        await ctx.ask(`create cut${index} python=${['3.11', '3.10', '3.13'][index]} six`);
        const build = await endsWellOnce(ctx, `cut${index}`);
        const { cut, fromClient } = ctx.edge.link.traffic;
        assert.ok(cut > before.cut, 'it was cut');
        const sent = fromClient - before.fromClient;
        const bytes = build.archive?.bytes ?? 0;
        assert.ok(sent < bytes * 1.6, `${sent} bytes were sent for an archive of ${bytes}`);
      }));
  }

  test('that is cut while the environment is tried there is no proof, and no verdict without trying again', () =>
    runTest(async (ctx) => {
      await ctx.ask('create tried python=3.11 six');
      await ctx.untilStep('tried', 'verify');
      ctx.edge.link.cutNow();
      const build = await ctx.untilSettled('tried');
      if (build.state === 'failed') {
        assert.match(build.failure?.message ?? '', /connection to the edge was lost|unknown/);
        await ctx.click('Retry', 'tried');
        await ctx.until('a new attempt', async () => (await ctx.build('tried')).attempt === 2);
        await ctx.untilReady('tried');
      }
      assert.equal((await ctx.build('tried')).verifications[0]?.outcome, 'smoke-tested');
    }));
});
