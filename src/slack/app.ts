/**
 * Slack's side of the conversation over Bolt 5, by Socket Mode or signed HTTP; the only file that
 * imports it. Everything is acknowledged first and done after; everything that arrives twice is
 * done once.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  App,
  type BlockAction,
  HTTPReceiver,
  type Logger,
  LogLevel,
  SocketModeReceiver,
  webApi,
} from '@slack/bolt';
import type { Command } from '../../commands/command.ts';
import { outsideError } from '../domain/errors.ts';
import type { Clock } from '../domain/ports.ts';
import { type Reply, refusal } from '../domain/reply.ts';
import type { Services } from '../domain/services.ts';
import { press } from './actions.ts';
import {
  asksAbout,
  attachedFiles,
  contentOf,
  readLogs,
  threadOf,
  unreadable,
  withAttachments,
  withThread,
} from './attachments.ts';
import {
  type Call,
  type Chat,
  ChatError,
  createChat,
  type Download,
  TEMPORARY_CODES,
} from './chat.ts';
import { type Conversation, createConversation, isDirect, type Place } from './conversation.ts';
import { decodeSlackText } from './decode.ts';
import { createDeliveries, type DeliveryOptions, type Pace } from './deliveries.ts';
import { createHomes, type Homes } from './homes.ts';
import type { Log } from './log.ts';
import {
  CREATE_FORM,
  DIAGNOSE_FORM,
  errorsOf,
  type FormState,
  loadingView,
  readDiagnoseForm,
  readForm,
  readOrigin,
} from './modals.ts';

/** Title of the modal that shows what `diagnose` found. */
const FOUND = 'What went wrong';
/** Callback id of the message shortcut in the manifest. */
export const DIAGNOSE_SHORTCUT = 'diagnose_message';

export interface SlackConfig {
  /** `xoxb-…` */
  botToken: string;
  connection:
    | { mode: 'socket'; appToken: string; connections?: number }
    | { mode: 'http'; signingSecret: string; host: string; port: number };
  /** Where the Web API is; null for Slack itself. */
  apiUrl: string | null;
  pace?: Partial<Pace>;
}

export interface SlackDependencies {
  services: Services;
  commands: readonly Command[];
  store: DeliveryOptions['store'];
  /** True for the first caller with this key within `seconds`, in any process. */
  once(key: string, seconds: number): Promise<boolean>;
  clock: Clock;
  log: Log;
}

export interface SlackApp {
  /** Resolves when Slack can reach us; `url` is where HTTP mode listens. Waits while Slack is away. */
  start(): Promise<{ url: string | null }>;
  /** Takes nothing new, finishes what has begun, closes every connection. */
  stop(): Promise<void>;
  chat: Chat;
}

const REQUEST_PATH = '/slack/events';
/** Slack's rule against replays; Bolt applies it to the past only. */
const MOST_SKEW_SECONDS = 300;
/** Slack repeats an event for up to an hour. */
const REMEMBERED_SECONDS = 3600;
const CALL_TIMEOUT = 15_000;
const GRACE = 5_000;

export function createSlackApp(config: SlackConfig, dependencies: SlackDependencies): SlackApp {
  const { services, clock, log } = dependencies;
  const logger = boltLogger(log);
  const slackApiUrl = config.apiUrl ?? 'https://slack.com/api/';
  const receivers = createReceivers(config, slackApiUrl, logger, clock);
  const app = new App({
    token: config.botToken,
    receiver: receivers[0] as HTTPReceiver | SocketModeReceiver,
    logger,
    // A bad token must reject start(), not the constructor behind our back.
    deferInitialization: true,
    // The default remembers something of every conversation, in memory and for ever.
    convoStore: false,
    // No `headers` here: the client adds its token to them, and the next client sends that one.
    clientOptions: {
      slackApiUrl,
      logger,
      timeout: CALL_TIMEOUT,
      // A message whose confirmation was lost may have arrived: whoever sent it decides.
      retryConfig: { retries: 0 },
      // Otherwise one busy method holds up all the others of this client.
      rejectRateLimitedCalls: true,
      allowAbsoluteUrls: false,
    },
  });
  for (const receiver of receivers.slice(1)) receiver.init(app);

  const chat = createChat(callOf(app), downloadOf(config.botToken, slackApiUrl));
  const deliveries = createDeliveries({
    store: dependencies.store,
    chat,
    settings: services.settings,
    attachMessage: (id, reference) => services.attachMessage(id, reference),
    clock,
    log,
    ...(config.pace ? { pace: config.pace } : {}),
  });
  const homes = createHomes({
    store: dependencies.store,
    services,
    chat,
    clock,
    log,
    ...(config.pace?.betweenEdits === undefined ? {} : { between: config.pace.betweenEdits }),
  });
  const conversation = createConversation({
    commands: dependencies.commands,
    services,
    chat,
    deliveries,
    log,
  });
  const isFirst = rememberDeliveries(dependencies);
  const work = new Set<Promise<unknown>>();
  const background = (task: Promise<unknown>): void => {
    const tracked = task
      .catch((error) => log.error({ error: String(error?.stack ?? error) }, 'an answer failed'))
      .finally(() => work.delete(tracked));
    work.add(tracked);
  };

  listen(app, { dependencies, conversation, chat, homes, isFirst, background });
  const stopping = new AbortController();

  return {
    chat,
    async start() {
      await signIn(app, log, stopping.signal);
      await deliveries.start();
      await homes.start();
      if (config.connection.mode === 'socket') {
        await Promise.all(receivers.map((receiver) => (receiver as SocketModeReceiver).start()));
        return { url: null };
      }
      const { host, port } = config.connection;
      const server = await (receivers[0] as HTTPReceiver)
        .start({ host, port })
        .catch((error: NodeJS.ErrnoException) => {
          throw cannotListen(`${host}:${port}`, error);
        });
      const address = server.address() as AddressInfo;
      return { url: `http://${host}:${address.port}${REQUEST_PATH}` };
    },
    async stop() {
      stopping.abort();
      await Promise.all(receivers.map(close));
      await Promise.race([Promise.allSettled([...work]), sleep(GRACE, undefined, { ref: false })]);
      await homes.stop();
      await deliveries.stop();
    },
  };
}

/** The operator's to mend: somebody else has the port, or we may not have it. */
function cannotListen(address: string, error: NodeJS.ErrnoException): Error {
  return outsideError(
    {
      code: 'cannot-listen',
      message: `Requests of Slack cannot be taken at ${address}: ${error.code ?? error.message}.`,
      suggestion: 'Set `slack.host` and `slack.port` to an address of this machine that is free.',
    },
    error,
  );
}

/** Slack gives every delivery to one connection; a second one bridges the seconds of a reconnect. */
function createReceivers(
  config: SlackConfig,
  slackApiUrl: string,
  logger: Logger,
  clock: Clock,
): (HTTPReceiver | SocketModeReceiver)[] {
  const { connection } = config;
  if (connection.mode === 'http') {
    const receiver = new HTTPReceiver({
      signingSecret: connection.signingSecret,
      endpoints: REQUEST_PATH,
      logger,
    });
    guard(receiver, clock);
    return [receiver];
  }
  return Array.from({ length: connection.connections ?? 2 }, () => {
    return new SocketModeReceiver({
      appToken: connection.appToken,
      logger,
      installerOptions: {
        // Its own object: the client writes into it. Opening a connection may be repeated for ever.
        clientOptions: {
          slackApiUrl,
          timeout: CALL_TIMEOUT,
          retryConfig: { forever: true, unref: true, factor: 1.5, maxTimeout: 30_000 },
          allowAbsoluteUrls: false,
        },
      },
    });
  });
}

/**
 * Before Bolt sees a request: timestamps from the future are as bad as old ones, and a parameter
 * in the content type (`; charset=utf-8`) is allowed, which Bolt compares letter by letter.
 */
function guard(receiver: HTTPReceiver, clock: Clock): void {
  const receive = receiver.requestListener;
  receiver.requestListener = (request: IncomingMessage, response: ServerResponse) => {
    const timestamp = request.headers['x-slack-request-timestamp'];
    if (timestamp !== undefined) {
      const ahead = Number(timestamp) - clock.now() / 1000;
      if (!/^\d{1,12}$/.test(String(timestamp)) || ahead > MOST_SKEW_SECONDS) {
        response.writeHead(401).end();
        return;
      }
    }
    const type = request.headers['content-type'];
    if (type?.startsWith('application/x-www-form-urlencoded;')) {
      request.headers['content-type'] = 'application/x-www-form-urlencoded';
    }
    receive(request, response);
  };
}

/** Whether a delivery is seen for the first time, by the id Slack gave it. */
function rememberDeliveries({ once, clock }: SlackDependencies) {
  const seen = new Map<string, number>();
  return async (id: string | null): Promise<boolean> => {
    if (id === null) return true;
    const now = clock.now();
    for (const [old, at] of seen) {
      if (now - at < REMEMBERED_SECONDS * 1000) break;
      seen.delete(old);
    }
    if (seen.has(id)) return false;
    seen.set(id, now);
    try {
      return await once(`slack-delivery:${id}`, REMEMBERED_SECONDS);
    } catch {
      // The shared memory is away: this process's own has to do.
      return true;
    }
  };
}

/** Events carry an id of their own; everything people start carries a trigger used only once. */
function deliveryId(body: Record<string, unknown>): string | null {
  for (const key of ['event_id', 'trigger_id']) {
    if (typeof body[key] === 'string') return `${key}:${body[key]}`;
  }
  return null;
}

interface Listening {
  dependencies: SlackDependencies;
  conversation: Conversation;
  chat: Chat;
  homes: Homes;
  isFirst(id: string | null): Promise<boolean>;
  background(task: Promise<unknown>): void;
}

function listen(
  app: App,
  { dependencies, conversation, chat, homes, isFirst, background }: Listening,
): void {
  const { services, commands, log } = dependencies;

  // Every delivery goes through here first. A submitted form is acknowledged with its errors,
  // which takes no time either; all else at once and with nothing.
  app.use(async ({ body, next, ...rest }) => {
    if (body.type === 'view_submission') return next();
    if ('ack' in rest && typeof rest.ack === 'function') await rest.ack();
    if (await isFirst(deliveryId(body as Record<string, unknown>))) await next();
  });

  // Whatever the command is called in this workspace, it is ours.
  app.command(/.*/, async ({ command, respond }) => {
    const place: Place = {
      user: command.user_id,
      channel: command.channel_id,
      team: command.team_id,
      thread: null,
      open: isDirect(command.channel_id),
      respond: responder(respond),
      replace: null,
      view: null,
      trigger: command.trigger_id,
    };
    background(conversation.say(decodeSlackText(command.text), place));
  });

  app.action<BlockAction>(/.*/, async ({ body, action, respond }) => {
    const place: Place = {
      user: body.user.id,
      channel: body.channel?.id ?? '',
      team: body.team?.id ?? null,
      thread: typeof body.container.thread_ts === 'string' ? body.container.thread_ts : null,
      open: isDirect(body.channel?.id ?? ''),
      respond: body.response_url ? responder(respond) : null,
      replace: body.response_url ? replacer(respond) : null,
      view: body.view?.type === 'modal' ? body.view.id : null,
      trigger: body.trigger_id,
    };
    const chosen = 'selected_option' in action ? action.selected_option : action;
    const value = chosen && 'value' in chosen ? (chosen.value ?? null) : null;
    background(press({ action: action.action_id, value, place }, conversation, services));
  });

  app.view(CREATE_FORM, async ({ ack, view, body }) => {
    const result = readForm(view.state.values as unknown as FormState, commands, services.settings);
    if (!result.ok) {
      await ack({ response_action: 'errors', errors: result.errors });
      return;
    }
    const { channel: home } = readOrigin(view.private_metadata);
    const place = { user: body.user.id, channel: home ?? '', team: body.team?.id ?? null };
    const refused = await conversation.review(result.text, place);
    if (refused) {
      await ack({ response_action: 'errors', errors: errorsOf(refused) });
      return;
    }
    await ack();
    if (!(await isFirst(deliveryId(body as unknown as Record<string, unknown>)))) return;
    const submit = async (): Promise<void> => {
      const { channel, thread } = readOrigin(view.private_metadata);
      await conversation.say(result.text, {
        user: body.user.id,
        channel: channel ?? (await chat.openDirect(body.user.id)),
        team: body.team?.id ?? null,
        thread,
        open: channel === null || isDirect(channel),
        respond: null,
        replace: null,
        view: null,
        trigger: null,
      });
    };
    background(submit());
  });

  app.view(DIAGNOSE_FORM, async ({ ack, view, body }) => {
    const read = readDiagnoseForm(view.state.values as unknown as FormState);
    if (!read.ok) {
      await ack({ response_action: 'errors', errors: read.errors });
      return;
    }
    // Reading files may take longer than the three seconds there are: the answer comes after.
    await ack({ response_action: 'update', view: loadingView(FOUND) });
    if (!(await isFirst(deliveryId(body as unknown as Record<string, unknown>)))) return;
    const place: Place = {
      user: body.user.id,
      channel: '',
      team: body.team?.id ?? null,
      thread: null,
      open: false,
      respond: null,
      replace: null,
      view: view.id,
      trigger: null,
    };
    const logs = attachedFiles({ files: read.files });
    const reply = readable(async () => {
      const texts = [read.text, ...(await readLogs(logs, chat))];
      return conversation.run(decodeSlackText(`diagnose ${texts.join('\n')}`), place);
    });
    background(conversation.fill(view.id, FOUND, reply, place));
  });

  // A form of an earlier version must not hang, and one to copy from sends nothing.
  app.view(/^(?!(create|diagnose)_form$).*/, async ({ ack }) => ack());

  app.event('app_mention', async ({ event, context }) => {
    if (!event.user) return;
    const text = afterMention(event.text, context.botUserId);
    background(
      hear(
        text,
        event,
        {
          user: event.user,
          channel: event.channel,
          team: context.teamId ?? null,
          thread: event.thread_ts ?? event.ts,
          open: true,
          respond: null,
          replace: null,
          view: null,
          trigger: null,
        },
        context.botUserId,
      ),
    );
  });

  app.message(async ({ message, context }) => {
    const isOurs = message.subtype === undefined || message.subtype === 'file_share';
    if (!isOurs || message.channel_type !== 'im' || !message.user) return;
    if ('bot_id' in message && message.bot_id) return;
    background(
      hear(
        afterMention(message.text ?? '', context.botUserId),
        message,
        {
          user: message.user,
          channel: message.channel,
          team: context.teamId ?? null,
          thread: message.thread_ts ?? null,
          open: true,
          respond: null,
          replace: null,
          view: null,
          trigger: null,
        },
        context.botUserId,
      ),
    );
  });

  app.shortcut(
    { callback_id: DIAGNOSE_SHORTCUT, type: 'message_action' },
    async ({ shortcut, respond }) => {
      const { message, channel } = shortcut;
      const thread = typeof message.thread_ts === 'string' ? message.thread_ts : null;
      const text = `diagnose ${contentOf(message)}`;
      background(
        hear(text, message, {
          user: shortcut.user.id,
          channel: channel.id,
          team: shortcut.team?.id ?? null,
          thread,
          open: isDirect(channel.id),
          respond: responder(respond),
          replace: null,
          view: null,
          trigger: null,
        }),
      );
    },
  );

  app.event('app_home_opened', async ({ event }) => {
    if (event.tab === 'home') background(homes.show(event.user));
  });

  app.error(async (error) => {
    log.error({ error: error.stack ?? String(error) }, 'a delivery of Slack failed');
  });

  /** What a message says, together with the files it carries or, asked inside a thread, what stands above. */
  async function hear(
    text: string,
    message: object,
    place: Place,
    ourUserId?: string,
  ): Promise<void> {
    let whole = text;
    const refused = await readable(async () => {
      whole = await withAttachments(text, attachedFiles(message), chat);
      const above = asksAbout(whole) ? threadOf(message, place.channel) : null;
      if (above) whole = await withThread(above, ourUserId, chat);
      return null;
    });
    return refused
      ? conversation.answer(refused, place)
      : conversation.say(decodeSlackText(whole), place);
  }

  /** What `read` answers, or why Slack does not let us read. */
  async function readable<T>(read: () => Promise<T>): Promise<T | Reply> {
    try {
      return await read();
    } catch (error) {
      if (!(error instanceof ChatError)) throw error;
      log.warn({ code: error.code, needed: error.needed }, 'what is asked about cannot be read');
      return refusal(unreadable(error), null);
    }
  }
}

/** What stands after our name, wherever in the message it is. */
export function afterMention(text: string, botUserId: string | undefined): string {
  const mention = `<@${botUserId ?? ''}>`;
  const at = text.indexOf(mention);
  return (at < 0 ? text : text.slice(at + mention.length)).replace(/^[\s,:]+/, '').trimEnd();
}

type Respond = (message: {
  response_type: 'ephemeral';
  replace_original: boolean;
  [field: string]: unknown;
}) => Promise<unknown>;

function responder(respond: unknown): Place['respond'] {
  return async ({ thread, ...message }) => {
    await (respond as Respond)({
      ...message,
      response_type: 'ephemeral',
      // A button's own message must stay.
      replace_original: false,
      ...(thread ? { thread_ts: thread } : {}),
    });
  };
}

function replacer(respond: unknown): Place['replace'] {
  return async (message) => {
    await (respond as Respond)({
      ...message,
      response_type: 'ephemeral',
      replace_original: true,
    });
  };
}

/** Waits as long as Slack is away; a token Slack does not know ends it. */
async function signIn(app: App, log: Log, signal: AbortSignal): Promise<void> {
  for (let failures = 0; !signal.aborted; failures += 1) {
    try {
      await app.init();
      return;
    } catch (error) {
      const reason = chatError(error);
      if (reason.kind === 'refused') {
        throw outsideError(
          {
            code: 'slack-token-rejected',
            message: `Slack does not accept the bot token (${reason.code}).`,
            suggestion:
              'Copy the Bot User OAuth Token (xoxb-…) from the app’s page, OAuth & Permissions.',
          },
          error,
        );
      }
      const wait = Math.min(30_000, Math.max(reason.retryAfter * 1000, 500 * 2 ** failures));
      log.warn({ reason: reason.code, wait }, 'Slack does not answer; trying again');
      await sleep(wait, undefined, { signal }).catch(() => {});
    }
  }
}

async function close(receiver: HTTPReceiver | SocketModeReceiver): Promise<void> {
  if (receiver instanceof HTTPReceiver) {
    await receiver.stop().catch(() => {});
    return;
  }
  // Bolt's own stop() resolves before the socket is closed and leaves a timer behind.
  await Promise.race([receiver.client.disconnect(), sleep(3_000, undefined, { ref: false })]);
}

function callOf(app: App): Call {
  return async (method, args) => {
    try {
      return (await app.client.apiCall(method, args)) as unknown as Record<string, unknown>;
    } catch (error) {
      throw chatError(error);
    }
  };
}

function chatError(error: unknown): ChatError {
  if (error instanceof webApi.WebAPIRateLimitedError) {
    return new ChatError('busy', 'ratelimited', { retryAfter: error.retryAfter, cause: error });
  }
  if (error instanceof webApi.WebAPIPlatformError) {
    const { error: code, needed } = error.data as { error: string; needed?: unknown };
    return new ChatError(TEMPORARY_CODES.has(code) ? 'unavailable' : 'refused', code, {
      needed: typeof needed === 'string' ? needed.split(',') : [],
      cause: error,
    });
  }
  if (error instanceof webApi.WebAPIHTTPError) {
    return new ChatError('unavailable', `http_${error.statusCode}`, { cause: error });
  }
  return new ChatError('unavailable', 'no_answer', { cause: error });
}

/** The token goes to Slack and nowhere else, whatever address a payload names. */
function downloadOf(token: string, slackApiUrl: string): Download {
  return async (address, limit) => {
    const url = URL.canParse(address) ? new URL(address) : null;
    const ours = url?.origin === new URL(slackApiUrl).origin;
    const slack = url?.protocol === 'https:' && /(^|\.)slack\.com$/.test(url.hostname);
    if (!url || !(ours || slack)) throw new ChatError('refused', 'foreign_file');
    let response: Response;
    try {
      response = await fetch(url, {
        headers: { authorization: `Bearer ${token}` },
        signal: AbortSignal.timeout(30_000),
      });
    } catch (error) {
      throw new ChatError('unavailable', 'no_answer', { cause: error });
    }
    // Without the scope `files:read` Slack answers with its sign-in page.
    const isPage = response.headers.get('content-type')?.startsWith('text/html');
    if (!response.ok || !response.body || isPage)
      throw new ChatError('refused', 'file_not_readable');
    let kept = Buffer.alloc(0);
    for await (const chunk of response.body) {
      kept = Buffer.concat([kept, chunk]);
      if (kept.length > 2 * limit) kept = kept.subarray(-limit);
    }
    return kept.subarray(-limit).toString('utf8');
  };
}

function boltLogger(log: Log): Logger {
  const text = (parts: unknown[]) =>
    parts
      .map(String)
      .join(' ')
      .replace(/\b(xox[a-z]|xapp)-[A-Za-z0-9-]+/g, '«token»');
  return {
    debug: () => {},
    info: () => {},
    warn: (...parts) => log.warn({ from: 'bolt' }, text(parts)),
    error: (...parts) => log.error({ from: 'bolt' }, text(parts)),
    setLevel: () => {},
    getLevel: () => LogLevel.INFO,
    setName: () => {},
  };
}
