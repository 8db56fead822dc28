import assert from 'node:assert/strict';
import { tmpdir } from 'node:os';
import { describe, it, type TestContext } from 'node:test';
import { serveWatch } from '../../../src/adapters/watch/server.ts';
import { createWatched } from '../../../src/adapters/watch/watched.ts';
import { METRICS, type Metric } from '../../../src/domain/metrics.ts';
import type { Totals } from '../../../src/domain/totals.ts';

const TOTALS: Totals = {
  environments: { there: 40, letGo: 2 },
  ...{ revisions: 90, owners: 12, ownersAtLimit: 3, openBuilds: 5, approvals: 1, notices: 0 },
  isLed: true,
  edges: [{ edge: 'prod', freeBytes: 5e9 }],
  workers: [{ platform: 'linux-64', count: 2 }],
  queues: [
    {
      ...{ platform: 'linux-64', queue: 'builds' },
      ...{ waiting: 4, active: 1, delayed: 0, oldestSeconds: 75 },
    },
  ],
};

/** A process that is looked at over HTTP. */
async function watch(context: TestContext) {
  const watched = createWatched({ version: '1.2.3', dataDirectory: tmpdir() });
  const complaints: unknown[] = [];
  const server = await serveWatch({ host: '127.0.0.1', port: 0 }, watched.pages, (error) =>
    complaints.push(error),
  );
  context.after(() => server.close());
  const look = async (path: string, method = 'GET') => {
    const response = await fetch(server.url + path, { method });
    return { status: response.status, headers: response.headers, text: await response.text() };
  };
  return { watched, look, complaints, url: server.url };
}

const isAway = () => Promise.reject(new Error('the store is away'));
const isThere = { ping: async () => {}, totals: async () => TOTALS };

describe('a process that is watched', () => {
  it('lives as long as it answers', async (context) => {
    const { look } = await watch(context);
    const { status, text } = await look('/healthz');
    assert.equal(status, 200);
    assert.deepEqual(JSON.parse(text), { alive: true });
  });

  it('is ready once all of its parts are, and says of each that is not why', async (context) => {
    const { watched, look } = await watch(context);
    const ready = async () => {
      const { status, text } = await look('/readyz?verbose');
      return { status, ...JSON.parse(text) };
    };
    assert.deepEqual(await ready(), { status: 503, ready: false, parts: { process: 'starting' } });
    watched.follow({ ...isThere, ping: isAway });
    watched.ask('slack', () => 'has no connection to Slack');
    watched.is(null);
    const parts = { process: 'ready', redis: 'ready', slack: 'ready' };
    assert.deepEqual(await ready(), {
      ...{ status: 503, ready: false },
      parts: { ...parts, redis: 'does not answer', slack: 'has no connection to Slack' },
    });
    watched.follow(isThere);
    watched.ask('slack', () => null);
    assert.deepEqual(await ready(), { status: 200, ready: true, parts });
    watched.is('stopping');
    assert.deepEqual(await ready(), {
      ...{ status: 503, ready: false },
      parts: { ...parts, process: 'stopping' },
    });
  });

  it('shows what is measured in the format of Prometheus, with a sentence on each', async (context) => {
    const { watched, look } = await watch(context);
    watched.follow(isThere);
    watched.ask('worker', () => 'takes no more jobs');
    const labels = { method: 'chat.update', outcome: 'done' };
    watched.meters.count('conda_ferry_slack_calls_total', labels);
    watched.meters.count('conda_ferry_slack_calls_total', labels, 2);
    watched.meters.observe('conda_ferry_acknowledge_seconds', { delivery: 'command' }, 0.2);
    const { status, headers, text } = await look('/metrics');
    assert.equal(status, 200);
    assert.match(headers.get('content-type') ?? '', /^text\/plain; version=0\.0\.4/);
    for (const [name, { help, kind }] of Object.entries<Metric>(METRICS)) {
      assert.ok(text.includes(`# HELP ${name} ${help}\n# TYPE ${name} ${kind}\n`), name);
    }
    for (const line of [
      'conda_ferry_info{version="1.2.3"} 1',
      'conda_ferry_ready{part="process"} 0',
      'conda_ferry_ready{part="redis"} 1',
      'conda_ferry_ready{part="worker"} 0',
      'conda_ferry_environments{state="there"} 40',
      'conda_ferry_environments{state="let_go"} 2',
      'conda_ferry_owners_at_limit 3',
      'conda_ferry_leader 1',
      'conda_ferry_edge_free_bytes{edge="prod"} 5000000000',
      'conda_ferry_workers{platform="linux-64"} 2',
      'conda_ferry_queue_jobs{platform="linux-64",queue="builds",state="waiting"} 4',
      'conda_ferry_queue_oldest_seconds{platform="linux-64",queue="builds"} 75',
      'conda_ferry_slack_calls_total{method="chat.update",outcome="done"} 3',
      'conda_ferry_acknowledge_seconds_bucket{le="0.1",delivery="command"} 0',
      'conda_ferry_acknowledge_seconds_bucket{le="0.25",delivery="command"} 1',
    ]) {
      assert.ok(text.split('\n').includes(line), line);
    }
    assert.match(text, /^conda_ferry_build_host_free_bytes \d+$/m);
    assert.match(text, /^nodejs_eventloop_lag_p99_seconds /m);
  });

  it('shows nothing of the whole while the store is away, rather than what was or 0', async (context) => {
    const { watched, look } = await watch(context);
    watched.follow(isThere);
    await look('/metrics');
    watched.follow({ ping: isAway, totals: isAway });
    const { status, text } = await look('/metrics');
    assert.equal(status, 200);
    const shown = text.split('\n').filter((line) => /^conda_ferry_/.test(line));
    const ofAll = Object.entries<Metric>(METRICS).filter(([, metric]) => metric.of === 'all');
    for (const [name] of ofAll)
      assert.deepEqual(
        shown.filter((line) => line.startsWith(name)),
        [],
      );
    assert.doesNotMatch(text, /^conda_ferry_redis_round_trip_seconds /m);
    assert.match(text, /^conda_ferry_ready\{part="redis"\} 0$/m);
  });

  it('answers other ways and paths with a word', async (context) => {
    const { look, complaints } = await watch(context);
    const posted = await look('/metrics', 'POST');
    assert.equal(posted.status, 405);
    assert.equal(posted.headers.get('allow'), 'GET, HEAD');
    assert.equal((await look('/healthz', 'HEAD')).status, 200);
    for (const path of ['/', '/constructor', '/metrics/']) {
      const { status, text } = await look(path);
      assert.equal(status, 404);
      assert.equal(text, 'there are: /healthz, /readyz, /metrics\n');
    }
    assert.deepEqual(complaints, []);
  });

  it('says where it cannot listen, and what to set', async (context) => {
    const { url } = await watch(context);
    const { pages } = createWatched({ version: '1.2.3', dataDirectory: tmpdir() });
    const port = Number(new URL(url).port);
    await assert.rejects(
      serveWatch({ host: '127.0.0.1', port }, pages, () => {}),
      {
        code: 'cannot-listen',
        message: `Health and metrics cannot be served at 127.0.0.1:${port}: EADDRINUSE.`,
        suggestion: /WATCH_PORT/,
      },
    );
  });
});
