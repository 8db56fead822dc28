import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { describe, test } from 'node:test';
import { cannotWalk, ferry, words } from '../harness.ts';

describe('over signed HTTP', { skip: cannotWalk }, () => {
  const runTest = ferry({ mode: 'http', configure: () => ({ watch: { port: 0 } }) });

  test('Slack’s challenge is met, and a command becomes an environment', () =>
    runTest(async (ctx) => {
      assert.equal(await ctx.slack.verifyRequestUrl(), true);
      assert.equal(ctx.slack.connections(), 0);
      const outcome = await ctx.slash('create posted python=3.11 six');
      assert.deepEqual([outcome.status, outcome.error], [200, null]);
      const build = await ctx.untilReady('posted');
      assert.equal(ctx.edge.sha256('posted'), build.archive?.sha256);
      assert.equal((await ctx.notices('posted')).length, 1);
    }));

  test('what Slack cannot have sent ends nothing, though it is signed', () =>
    runTest(async (ctx) => {
      const [bot] = ctx.products;
      const [, url = ''] = /"url":"(http[^"]+)"/.exec(bot?.output() ?? '') ?? [];
      const timestamp = String(Math.floor(Date.now() / 1000));
      for (const body of ['null', '[]', '{"type":"event_callback","event":7}']) {
        const digest = createHmac('sha256', ctx.slack.signingSecret)
          .update(`v0:${timestamp}:${body}`)
          .digest('hex');
        const { status } = await fetch(url, {
          ...{ method: 'POST', body },
          headers: {
            'content-type': 'application/json',
            'x-slack-request-timestamp': timestamp,
            'x-slack-signature': `v0=${digest}`,
          },
        });
        assert.equal(status, 400, body);
      }
      assert.match(await ctx.ask('whoami'), /U0ANARUIZ1|ana/);
    }));

  test('`create` alone opens a form; mistakes stay on their field, a right one is built', () =>
    runTest(async (ctx) => {
      await ctx.slash('create', { user: 'ben' });
      const view = await ctx.slack.untilView('ben', () => true);
      const submit = (name: string, packages: string) =>
        ctx.slack.submitView({
          user: 'ben',
          viewId: view.id,
          values: { name: { value: name }, packages: { value: packages } },
        });
      assert.deepEqual(Object.keys((await submit('no way', 'six')).errors ?? {}), ['name']);
      const outcome = await submit('filled', 'python=3.11 six');
      assert.equal(outcome.errors, null);
      const build = await ctx.untilReady('filled');
      assert.equal(build.requester.user, 'U0BENOKAF1');
      assert.match(words(await ctx.live('filled')), /filled@1 is ready/);
      assert.match((await ctx.notices('filled'))[0]?.text ?? '', /build of filled@1/);
    }));

  test('what came of all that is seen from outside', () =>
    runTest(async (ctx) => {
      const [product] = ctx.products;
      const told = /"address":"(http[^"]+)"/.exec(product?.output() ?? '');
      const ready = await fetch(`${told?.[1]}/readyz`);
      assert.deepEqual(
        [ready.status, await ready.json()],
        [
          200,
          {
            ready: true,
            parts: { process: 'ready', redis: 'ready', slack: 'ready', worker: 'ready' },
          },
        ],
      );
      const text = await (await fetch(`${told?.[1]}/metrics`)).text();
      const value = (series: string) => {
        const line = text.split('\n').find((each) => each.startsWith(`${series} `));
        assert.ok(line, `${series} in\n${text}`);
        return Number(line.slice(series.length));
      };
      const builds = value('conda_ferry_builds_total{outcome="ready",code="none"}');
      assert.ok(builds >= 2, `${builds} builds`);
      assert.equal(value('conda_ferry_environments{state="there"}'), builds);
      assert.equal(value('conda_ferry_leader'), 1);
      const waiting = { platform: 'linux-64', queue: 'builds', state: 'waiting' };
      const labels = Object.entries(waiting).map(([name, is]) => `${name}="${is}"`);
      assert.equal(value(`conda_ferry_queue_jobs{${labels}}`), 0);
      for (const series of [
        'conda_ferry_step_seconds_count{step="solve",outcome="complete"}',
        'conda_ferry_packed_bytes_total',
        'conda_ferry_sent_bytes_total{edge="edge"}',
        'conda_ferry_edge_free_bytes{edge="edge"}',
        'conda_ferry_command_seconds_count{command="create",outcome="done"}',
        'conda_ferry_acknowledge_seconds_count{delivery="command"}',
        'conda_ferry_slack_calls_total{method="chat.postMessage",outcome="done"}',
        'conda_ferry_redis_round_trip_seconds',
      ]) {
        assert.ok(value(series) > 0, series);
      }
    }));
});
