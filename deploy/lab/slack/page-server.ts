/** The page for a person at a browser: static files, the state one person sees, changes as they happen, actions. */
import { readFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { extname, join } from 'node:path';
import type { AsideReader } from './aside.ts';
import type { GuideProgress } from './guide.ts';
import { isObject, type JsonObject } from './json.ts';
import type { Person } from './person.ts';
import type { Slack } from './slack.ts';
import { fileObject, messageObject } from './wire.ts';

const DIRECTORY = join(import.meta.dirname, 'page');
const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** Nothing but our own files: what users write can never become a script. */
const POLICY =
  "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; frame-ancestors 'none'";

/** Changes within this many milliseconds are told to the page at once. */
const GATHER_MS = 40;

type Hints = { commands: unknown[]; shortcuts: unknown[] };

/** What stands beside Slack's own, where a program has given it. */
export type Beside = { guide: GuideProgress | null; aside: AsideReader | null };

/** The first lines of a text file, shown below its name. */
const PREVIEW_LINES = 12;
const PREVIEW_BYTES = 4000;

/** Files of a message, with a preview of those that are text. */
function filesShown({ workspace, baseUrl }: Slack, ids: string[]): JsonObject[] {
  return workspace.files
    .filter(({ id }) => ids.includes(id))
    .map((file) => {
      const start = file.content.subarray(0, PREVIEW_BYTES);
      const lines = start.includes(0) ? [] : start.toString().split('\n').slice(0, PREVIEW_LINES);
      return { ...fileObject(workspace, baseUrl(), file), preview: lines.join('\n').trimEnd() };
    });
}

/** Everything `userId` sees. */
function stateFor(slack: Slack, userId: string, hints: Hints, beside: Beside): JsonObject {
  const { workspace } = slack;
  const channels = workspace.channelsOf(userId);
  return {
    team: workspace.team,
    me: userId,
    bot: { ...workspace.bot, app_id: workspace.appId },
    users: workspace.users,
    channels: channels.map((channel) => ({ ...channel, joined: channel.members.includes(userId) })),
    messages: channels.flatMap(({ id }) =>
      workspace.visibleTo(userId, id).map((message) => ({
        ...messageObject(workspace, slack.baseUrl(), message),
        ...(message.files ? { files: filesShown(slack, message.files) } : {}),
        channel: id,
        streaming: message.streaming === true,
        ephemeral: message.ephemeral_to !== undefined,
      })),
    ),
    modals: workspace.modals.get(userId) ?? [],
    home: workspace.homes.get(userId) ?? null,
    mode: slack.requestUrl() === null ? 'socket' : 'http',
    connections: slack.socketMode.connected,
    guide: beside.guide?.stateFor(userId) ?? null,
    aside: beside.aside ? { title: beside.aside.aside.title } : null,
    ...hints,
  };
}

type Handler = (person: Person, input: JsonObject, beside: Beside) => Promise<unknown>;

const text = (input: JsonObject, name: string): string => {
  const value = input[name];
  if (typeof value !== 'string') throw new Error(`missing ${name}`);
  return value;
};

const optionalText = (input: JsonObject, name: string): JsonObject =>
  typeof input[name] === 'string' && input[name] !== '' ? { [name]: input[name] } : {};

const where = (input: JsonObject): { viewId: string } | { channel: string; ts: string } =>
  typeof input.viewId === 'string'
    ? { viewId: input.viewId }
    : { channel: text(input, 'channel'), ts: text(input, 'ts') };

type Values = Parameters<Person['submitView']>[0]['values'];
const valuesIn = (input: JsonObject): NonNullable<Values> =>
  isObject(input.values) ? (input.values as NonNullable<Values>) : {};

/** What the page may ask for, by name. */
const ACTIONS: Record<string, Handler> = {
  slash: (person, input) =>
    person.slash({
      user: text(input, 'user'),
      channel: text(input, 'channel'),
      command: text(input, 'command'),
      text: text(input, 'text'),
    }),
  say: (person, input) =>
    person.say({
      user: text(input, 'user'),
      channel: text(input, 'channel'),
      text: text(input, 'text'),
      ...optionalText(input, 'threadTs'),
    }),
  shareFile: (person, input) =>
    person.shareFile({
      user: text(input, 'user'),
      channel: text(input, 'channel'),
      name: text(input, 'name'),
      content: Buffer.from(text(input, 'base64'), 'base64'),
      ...optionalText(input, 'text'),
      ...optionalText(input, 'threadTs'),
    }),
  uploadFile: async (person, input) =>
    person.uploadFile({
      user: text(input, 'user'),
      name: text(input, 'name'),
      content: Buffer.from(text(input, 'base64'), 'base64'),
    }),
  click: (person, input) =>
    person.click({
      user: text(input, 'user'),
      actionId: text(input, 'actionId'),
      blockId: text(input, 'blockId'),
      values: valuesIn(input),
      ...(input.value === undefined ? {} : { value: input.value as string }),
      ...where(input),
    }),
  optionsFor: (person, input) =>
    person.optionsFor({
      user: text(input, 'user'),
      actionId: text(input, 'actionId'),
      ...optionalText(input, 'blockId'),
      query: text(input, 'query'),
      ...where(input),
    }),
  submitView: (person, input) =>
    person.submitView({
      user: text(input, 'user'),
      viewId: text(input, 'viewId'),
      values: valuesIn(input),
    }),
  closeView: (person, input) =>
    person.closeView({
      user: text(input, 'user'),
      viewId: text(input, 'viewId'),
      all: input.all === true,
    }),
  shortcut: (person, input) =>
    person.shortcut({
      user: text(input, 'user'),
      channel: text(input, 'channel'),
      ts: text(input, 'ts'),
      callbackId: text(input, 'callbackId'),
    }),
  openHome: (person, input) => person.openHome({ user: text(input, 'user') }),
  copied: async (_, input, { guide }) => guide?.copied(text(input, 'user'), text(input, 'text')),
  runStep: async (_, input, { guide }) => guide?.run(text(input, 'user'), Number(input.step)),
};

function sendJson(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    'cache-control': 'no-store',
  });
  response.end(JSON.stringify(value ?? null));
}

const EVENT_STREAM = { 'content-type': 'text/event-stream', 'cache-control': 'no-store' };

/** Server-sent events: one `change` for every burst of changes. */
function streamChanges(slack: Slack, response: ServerResponse): void {
  response.writeHead(200, EVENT_STREAM);
  response.write('retry: 1000\n\nevent: change\ndata: {}\n\n');
  let timer: NodeJS.Timeout | null = null;
  const stop = slack.workspace.onChange(() => {
    timer ??= setTimeout(() => {
      timer = null;
      response.write('event: change\ndata: {}\n\n');
    }, GATHER_MS);
  });
  response.on('close', () => {
    stop();
    if (timer) clearTimeout(timer);
  });
}

/** Server-sent events: one `view` with the aside whenever that is another than before. */
function streamAside({ aside }: Beside, response: ServerResponse): void {
  if (!aside) {
    sendJson(response, 404, { error: 'there is no aside' });
    return;
  }
  response.writeHead(200, EVENT_STREAM);
  response.write('retry: 1000\n\n');
  const stop = aside.follow((view) => {
    response.write(`event: view\ndata: ${JSON.stringify(view)}\n\n`);
  });
  response.on('close', stop);
}

/** Runs one action. Other sites must not: a browser says where a request comes from. */
async function act(
  person: Person,
  beside: Beside,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { origin, host } = request.headers;
  if (origin !== undefined && origin !== `http://${host}`)
    return sendJson(response, 403, { error: 'other origin' });
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  try {
    const input: unknown = JSON.parse(Buffer.concat(chunks).toString());
    if (!isObject(input)) throw new Error('an object is needed');
    const name = text(input, 'action');
    const handler = Object.hasOwn(ACTIONS, name) ? ACTIONS[name] : undefined;
    if (!handler)
      throw new Error(`no action "${name}"; there are: ${Object.keys(ACTIONS).join(', ')}`);
    sendJson(response, 200, await handler(person, input, beside));
  } catch (error) {
    sendJson(response, 400, { error: error instanceof Error ? error.message : String(error) });
  }
}

/** A file for the person at the browser, always as a download. */
function sendFile({ workspace }: Slack, response: ServerResponse, id: string): void {
  const file = workspace.files.find((candidate) => candidate.uploaded && candidate.id === id);
  if (!file) {
    sendJson(response, 404, { error: 'not found' });
    return;
  }
  response.writeHead(200, {
    'content-type': 'application/octet-stream',
    'content-disposition': `attachment; filename*=UTF-8''${encodeURIComponent(file.name)}`,
  });
  response.end(file.content);
}

/** The handler of every request that is not for the app. */
export function servePage(
  slack: Slack,
  person: Person,
  hints: Hints,
  beside: Beside,
): (request: IncomingMessage, response: ServerResponse, url: URL) => Promise<void> {
  return async (request, response, url) => {
    if (url.pathname === '/page/changes') return streamChanges(slack, response);
    if (url.pathname === '/page/aside') return streamAside(beside, response);
    if (url.pathname === '/page/act' && request.method === 'POST')
      return act(person, beside, request, response);
    if (url.pathname === '/page/state') {
      const asked = url.searchParams.get('user') ?? '';
      const found = slack.workspace.users.find(
        ({ id, name, is_bot }) => !is_bot && (id === asked || name === asked),
      );
      const user = found ?? slack.workspace.users[0];
      return sendJson(response, 200, stateFor(slack, user?.id ?? '', hints, beside));
    }
    if (url.pathname === '/page/file')
      return sendFile(slack, response, url.searchParams.get('id') ?? '');
    const name = url.pathname === '/' ? 'index.html' : url.pathname.slice(1);
    if (!/^[a-z][a-z-]*\.(html|css|js|svg)$/.test(name))
      return sendJson(response, 404, { error: 'not found' });
    const body = await readFile(join(DIRECTORY, name)).catch(() => null);
    if (body === null) return sendJson(response, 404, { error: 'not found' });
    response.writeHead(200, {
      'content-type': TYPES[extname(name)] ?? 'application/octet-stream',
      'content-security-policy': POLICY,
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-store',
    });
    response.end(body);
  };
}
