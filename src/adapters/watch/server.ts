/** Health and metrics over HTTP, for whoever watches a bot or a worker. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { outsideError } from '../../domain/errors.ts';

export interface WatchPages {
  /** Each part's reason for not being ready; null for one that is. */
  readiness(): Promise<Readonly<Record<string, string | null>>>;
  metrics(): Promise<{ type: string; text: string }>;
}

interface Page {
  status: number;
  type: string;
  text: string;
}

const JSON_TYPE = 'application/json';

/** Path → what is answered. */
const PAGES: Readonly<Record<string, (pages: WatchPages) => Promise<Page>>> = {
  // That it answers is the answer: the process lives, and its event loop turns.
  '/healthz': async () => ({ status: 200, type: JSON_TYPE, text: '{"alive":true}\n' }),
  '/readyz': async ({ readiness }) => {
    const parts = await readiness();
    const ready = Object.values(parts).every((reason) => reason === null);
    const shown = Object.fromEntries(
      Object.entries(parts).map(([part, reason]) => [part, reason ?? 'ready']),
    );
    const text = `${JSON.stringify({ ready, parts: shown })}\n`;
    return { status: ready ? 200 : 503, type: JSON_TYPE, text };
  },
  '/metrics': async ({ metrics }) => ({ status: 200, ...(await metrics()) }),
};

/**
 * Listens until it is closed. `port` 0: any that is free, which `url` tells. Rejects with `cannot-listen`
 * where the address cannot be had.
 */
export async function serveWatch(
  { host, port }: { host: string; port: number },
  pages: WatchPages,
  complain: (error: unknown) => void,
): Promise<{ url: string; close(): Promise<void> }> {
  const server = createServer((request, response) => {
    answer(request, response, pages).catch((error: unknown) => {
      complain(error);
      if (!response.headersSent) response.writeHead(500, { 'content-type': 'text/plain' });
      response.end('a defect: the log has the whole story\n');
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(cannotListen(host, port, error)));
    server.listen({ host, port }, resolve);
  });
  // Only a server that listens at a path of the file system answers something else.
  const address = server.address() as AddressInfo;
  const shown = address.family === 'IPv6' ? `[${address.address}]` : address.address;
  return {
    url: `http://${shown}:${address.port}`,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function answer(
  { method, url = '/' }: IncomingMessage,
  response: ServerResponse,
  pages: WatchPages,
): Promise<void> {
  const [path = ''] = url.split('?');
  const page = Object.hasOwn(PAGES, path) ? PAGES[path] : undefined;
  if (page === undefined) {
    const there = Object.keys(PAGES).join(', ');
    return send(response, { status: 404, type: 'text/plain', text: `there are: ${there}\n` });
  }
  if (method !== 'GET' && method !== 'HEAD') {
    response.setHeader('allow', 'GET, HEAD');
    return send(response, { status: 405, type: 'text/plain', text: 'only GET and HEAD\n' });
  }
  send(response, await page(pages));
}

function send(response: ServerResponse, { status, type, text }: Page): void {
  response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' });
  response.end(text);
}

/** The operator's to mend: somebody else has the port, or we may not have it. */
function cannotListen(host: string, port: number, error: NodeJS.ErrnoException): Error {
  return outsideError(
    {
      code: 'cannot-listen',
      message: `Health and metrics cannot be served at ${host}:${port}: ${error.code ?? error.message}.`,
      suggestion:
        'Set `watch.host` and `watch.port` to an address of this machine that is free; WATCH_PORT in the environment gives one of two processes a port of its own.',
    },
    error,
  );
}
