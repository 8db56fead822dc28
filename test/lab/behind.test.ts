/** What the demo shows behind the conversation is what Redis, the edge's folder and YARN have. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { applicationRows, behind, viewOf } from '../../deploy/lab/behind.ts';
import {
  type AsideView,
  type SlackEmulator,
  startSlackEmulator,
} from '../../deploy/lab/slack/index.ts';
import { createQueue } from '../../src/adapters/redis/queue.ts';
import { createStore } from '../../src/adapters/redis/store.ts';
import type { Build } from '../../src/domain/build.ts';
import { REDIS_PREFIX } from '../../src/foundation.ts';
import { noServer, type RedisServer, startServer } from '../adapters/redis/fixture.ts';
import { build } from '../answers/samples.ts';

/** As the ResourceManager of Hadoop 3.3.6 wrote it, with fewer columns at its end. */
const row = (
  id: number,
  name: string,
  started: number,
  state: string,
  result: string,
  containers: string,
) =>
  `["<a href='/cluster/app/application_1_000${id}'>application_1_000${id}</a>","root","${name}","SPARK","","default","0","${started}","${started}","0","${state}","${result}","${containers}","1","896"]`;
const PAGE = `<script type="text/javascript">
              var appsTableData=[
${row(1, 'conda-ferry verify churn@1', 100, 'FINISHED', 'SUCCEEDED', 'N/A')},
${row(3, "Ana\\'s job", 300, 'RUNNING', 'UNDEFINED', '1')},
${row(2, 'PySparkShell', 200, 'KILLED', 'KILLED', 'N/A')},
${row(4, 'new', 400, 'ACCEPTED', 'UNDEFINED', '0')}
]
            </script>`;

const EMPTY = { asked: [], waiting: [], staged: [], applications: [] };
const states = ({ places }: AsideView) => places.map(({ state }) => state);

describe('the way of a build', () => {
  test('is at the place of the step that is at work', () => {
    assert.deepEqual(states(viewOf(null, EMPTY)), ['ahead', 'ahead', 'ahead', 'ahead', 'ahead']);
    const of = (about: Build) => states(viewOf(about, EMPTY));
    assert.deepEqual(of(build('queued')), ['done', 'now', 'ahead', 'ahead', 'ahead']);
    assert.deepEqual(of(build('running')), ['done', 'done', 'now', 'ahead', 'ahead']);
    assert.deepEqual(of(build('ready')), ['done', 'done', 'done', 'done', 'done']);
    assert.deepEqual(of(build('failed')), ['done', 'done', 'failed', 'ahead', 'ahead']);
  });

  test('says what each step does, how much of it is done and how long it took', () => {
    const running = build('running');
    const steps = running.steps.map((step) =>
      step.name === 'create' ? { ...step, detail: '3 of 9 packages' } : step,
    );
    const [, , host] = viewOf({ ...running, steps }, EMPTY).places;
    assert.deepEqual(
      host?.rows.map(({ label }) => label),
      ['Solve', 'Create'],
    );
    const [, create] = host?.rows ?? [];
    assert.deepEqual([create?.value, create?.tone, create?.part], ['at work', 'busy', 3 / 9]);
  });
});

test('of YARN’s applications the newest are shown, with what they have or how they ended', () => {
  assert.deepEqual(applicationRows(PAGE), [
    { label: 'new', value: 'ACCEPTED', tone: 'busy' },
    { label: "Ana's job", value: '1 container', tone: 'busy' },
    { label: 'PySparkShell', value: 'KILLED', tone: 'bad' },
  ]);
  assert.deepEqual(applicationRows('appsTableData=[\n]'), []);
});

describe('behind the conversation', { skip: noServer }, () => {
  let redis: RedisServer;
  let slack: SlackEmulator;
  let yarn: Server;
  let aside: ReturnType<typeof behind>;
  const root = mkdtempSync(join(tmpdir(), 'ferry-behind-'));

  before(async () => {
    [redis, slack] = await Promise.all([startServer(), startSlackEmulator()]);
    yarn = createServer((request, response) =>
      response.end(request.url === '/cluster/apps' ? PAGE : '{"allocatedMB":1024,"totalMB":10240}'),
    ).listen(0, '127.0.0.1');
    await once(yarn, 'listening');
    const { socketPath } = redis.connection as { socketPath: string };
    aside = behind({
      ...{ slack, root, redisDirectory: dirname(socketPath) },
      resourceManagerUrl: `http://127.0.0.1:${(yarn.address() as AddressInfo).port}`,
    });
  });
  after(async () => {
    await aside.close();
    yarn.close();
    await slack.stop();
    await redis.remove();
    rmSync(root, { recursive: true });
  });

  test('is the newest build of a public channel, its job, its archive and its applications', async () => {
    const store = createStore({ connection: redis.connection, prefix: REDIS_PREFIX });
    const queue = createQueue({ connection: redis.connection, prefix: REDIS_PREFIX });
    const secret = build('queued', { id: 'b2', queuedAt: Date.now(), createdAt: Date.now() });
    await store.beginBuild(build('queued'));
    await store.beginBuild({
      ...secret,
      request: { ...secret.request, environment: 'secret' },
      requester: { ...secret.requester, channel: slack.workspace.channel('platform-ops').id },
    });
    await queue.enqueue(build('queued'), 'linux-64', 'build');
    await queue.enqueue(build('queued'), 'linux-64', 'verify');
    const revision = join(root, 'envs/churn/1');
    mkdirSync(revision, { recursive: true });
    writeFileSync(join(revision, 'churn.zip'), Buffer.alloc(2_000_000));
    mkdirSync(join(root, 'launch'));
    writeFileSync(join(root, 'launch/churn@1'), '');
    const view = await aside.read();
    await Promise.all([store.close(), queue.close()]);

    assert.equal(view.subject, 'churn waits for a build host');
    const [inSlack, waiting, , edge, applications] = view.places;
    assert.deepEqual(inSlack?.rows, [{ label: 'Ana Ruiz in #data-science', value: 'asked' }]);
    assert.deepEqual(waiting?.rows, [
      { label: 'churn', value: 'waits, 1st' },
      { label: 'churn', value: 'its proof waits, 1st' },
    ]);
    assert.deepEqual(edge?.rows, [
      { label: 'churn@1', value: '2.0 MB', detail: 'run churn@1 pyspark' },
    ]);
    assert.equal(applications?.rows.at(-1)?.value, '1.0 of 10.0 GB');
    assert.equal(JSON.stringify(view).includes('secret'), false);
  });

  test('says of YARN that it does not answer, and shows the rest', async () => {
    yarn.closeAllConnections();
    yarn.close();
    const view = await aside.read();
    assert.equal(view.places.at(-1)?.rows[0]?.value, 'does not answer');
    assert.equal(view.subject, 'churn waits for a build host');
  });
});
