import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import { after, before, describe, test } from 'node:test';
import fc from 'fast-check';
import { createFileFetcher } from '../../../src/adapters/projects/slack-files.ts';
import { FerryError } from '../../../src/domain/errors.ts';

describe('a file attached in Slack', () => {
  let answer = '';
  let server: Server;
  let address = '';
  before(async () => {
    server = createServer((request, response) => {
      response.end(request.url?.startsWith('/files.info') ? answer : 'wheel');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const place = server.address();
    assert.ok(typeof place === 'object' && place !== null);
    address = `http://127.0.0.1:${place.port}/`;
  });
  after(() => server.close());

  const fetched = () =>
    createFileFetcher({ botToken: 'token', apiUrl: address })('F1', new AbortController().signal);

  test('is downloaded from where Slack says it is', async () => {
    const file = { name: 'features.whl', size: 5, url_private_download: `${address}file` };
    answer = JSON.stringify({ ok: true, file });
    const { name, content } = await fetched();
    assert.deepEqual([name, Buffer.from(content).toString()], ['features.whl', 'wheel']);
  });

  const wrong: [string, string, string, RegExp][] = [
    ['a page of a proxy', '<html>', 'slack-unreachable', /cannot be read, it is not JSON/],
    [
      'a file without a size',
      '{"ok": true, "file": {"name": "a.whl"}}',
      'slack-unreachable',
      /cannot be read, file\.size is missing, not a number/,
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
});
