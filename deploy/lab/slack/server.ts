/** The HTTP server: Web API, response URLs, uploads, downloads, the page, and the upgrade to Socket Mode. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { answerAt } from './answers.ts';
import type { Slack } from './slack.ts';
import { type ApiCall, callMethod, readArguments } from './web-api.ts';

/** The largest request body taken, in bytes. */
const BODY_LIMIT = 64 * 1024 * 1024;

type Exchange = {
  slack: Slack;
  calls: ApiCall[];
  request: IncomingMessage;
  response: ServerResponse;
  url: URL;
};

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size > BODY_LIMIT) throw new Error('request body too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function send(
  response: ServerResponse,
  status: number,
  type: string,
  body: string | Buffer,
  headers = {},
): void {
  response.writeHead(status, { 'content-type': type, ...headers });
  response.end(body);
}

const JSON_TYPE = 'application/json; charset=utf-8';

const bearer = (request: IncomingMessage): string =>
  (request.headers.authorization ?? '').replace(/^Bearer\s*/i, '');

async function webApi({ slack, calls, request, response, url }: Exchange): Promise<void> {
  const body = await readBody(request);
  const name = url.pathname.slice('/api/'.length);
  const result = await callMethod(slack, calls, name, bearer(request), () =>
    readArguments(url.searchParams, request.headers['content-type'] ?? '', body),
  );
  if (result.hang) return;
  if (result.reply === null) {
    response.destroy();
    return;
  }
  send(response, result.status, JSON_TYPE, JSON.stringify(result.reply), result.headers);
}

async function responseUrl({ slack, calls, request, response, url }: Exchange): Promise<void> {
  const text = (await readBody(request)).toString();
  let body: unknown = null;
  try {
    body = JSON.parse(text);
  } catch {
    body = null;
  }
  const fault = slack.faults.takeCall('response_url');
  calls.push({
    method: 'response_url',
    args: typeof body === 'object' && body !== null ? { ...body } : {},
    at: slack.workspace.now(),
    status: fault.status ?? 200,
    reply: null,
  });
  if (fault.hang) return;
  if (fault.delayMs) await sleep(fault.delayMs, undefined, { ref: false });
  if (fault.retryAfter !== undefined)
    return send(response, 429, JSON_TYPE, JSON.stringify({ ok: false, error: 'ratelimited' }), {
      'retry-after': String(fault.retryAfter),
    });
  if (fault.status)
    return send(
      response,
      fault.status,
      JSON_TYPE,
      JSON.stringify({ ok: false, error: fault.error ?? 'internal_error' }),
    );
  const answer = answerAt(slack, url.pathname, body);
  if (fault.loseReply) response.destroy();
  else send(response, answer.status, answer.body === 'ok' ? 'text/html' : JSON_TYPE, answer.body);
}

/** Bytes for a file announced by `files.getUploadURLExternal`: raw, or one part of a multipart form. */
async function upload({ slack, request, response, url }: Exchange): Promise<void> {
  const raw = await readBody(request);
  const file = slack.workspace.files.find(
    ({ id, uploaded }) => !uploaded && url.pathname.endsWith(`/${id}`),
  );
  if (!file) return send(response, 404, 'text/plain', 'upload_not_found');
  const fault = slack.faults.takeCall('upload');
  if (fault.status) return send(response, fault.status, 'text/plain', fault.error ?? 'error');
  const type = request.headers['content-type'] ?? '';
  let content: Buffer = raw;
  if (type.startsWith('multipart/form-data')) {
    const form = await new Response(new Uint8Array(raw), {
      headers: { 'content-type': type },
    }).formData();
    const part = [...form.values()].find((value) => typeof value !== 'string');
    content =
      part && typeof part !== 'string' ? Buffer.from(await part.arrayBuffer()) : Buffer.alloc(0);
  }
  if (content.length !== file.size) return send(response, 400, 'text/plain', 'length mismatch');
  file.content = content;
  file.uploaded = true;
  send(response, 200, 'text/plain', `OK - ${content.length}`);
}

/** A private file. Without the bot token (and `files:read`) Slack leads to its login page. */
function download({ slack, request, response, url }: Exchange): void {
  const id = url.pathname.split('/')[2]?.split('-').at(-1);
  const file = slack.workspace.files.find((candidate) => candidate.uploaded && candidate.id === id);
  const allowed =
    bearer(request) === slack.botToken &&
    !slack.revokedTokens.has(slack.botToken) &&
    slack.scopes.has('files:read');
  if (!allowed) {
    response.writeHead(302, { location: `/?redir=${encodeURIComponent(url.pathname)}` });
    response.end();
  } else if (!file) send(response, 404, 'text/plain', 'file_not_found');
  else
    send(response, 200, file.mimetype, file.content, {
      'content-disposition': `attachment; filename="${encodeURIComponent(file.name)}"`,
    });
}

const ROUTES: [prefix: string, handle: (exchange: Exchange) => void | Promise<void>][] = [
  ['/api/', webApi],
  ['/commands/', responseUrl],
  ['/actions/', responseUrl],
  ['/upload/', upload],
  ['/files-pri/', download],
];

/** A listening server on 127.0.0.1. `page` gets every request no route takes. */
export async function listen(
  slack: Slack,
  calls: ApiCall[],
  port: number,
  page: (request: IncomingMessage, response: ServerResponse, url: URL) => Promise<void>,
): Promise<Server> {
  const server = createServer(async (request, response) => {
    const url = new URL(request.url ?? '/', 'http://emulator');
    try {
      const route = ROUTES.find(([prefix]) => url.pathname.startsWith(prefix));
      await (route
        ? route[1]({ slack, calls, request, response, url })
        : page(request, response, url));
    } catch (error) {
      // A defect of the emulator: loud in the answer, so that a test shows it.
      const words = error instanceof Error ? (error.stack ?? error.message) : String(error);
      if (!response.headersSent) send(response, 500, 'text/plain', words);
      else response.destroy();
    }
  });
  server.on('upgrade', async (request, socket, head) => {
    const { delayMs } = slack.faults.takeCall('link');
    const at = slack.workspace.now();
    calls.push({ method: 'link', args: {}, at, status: 101, reply: null });
    if (delayMs) await sleep(delayMs, undefined, { ref: false });
    slack.socketMode.upgrade(request, socket, head);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return server;
}
