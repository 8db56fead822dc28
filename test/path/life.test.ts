import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { StepName } from '../../src/domain/build.ts';
import { cannotWalk, ferry, SOON_FOLLOWED, words } from '../harness.ts';

describe('the life of a build', { skip: cannotWalk }, () => {
  const runTest = ferry({ configure: () => SOON_FOLLOWED });

  /** What keeps a step at work long enough for a person to press a button. */
  const SLOW: readonly { step: StepName; packages: string; slowUplink?: number }[] = [
    { step: 'solve', packages: 'python=3.11 --channel silent' },
    { step: 'pack', packages: 'python=3.11 numpy scipy' },
    { step: 'stage', packages: 'python=3.11 six', slowUplink: 300_000 },
  ];
  for (const { step, packages, slowUplink } of SLOW) {
    const name = `stop-${step}`;
    test(`Cancel stops the ${step} step at once; nothing half-made stays, and the name is free again`, () =>
      runTest(async (ctx) => {
        if (slowUplink) ctx.edge.link.faults.rate = slowUplink;
        await ctx.ask(`create ${name} ${packages}`);
        await ctx.untilStep(name, step);
        if (slowUplink) {
          await ctx.until('bytes under way', () => ctx.edge.leftovers().length > 0);
        }
        const pressed = Date.now();
        const { error } = await ctx.click('Cancel', name);
        assert.equal(error, null);
        const build = await ctx.untilSettled(name, 'cancelled');
        const seconds = ((build.finishedAt ?? 0) - pressed) / 1000;
        assert.ok(seconds < 15, `stopped after ${seconds} s`);
        assert.equal(build.failure, null);
        assert.match(words(await ctx.live(name)), /@U0ANARUIZ1 stopped it/);
        await ctx.until('a clean edge node', () => ctx.edge.leftovers().length === 0);
        assert.deepEqual(ctx.edge.manifests(name), []);

        ctx.edge.link.faults.rate = Number.POSITIVE_INFINITY;
        await ctx.ask(`create ${name} python=3.11 six`);
        const next = await ctx.untilReady(name);
        assert.equal(ctx.edge.sha256(name), next.archive?.sha256);
      }));
  }

  test('Retry of a cancelled build goes on from the last finished step, in the same message', () =>
    runTest(async (ctx) => {
      ctx.edge.link.faults.rate = 300_000;
      await ctx.ask('create resumed python=3.11 six');
      await ctx.untilStep('resumed', 'stage');
      await ctx.click('Cancel', 'resumed');
      const stopped = await ctx.untilSettled('resumed', 'cancelled');
      ctx.edge.link.faults.rate = Number.POSITIVE_INFINITY;
      await ctx.click('Retry', 'resumed');
      await ctx.until('a new attempt', async () => (await ctx.build('resumed')).attempt === 2);
      const build = await ctx.untilReady('resumed');
      assert.equal(build.id, stopped.id);
      assert.deepEqual(build.message, stopped.message);
      const details = new Map(build.steps.map((step) => [step.name, step.detail ?? '']));
      assert.match(details.get('pack') ?? '', /done before/);
      assert.equal(ctx.edge.sha256('resumed'), build.archive?.sha256);
    }));

  test('the same request in flight is joined; a different one is refused, naming who holds the name', () =>
    runTest(async (ctx) => {
      await ctx.ask('create shared python=3.11 --channel silent', { user: 'ana' });
      const first = await ctx.untilStep('shared', 'solve');
      const joined = await ctx.ask('create shared python=3.11 --channel silent', { user: 'ana' });
      assert.match(joined, /shared/);
      assert.equal((await ctx.build('shared')).id, first.id);
      const refused = await ctx.ask('create shared python=3.11 six', { user: 'ana' });
      assert.match(refused, /@U0ANARUIZ1 is building shared right now/);
      assert.match(refused, new RegExp(`${first.id}[\\s\\S]*cancel shared`));
      assert.equal((await ctx.store.listBuilds({ environment: 'shared', limit: 9 })).length, 1);
      await ctx.click('Cancel', 'shared');
      await ctx.untilSettled('shared', 'cancelled');
    }));

  test('Verify runs the proof again; Logs and Line to copy open where text can be selected', () =>
    runTest(async (ctx) => {
      await ctx.ask('create proof python=3.11 six');
      const before = await ctx.untilReady('proof');
      await ctx.click('Verify', 'proof');
      const after = await ctx.until('newer evidence', async () => {
        const now = await ctx.build('proof');
        return (
          !now.verifying &&
          (now.verifications[0]?.at ?? 0) > (before.verifications[0]?.at ?? 0) &&
          now
        );
      });
      assert.equal(after.state, 'ready');
      assert.equal(after.verifications.length, 1);

      await ctx.click('Logs', 'proof');
      const log = await ctx.slack.untilView('ana', (view) => JSON.stringify(view).includes('sent'));
      assert.match(JSON.stringify(log.blocks), /engine py-rattler/);
      await ctx.slack.closeView({ user: 'ana', viewId: log.id });

      await ctx.click('Line to copy', 'proof');
      const line = await ctx.slack.untilView('ana', (view) =>
        JSON.stringify(view).includes('PYSPARK_PYTHON'),
      );
      assert.ok(JSON.stringify(line.blocks).includes('--archives'));
      await ctx.slack.closeView({ user: 'ana', viewId: line.id });

      assert.match(await ctx.ask('logs proof --last 5'), /Log|proof/);
      assert.match(await ctx.ask('list'), /proof@1/);
      assert.match(await ctx.ask('run proof spark-submit -- app.py'), /spark-submit .*app\.py/);
      assert.match(await ctx.ask('show proof'), /six/);
      assert.match(await ctx.ask('status proof'), /ready/);
      assert.match(await ctx.ask('help'), /create/);
    }));

  test('what is lost on the edge node is noticed and staged again, not promised', () =>
    runTest(async (ctx) => {
      await ctx.ask('create lost python=3.11 six');
      const first = await ctx.untilReady('lost');
      await ctx.edge.ssh(`rm ${first.stagings[0]?.archivePath}`);
      await ctx.ask('create lost python=3.11 six');
      const second = await ctx.untilReady('lost');
      assert.notEqual(second.id, first.id);
      assert.equal(second.reused, false);
      assert.equal(second.revision, 1);
      assert.equal(ctx.edge.sha256('lost'), first.archive?.sha256);
    }));
});
