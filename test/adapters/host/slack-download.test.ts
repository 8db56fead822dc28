/** What lies in Slack: the token stays there, and no more is kept than is asked for. */
import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { createDownload } from '../../../src/adapters/host/slack-download.ts';
import { isSlacks } from '../../../src/domain/slack-files.ts';

const TOKEN = 'xoxb-not-a-token';

describe('a download from Slack', () => {
  let answer: (request: IncomingMessage, response: ServerResponse) => void;
  /** What another service was asked, and Slack. */
  const asked = { slack: [] as IncomingMessage[], stranger: [] as IncomingMessage[] };
  const servers: Server[] = [];
  const listening = async (whose: keyof typeof asked): Promise<string> => {
    const server = createServer((request, response) => {
      asked[whose].push(request);
      answer(request, response);
    });
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  };
  let slack = '';
  let stranger = '';
  before(async () => {
    slack = await listening('slack');
    stranger = await listening('stranger');
  });
  after(() => {
    for (const server of servers) server.close();
  });

  const get = (address: string, limit = 10, keep: 'start' | 'end' = 'start') =>
    createDownload({ botToken: TOKEN, apiUrl: `${slack}api/` })(address, { limit, keep });

  test('is for addresses of Slack alone', () => {
    const api = 'https://slack.com/api/';
    const theirs = ['https://files.slack.com/a', 'https://slack.com/', 'https://a.b.slack.com/x'];
    for (const address of theirs) assert.equal(isSlacks(address, api), true, address);
    const others = [
      ...['http://files.slack.com/a', 'https://slack.com.example.com/', 'https://notslack.com/'],
      ...['https://slack.com@example.com/', 'https://example.com/slack.com', 'file:///etc/passwd'],
      ...['https://slackXcom/', 'https://slack.com.', '', 'slack.com', '//slack.com'],
    ];
    for (const address of others) assert.equal(isSlacks(address, api), false, address);
    assert.equal(isSlacks(`${slack}file`, `${slack}api/`), true);
    assert.equal(isSlacks(`${stranger}file`, `${slack}api/`), false);
  });

  test('leads on within Slack with the token, and nowhere else', async () => {
    answer = (request, response) => {
      const [to = ''] = /(?<=\?to=).*/.exec(request.url ?? '') ?? [];
      if (to === '') return void response.end('bytes');
      response.writeHead(302, { location: decodeURIComponent(to) }).end();
    };
    const leading = (to: string) => `${slack}file?to=${encodeURIComponent(to)}`;
    assert.equal(String(Buffer.from(await get(leading('/other')))), 'bytes');
    assert.deepEqual(
      asked.slack.map(({ url, headers }) => [url?.split('?')[0], headers.authorization]),
      [
        ['/file', `Bearer ${TOKEN}`],
        ['/other', `Bearer ${TOKEN}`],
      ],
    );
    for (const to of [stranger, `${stranger}x`, leading(stranger), 'https://example.com/']) {
      await assert.rejects(get(leading(to)), { reason: 'elsewhere' }, to);
    }
    await assert.rejects(get(stranger), { reason: 'elsewhere' });
    assert.deepEqual(asked.stranger, []);
    answer = (_request, response) => void response.writeHead(302, { location: '/again' }).end();
    await assert.rejects(get(`${slack}file`), { reason: 'unavailable', message: /in circles/ });
  });

  test('keeps the start or the end, and reads no further than it needs', async () => {
    const text = Array.from({ length: 3000 }, (_, index) => `line ${index}\n`).join('');
    answer = async (_request, response) => {
      for (let at = 0; at < text.length; at += 700) response.write(text.slice(at, at + 700));
      response.end();
    };
    for (const limit of [1, 699, 700, 701, 5000, text.length, text.length + 1]) {
      const kept = async (keep: 'start' | 'end') =>
        Buffer.from(await get(`${slack}file`, limit, keep)).toString();
      assert.equal(await kept('start'), text.slice(0, limit), `start ${limit}`);
      assert.equal(await kept('end'), text.slice(-limit), `end ${limit}`);
    }
    const isLeft = Promise.withResolvers<void>();
    answer = (request, response) => {
      const chunk = Buffer.alloc(1024 * 1024);
      const write = () => {
        while (response.write(chunk));
      };
      response.on('drain', write);
      request.socket.once('close', () => isLeft.resolve());
      write();
    };
    assert.equal((await get(`${slack}endless`, 5_000_000)).length, 5_000_000);
    await isLeft.promise;
  });

  test('of what Slack does not hand out says which of the reasons it is', async () => {
    const cases: [number, object, string][] = [
      [404, {}, 'refused'],
      [503, {}, 'unavailable'],
      [200, { 'content-type': 'text/html; charset=utf-8' }, 'refused'],
    ];
    for (const [status, headers, reason] of cases) {
      answer = (_request, response) => void response.writeHead(status, { ...headers }).end('x');
      await assert.rejects(get(`${slack}file`), { reason }, reason);
    }
    answer = (request) => void request.socket.destroy();
    await assert.rejects(get(`${slack}file`), { reason: 'unavailable' });
  });
});
