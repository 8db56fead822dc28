import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { cannotWalk, ferry } from '../harness.ts';
import { endsWellOnce } from './oracle.ts';

const HOUR = 3_600_000;

/** What Node does first on a host whose clock is an hour ahead. */
const AN_HOUR_AHEAD = `--import data:text/javascript,${encodeURIComponent(`
  const now = Date.now.bind(Date);
  globalThis.Date = class extends Date {
    constructor(...when) { super(...(when.length > 0 ? when : [now() + ${HOUR}])); }
    static now() { return now() + ${HOUR}; }
  };
`)}`;

describe('two bots, and a worker whose clock is an hour ahead', { skip: cannotWalk }, () => {
  const runTest = ferry({ processes: ['bot', 'bot'] });

  test('tell of a build once and at once, also when the bot that tells is killed', () =>
    runTest(async (ctx) => {
      const worker = await ctx.start('worker', { NODE_OPTIONS: AN_HOUR_AHEAD });
      const [, said = ''] = /"time":"([^"]+)/.exec(worker.output()) ?? [];
      assert.ok(Date.parse(said) - Date.now() > HOUR / 2, `the worker takes it for ${said}`);
      ctx.edge.link.faults.rate = 1_000_000;
      await ctx.ask('create told python=3.11 six');
      await ctx.untilStep('told', 'stage');
      const edits = ctx.slack.calls('chat.update').map(({ args }) => JSON.stringify(args));
      assert.equal(new Set(edits).size, edits.length, 'no state is told twice');
      const leaders = [...ctx.products].filter((product) =>
        product.output().includes('this bot tells of the builds'),
      );
      assert.equal(leaders.length, 1);
      for (const leader of leaders) await ctx.stop(leader, 'SIGKILL');
      ctx.edge.link.faults.rate = Number.POSITIVE_INFINITY;
      const { createdAt, startedAt, finishedAt } = await endsWellOnce(ctx, 'told');
      const order = [createdAt, startedAt ?? 0, finishedAt ?? 0];
      assert.deepEqual(
        order,
        order.toSorted((left, right) => left - right),
      );
      assert.ok((finishedAt ?? 0) - createdAt < HOUR / 2);
    }));
});
