import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import { Readable } from 'node:stream';
import { after, before, describe, test } from 'node:test';
import { createFileFetcher } from '../../../src/adapters/projects/slack-files.ts';
import { FerryError } from '../../../src/domain/errors.ts';
import type { FileAsker } from '../../../src/domain/ports.ts';
import fc from '../../harness/properties.ts';

/** Until nobody reads on. */
function endless(): Readable {
  const chunk = Buffer.alloc(1024 * 1024);
  return Readable.from(
    (function* () {
      for (;;) yield chunk;
    })(),
  );
}

describe('a file attached in Slack', () => {
  let answer = '';
  let server: Server;
  let address = '';
  before(async () => {
    server = createServer((request, response) => {
      if (request.url === '/endless') return void endless().pipe(response);
      response.end(request.url?.startsWith('/files.info') ? answer : 'wheel');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const place = server.address();
    assert.ok(typeof place === 'object' && place !== null);
    address = `http://127.0.0.1:${place.port}/`;
  });
  after(() => server.close());

  const fetched = (asker: FileAsker | null = null) =>
    createFileFetcher({ botToken: 'token', apiUrl: address })(
      ...(['F1', asker, new AbortController().signal] as const),
    );

  test('is downloaded from where Slack says it is', async () => {
    const file = { name: 'features.whl', size: 5, url_private_download: `${address}file` };
    answer = JSON.stringify({ ok: true, file });
    const { name, content } = await fetched();
    assert.deepEqual([name, Buffer.from(content).toString()], ['features.whl', 'wheel']);
  });

  test('is for whoever uploaded it, and where it is shared', async () => {
    const file = { name: 'features.whl', size: 5, url_private_download: `${address}file` };
    const shared = { user: 'U0ANARUIZ1', channels: ['C1'], groups: ['G1'], ims: ['D1'] };
    const mayHave = async (asker: FileAsker, more: object) => {
      answer = JSON.stringify({ ok: true, file: { ...file, ...more } });
      return fetched(asker).then(
        () => true,
        (error) => {
          assert.equal(error.code, 'file-not-yours');
          return false;
        },
      );
    };
    const ben = (channel: string) => ({ user: 'U0BENOKAF1', channel });
    assert.equal(await mayHave({ user: 'U0ANARUIZ1', channel: 'C9' }, shared), true);
    for (const channel of ['C1', 'G1', 'D1']) {
      assert.equal(await mayHave(ben(channel), shared), true, channel);
    }
    for (const channel of ['C9', 'D9', '', 'terminal']) {
      assert.equal(await mayHave(ben(channel), shared), false, channel);
    }
    assert.equal(await mayHave({ user: '', channel: '' }, {}), false);
  });

  const wrong: [string, string, string, RegExp][] = [
    ['a page of a proxy', '<html>', 'slack-unreachable', /cannot be read, it is not JSON/],
    [
      'a file without a size',
      '{"ok": true, "file": {"name": "a.whl"}}',
      'slack-unreachable',
      /cannot be read, file\.size is missing, not a number/,
    ],
    [
      'a file of another service, which must not see the token',
      '{"ok": true, "file": {"name": "a.whl", "size": 1, "url_private_download": "https://slack.com.example.com/a"}}',
      'file-elsewhere',
      /does not lie in Slack/,
    ],
    ['a refusal', '{"ok": false, "error": "file_not_found"}', 'file-not-found', /file_not_found/],
  ];
  for (const [what, document, code, message] of wrong) {
    test(`that Slack answers with ${what} is an error that says so`, async () => {
      answer = document;
      await assert.rejects(fetched(), { code, message });
    });
  }

  test('is refused in plain words whatever the answer is', async () => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.json(), fc.string()), async (document) => {
        answer = document;
        await assert.rejects(fetched(), FerryError);
      }),
    );
  });

  test('that is longer than Slack says is cut off at the limit', async () => {
    const file = { name: 'features.whl', size: 5, url_private_download: `${address}endless` };
    answer = JSON.stringify({ ok: true, file });
    await assert.rejects(fetched(), { code: 'file-too-large', message: /more than 210 MB/ });
  });
});
