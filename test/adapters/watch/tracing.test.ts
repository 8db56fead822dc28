import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { createQueue } from '../../../src/adapters/redis/queue.ts';
import { createWorker } from '../../../src/adapters/redis/worker.ts';
import { startTracing } from '../../../src/adapters/watch/tracing.ts';
import { buildFor } from '../redis/builds-fixture.ts';
import { noServer, startServer } from '../redis/fixture.ts';

interface SentSpan {
  name: string;
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  status: { code?: number; message?: string };
  attributes: { key: string; value: Record<string, unknown> }[];
}

interface Sent {
  resourceSpans: {
    resource: { attributes: { key: string; value: { stringValue?: string } }[] };
    scopeSpans: { spans: SentSpan[] }[];
  }[];
}

/** A collector that takes OTLP over HTTP, as JSON. */
async function startCollector() {
  const sent: Sent[] = [];
  const server = createServer(async (request, response) => {
    assert.equal(`${request.method} ${request.url}`, 'POST /v1/traces');
    assert.equal(request.headers['content-type'], 'application/json');
    let body = '';
    for await (const chunk of request.setEncoding('utf8')) body += chunk;
    sent.push(JSON.parse(body));
    response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans: () =>
      sent.flatMap(({ resourceSpans }) =>
        resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans)),
      ),
    service: () =>
      sent[0]?.resourceSpans[0]?.resource.attributes.find(({ key }) => key === 'service.name')
        ?.value.stringValue,
    close: () => server.close(),
  };
}

test('a trace goes from a command over the queue to its job, a step and a program on an edge', {
  skip: noServer,
}, async (context) => {
  const [collector, redis] = await Promise.all([startCollector(), startServer()]);
  const { telemetry, span, close } = startTracing({
    endpoint: `${collector.endpoint}/`,
    version: '1',
  });
  const common = { connection: redis.connection, prefix: 'ferry', telemetry };
  const queue = createQueue(common);
  const done = Promise.withResolvers<void>();
  const worker = createWorker({
    ...{ ...common, platform: 'linux-64', concurrency: 1 },
    async run() {
      await span('step stage', { build: 'b1' }, async () => {
        const fails = span('ssh prepare', { edge: 'prod' }, () =>
          Promise.reject(new TypeError('the secret path')),
        );
        await assert.rejects(fails, TypeError);
      });
      done.resolve();
    },
    abandoned: async () => {},
  });
  context.after(async () => {
    collector.close();
    await redis.remove();
  });
  try {
    await worker.ready();
    await span('command create', {}, () => queue.enqueue(buildFor('b1'), 'linux-64', 'build'));
    await done.promise;
  } finally {
    await worker.close();
    await queue.close();
    await close();
  }
  const spans = collector.spans();
  const named = (name: string) => {
    const found = spans.filter((each) => each.name === name);
    assert.equal(found.length, 1, `${name}: ${spans.map((each) => each.name)}`);
    return found[0] as SentSpan;
  };
  const way = [
    'command create',
    'add linux-64.build',
    'process linux-64',
    'step stage',
    'ssh prepare',
  ];
  const chain = way.map(named);
  for (const [place, { name, traceId, parentSpanId }] of chain.entries()) {
    assert.equal(traceId, chain[0]?.traceId, name);
    assert.equal(parentSpanId || undefined, chain[place - 1]?.spanId, name);
  }
  assert.equal(collector.service(), 'conda-ferry');
  const { attributes, status } = named('ssh prepare');
  assert.deepEqual(attributes, [{ key: 'edge', value: { stringValue: 'prod' } }]);
  // What an error says may quote what nobody should read there.
  assert.deepEqual(status, { code: 2, message: 'TypeError' });
  assert.doesNotMatch(JSON.stringify(spans), /secret path/);
  // Of what a queue does again and again for itself there is no trace.
  const roots = spans.filter(({ parentSpanId }) => !parentSpanId).map(({ name }) => name);
  assert.deepEqual(roots, ['command create']);
});
