/** Signed requests of any content: what Slack cannot have meant is refused with a word, and no more. */
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import {
  Agent,
  createServer,
  type IncomingMessage,
  request,
  type Server,
  type ServerResponse,
} from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { text as textOf } from 'node:stream/consumers';
import { describe, test } from 'node:test';
import { guard } from '../../src/slack/connection/request.ts';
import { isFull } from '../harness/full.ts';
import { ANA, DATA, inWorld, says, type World } from './world.ts';

const FORM = 'application/x-www-form-urlencoded';
const JSON_TYPE = 'application/json';

async function post(
  url: string,
  secret: string,
  { type, body }: { type: string; body: string },
): Promise<{ status: number; text: string }> {
  const timestamp = String(Math.floor(Date.now() / 1000));
  const digest = createHmac('sha256', secret).update(`v0:${timestamp}:${body}`).digest('hex');
  const sending = request(url, {
    // A connection of its own: one that stays may be closed in the moment it is used again.
    ...{ method: 'POST', agent: false },
    headers: {
      'content-type': type,
      'x-slack-request-timestamp': timestamp,
      'x-slack-signature': `v0=${digest}`,
    },
  });
  const answered = once(sending, 'response') as Promise<[IncomingMessage]>;
  sending.end(body);
  const [response] = await answered;
  return { status: response.statusCode ?? 0, text: await textOf(response) };
}

const payload = (body: unknown) => `payload=${encodeURIComponent(JSON.stringify(body))}`;
const pressed = { type: 'block_actions', user: { id: ANA }, container: {} };

test('a connection that nobody uses is left to whoever opened it for longer than the minute of proxies', () =>
  inWorld(
    async ({ url }) => {
      const agent = new Agent({ keepAlive: true });
      const type = { 'content-type': FORM };
      const sending = request(`${url}`, { method: 'POST', agent, headers: type });
      const answered = once(sending, 'response') as Promise<[IncomingMessage]>;
      sending.end('ssl_check=1');
      const [response] = await answered;
      assert.deepEqual([response.statusCode, await textOf(response)], [200, '']);
      assert.equal(response.headers['keep-alive'], 'timeout=75');
      agent.destroy();
    },
    { mode: 'http' },
  ));

/** What is no payload of Slack, and the word for it. */
const MALFORMED: readonly [type: string, body: string, why: RegExp][] = [
  [JSON_TYPE, 'null', /the whole is null/],
  [JSON_TYPE, '[]', /the whole is a list/],
  [JSON_TYPE, '"x"', /the whole is text/],
  [JSON_TYPE, '{', /not JSON/],
  [JSON_TYPE, '', /not JSON/],
  [JSON_TYPE, '{}', /type is missing/],
  [JSON_TYPE, '{"type":"toString"}', /type is none that Slack sends/],
  [JSON_TYPE, '{"type":"event_callback"}', /event is missing/],
  [JSON_TYPE, '{"type":"event_callback","event":7}', /event is a number/],
  [JSON_TYPE, '{"type":"event_callback","event":{"type":"app_mention"}}', /event\.\w+ is missing/],
  [JSON_TYPE, '['.repeat(200_000), /not JSON/],
  [JSON_TYPE, '{"type":'.concat('['.repeat(200_000), ']'.repeat(200_000), '}'), /type is a list/],
  [FORM, '', /type is missing/],
  [FORM, 'command=/x', /text is missing/],
  [FORM, 'payload=', /not JSON/],
  [FORM, 'payload=%7B', /not JSON/],
  [FORM, 'payload=null', /the whole is null/],
  [FORM, 'payload=%5B%5D', /the whole is a list/],
  [FORM, 'payload=7', /the whole is a number/],
  [FORM, 'payload=null&payload=null', /type is missing/],
  [FORM, 'ssl_check=0&ssl_check=1&payload=null', /the whole is null/],
  [FORM, payload({ type: 'block_actions' }), /user is missing/],
  [FORM, payload({ ...pressed, actions: [] }), /actions is empty/],
  [FORM, payload({ ...pressed, actions: [null] }), /actions\[0\] is null/],
  [FORM, payload({ ...pressed, actions: [], event: null }), /event does not belong here/],
  [FORM, payload({ type: 'view_submission', user: { id: ANA }, view: null }), /view is null/],
  ['text/plain', 'hello', /neither a form nor JSON/],
];

describe('a signed request', () => {
  test('that Slack cannot have meant is refused with a word, and the next one is answered', () =>
    inWorld(
      async (world) => {
        const { signingSecret } = world.slack;
        for (const [type, body, why] of MALFORMED) {
          const answer = await post(world.url ?? '', signingSecret, { type, body });
          assert.equal(answer.status, 400, body.slice(0, 80));
          assert.match(answer.text, why, body.slice(0, 80));
        }
        assert.deepEqual(
          world.logged.filter(({ level }) => level === 'error'),
          [],
        );
        await world.slash('list');
        await world.slack.untilEphemeral(ANA, says(/There are no environments yet/));
      },
      { mode: 'http' },
    ));

  test('with any one value of it replaced is refused or taken, and nothing of it is a defect', (t) =>
    inWorld(
      async (world) => {
        const sent = await everyKind(world);
        const kinds = new Set(sent.map(kindOf));
        assert.deepEqual([...kinds].sort(), [
          'block_actions',
          'block_suggestion',
          'command',
          'event_callback app_home_opened',
          'event_callback app_mention',
          'event_callback message',
          'message_action',
          'view_submission',
        ]);
        const variants = [...new Map(sent.map((body) => [kindOf(body), body])).values()].flatMap(
          (body) => [...replaced(body)],
        );
        const chosen = isFull ? variants : variants.filter((_, index) => index % STRIDE === 0);
        const taken = { 200: 0, 400: 0 };
        const wrong: string[] = [];
        for (const [index, body] of chosen.entries()) {
          const fresh = { ...body };
          // Slack's ids: a payload that was seen before would be answered, and not looked at.
          for (const key of ['trigger_id', 'event_id']) {
            if (typeof body[key] === 'string') fresh[key] = `${key}-${index}`;
          }
          const { status } = await post(world.url ?? '', world.slack.signingSecret, written(fresh));
          if (status === 200 || status === 400) taken[status] += 1;
          else wrong.push(`${status} for ${JSON.stringify(body)}`);
        }
        await world.app.stop();
        assert.deepEqual(wrong, []);
        assert.deepEqual(world.logged.filter(isDefect), []);
        assert.ok(taken[200] > 0 && taken[400] > 0);
        t.diagnostic(`${taken[200]} taken, ${taken[400]} refused`);
      },
      { mode: 'http', emulator: { rateLimits: false } },
    ));
});

/** What nobody foresaw; that Slack knows no such user or channel is none. */
function isDefect({ message, fields }: World['logged'][number]): boolean {
  if (/^an answer failed/.test(message)) return !/"error":"ChatError/.test(JSON.stringify(fields));
  return /^a command failed|^a delivery of Slack failed|Bolt processed/.test(message);
}

/** Of the variants, every so many are tried outside of the full run. */
const STRIDE = 47;
const STRANGE = [null, 7, true, 'x', '', [], {}, [null], { id: null }, undefined];

type Body = Record<string, unknown>;

const kindOf = (body: Body): string => {
  const { type } = Object(body.event);
  return [body.type ?? 'command', type].filter(Boolean).join(' ');
};

/** The body with one value in it replaced, for each value and each strange one. */
function* replaced(body: Body): Generator<Body> {
  for (const path of pathsIn(body)) {
    for (const strange of STRANGE) {
      const copy = structuredClone(body);
      const last = path.at(-1) ?? '';
      const parent = path.slice(0, -1).reduce<Body>((at, key) => at[key] as Body, copy);
      parent[last] = strange;
      yield copy;
    }
  }
}

function* pathsIn(value: unknown, path: string[] = []): Generator<string[]> {
  if (typeof value !== 'object' || value === null) return;
  for (const [key, within] of Object.entries(value)) {
    yield [...path, key];
    yield* pathsIn(within, [...path, key]);
  }
}

/** As Slack writes it. */
function written(body: Body): { type: string; body: string } {
  if (body.type === undefined && 'command' in body) {
    const form = new URLSearchParams();
    for (const [key, value] of Object.entries(body)) {
      if (value !== undefined) form.set(key, String(value));
    }
    return { type: FORM, body: form.toString() };
  }
  return 'event' in body
    ? { type: JSON_TYPE, body: JSON.stringify(body) }
    : { type: FORM, body: payload(body) };
}

/** One payload or more of each kind, as the emulated Slack sends them. */
async function everyKind({ slack, url }: World): Promise<Body[]> {
  const sent: Body[] = [];
  const recorder = createServer(async (incoming, response) => {
    const body = await textOf(incoming);
    const form = new URLSearchParams(body);
    const json = incoming.headers['content-type'] === JSON_TYPE ? body : form.get('payload');
    sent.push(json === null ? Object.fromEntries(form) : JSON.parse(json));
    const answer = await fetch(url ?? '', {
      method: 'POST',
      body,
      headers: Object.entries(incoming.headers).flatMap(([name, value]) =>
        /^(content-type|x-slack)/.test(name) ? [[name, String(value)]] : [],
      ),
    });
    const type = answer.headers.get('content-type');
    response.writeHead(answer.status, type ? { 'content-type': type } : {});
    response.end(await answer.text());
  });
  slack.setRequestUrl(await listening(recorder));
  try {
    await useAll(slack);
  } finally {
    slack.setRequestUrl(url);
    recorder.closeAllConnections();
    await new Promise((resolve) => recorder.close(resolve));
  }
  return sent;
}

/** What people may do, each kind at least once. */
async function useAll(slack: World['slack']): Promise<void> {
  const inChannel = { user: ANA, channel: DATA };
  await slack.directMessage({ user: ANA, text: 'help' });
  const { message } = await slack.mention({ ...inChannel, text: 'create' });
  await slack.shortcut({ ...inChannel, ts: message.ts, callbackId: 'diagnose_message' });
  const { ts } = await slack.untilMessage(says(/Open the form/));
  await slack.openHome({ user: ANA });
  await slack.slash({ ...inChannel, text: 'help' });
  await slack.click({ ...inChannel, actionId: 'open_form', ts });
  const { id: viewId } = await slack.untilView(ANA, says(/New environment/));
  const asked = { user: ANA, viewId, blockId: 'chosen', actionId: 'value', query: 'num' };
  await slack.optionsFor(asked);
  await slack.submitView({ user: ANA, viewId, values: { name: { value: 'my env' } } });
}

async function listening(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/slack/events`;
}

describe('the body of a request', () => {
  async function guarded(use: (url: string, seen: IncomingMessage[]) => Promise<void>) {
    const seen: IncomingMessage[] = [];
    const receiver = {
      requestListener: (incoming: IncomingMessage, response: ServerResponse) => {
        seen.push(incoming);
        response.end();
      },
    };
    const log = { info() {}, warn() {}, error() {} };
    guard(receiver, { signingSecret: 's', clock: { now: Date.now }, log, bodyPatience: 200 });
    const server = createServer((incoming, response) =>
      receiver.requestListener(incoming, response),
    );
    try {
      await use(await listening(server), seen);
      assert.deepEqual(seen, []);
    } finally {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  }

  test('is read to its limit, and no further, whatever it says of its length', () =>
    guarded(async (url) => {
      const sending = request(url, { method: 'POST', headers: { 'content-type': FORM } });
      sending.on('error', () => {});
      const chunk = Buffer.alloc(64 * 1024, 'x');
      const answered = new Promise<number | undefined>((resolve) =>
        sending.once('response', ({ statusCode }) => resolve(statusCode)),
      );
      for (let sent = 0; sent < 24; sent += 1) sending.write(chunk);
      assert.equal(await answered, 413);
      sending.destroy();
    }));

  test('that does not come is not waited for', () =>
    guarded(async (url) => {
      const { port, pathname } = new URL(url);
      const socket = connect(Number(port), '127.0.0.1');
      socket.write(
        `POST ${pathname} HTTP/1.1\r\nHost: x\r\nContent-Type: ${FORM}\r\nContent-Length: 9\r\n\r\na`,
      );
      assert.match(await textOf(socket), /^HTTP\/1\.1 408 /);
    }));

  test('that ends too early, and one of another address, go no further', () =>
    guarded(async (url) => {
      const { port, pathname, origin } = new URL(url);
      const socket = connect(Number(port), '127.0.0.1');
      socket.end(`POST ${pathname} HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\na`);
      await textOf(socket);
      for (const [method, path] of [
        ['GET', pathname],
        ['POST', '/'],
        ['POST', '//'],
      ]) {
        const answer = await fetch(`${origin}${path}`, { method: method as string });
        assert.equal(answer.status, 404, `${method} ${path}`);
      }
    }));
});
