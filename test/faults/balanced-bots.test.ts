import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, describe, test } from 'node:test';
import { type Context, cannotWalk, ferry } from '../harness.ts';
import { endsWellOnce } from './oracle.ts';

/**
 * What stands before several bots: each request goes to the next one in turn. Every other one is lost on its
 * way back, as when a connection breaks, so it is sent again, to another bot; the first has done it by then.
 */
async function startBalancer(bots: readonly string[]) {
  const given = bots.map(() => 0);
  let turn = 0;
  let again = 0;
  const server = createServer(async (request, response) => {
    const body = await bodyOf(request);
    const send = () => {
      const at = turn % bots.length;
      turn += 1;
      given[at] = (given[at] ?? 0) + 1;
      const { host: _, connection: __, 'content-length': ___, ...headers } = request.headers;
      return fetch(bots[at] ?? '', {
        ...{ method: 'POST', body, headers: headers as Record<string, string> },
      });
    };
    let answer = await send();
    if (turn % 3 === 1) {
      await answer.arrayBuffer();
      again += 1;
      answer = await send();
    }
    const { status } = answer;
    const type = answer.headers.get('content-type');
    response.writeHead(status, type === null ? {} : { 'content-type': type });
    response.end(Buffer.from(await answer.arrayBuffer()));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  // Only a server that listens at a path of the file system answers something else.
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/slack/events`, given, again: () => again, server };
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** Where the bots of a world listen. */
const urlsOf = ({ products }: Context): string[] =>
  [...products].flatMap((product) => {
    const [, url] = /"url":"(http[^"]+)","msg":"bot ready"/.exec(product.output()) ?? [];
    return url === undefined ? [] : [url];
  });

describe('two bots over HTTP behind a balancer that sends every other request twice', {
  skip: cannotWalk,
}, () => {
  const runTest = ferry({ mode: 'http', processes: ['bot', 'bot', 'worker'] });
  const balancers: Awaited<ReturnType<typeof startBalancer>>[] = [];
  after(() => {
    for (const { server } of balancers) {
      server.close();
      server.closeAllConnections();
    }
  });

  test('answer a command, a form and a button once: one build, one message, one notice', () =>
    runTest(async (ctx) => {
      const urls = urlsOf(ctx);
      assert.equal(urls.length, 2);
      const balancer = await startBalancer(urls);
      balancers.push(balancer);
      ctx.slack.setRequestUrl(balancer.url);

      // A form that one bot has opened is read by the other one.
      await ctx.slash('create', { user: 'ben' });
      const view = await ctx.slack.untilView('ben', () => true);
      const submit = (name: string) =>
        ctx.slack.submitView({
          user: 'ben',
          viewId: view.id,
          values: { name: { value: name }, packages: { value: 'python=3.11 six' } },
        });
      const wrong = await submit('no way');
      assert.ok(wrong.errors === null || 'name' in wrong.errors);
      assert.equal((await submit('filled')).errors, null);
      for (let time = 0; time < 2; time += 1) await ctx.slash('create balanced python=3.11 six');
      // While one is at work, what it has begun lies on the edge.
      for (const name of ['balanced', 'filled']) await ctx.untilReady(name);
      for (const name of ['balanced', 'filled']) await endsWellOnce(ctx, name);

      await ctx.click('Line to copy', 'balanced');
      await ctx.slack.untilView('ana', (opened) =>
        JSON.stringify(opened).includes('PYSPARK_PYTHON'),
      );
      assert.equal((await ctx.store.listBuilds({ environment: 'balanced', limit: 9 })).length, 1);
      assert.ok(Math.min(...balancer.given) >= 2, `${balancer.given}`);
      assert.ok(balancer.again() >= 2, `${balancer.again()}`);
      const posts = ctx.slack.calls('chat.postMessage').map(({ args }) => JSON.stringify(args));
      assert.equal(new Set(posts).size, posts.length, 'nothing is posted twice');
    }));
});
