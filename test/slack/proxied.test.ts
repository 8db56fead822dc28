import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { type IncomingMessage, request as requestHttp, type ServerResponse } from 'node:http';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text as textOf } from 'node:stream/consumers';
import { test } from 'node:test';
import type { SlackEmulator } from '../../deploy/lab/slack/index.ts';
import { prepareNetwork, useNetwork } from '../../src/adapters/host/network.ts';
import { startCorporateNetwork } from '../harness/corporate-network.ts';
import { ANA, inWorld, says } from './world.ts';

/** Slack at an address of its own: what it answers names that address, as the true one's does. */
function atSlack(slack: SlackEmulator, address: string) {
  const own = new URL(slack.apiUrl);
  const renamed = (body: string) =>
    body
      .replaceAll(`ws://${own.host}`, address.replace('https', 'wss'))
      .replaceAll(own.origin, address);
  return {
    answer(request: IncomingMessage, response: ServerResponse) {
      const headers = { ...request.headers, host: own.host };
      const { method, url: path } = request;
      const { hostname: host, port } = own;
      const asked = requestHttp({ host, port, method, path, headers }, async (answered) => {
        const body = renamed(await textOf(answered));
        const { 'content-length': _, ...kept } = answered.headers;
        response.writeHead(answered.statusCode ?? 500, kept).end(body);
      });
      request.pipe(asked);
    },
    /** What was said so far is said again. */
    upgrade(request: IncomingMessage, socket: Socket) {
      const lines = Object.entries({ ...request.headers, host: own.host });
      const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join('');
      const server = connect(Number(own.port), own.hostname, () => {
        server.write(`GET ${request.url} HTTP/1.1\r\n${head}\r\n`);
        socket.pipe(server).pipe(socket);
      });
      for (const each of [socket, server]) each.on('error', () => each.destroy());
    },
  };
}

test('Slack is reached through a proxy alone, by calls and sockets, and trusted by a private authority', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'ferry-proxied-'));
  const company = await startCorporateNetwork(folder);
  const wishes = { proxy: company.proxy, noProxy: [], caFile: company.caFile };
  const dispatcher = useNetwork(await prepareNetwork({}, wishes, folder));
  try {
    await inWorld(
      async ({ slack, slash }) => {
        await slash('help');
        await slack.untilEphemeral(ANA, says(/Conda environments/));
      },
      {
        async way(slack) {
          const address = 'https://slack.example.test';
          const { answer, upgrade } = atSlack(slack, address);
          await company.host('slack', answer, upgrade);
          return { apiUrl: `${address}/api/`, dispatcher };
        },
      },
    );
    assert.deepEqual([...new Set(company.seen)], ['slack.example.test:443']);
    assert.deepEqual(company.refused, []);
  } finally {
    company.close();
    rmSync(folder, { recursive: true, force: true });
  }
});
