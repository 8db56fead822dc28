/** A Slack on this machine: put together here, described in README.md; others import index.ts. */
import type { AddressInfo } from 'node:net';
import { type Aside, AsideReader } from './aside.ts';
import { Delivery, RETRY_DELAYS_MS } from './delivery.ts';
import { Faults } from './faults.ts';
import { type Guide, GuideProgress } from './guide.ts';
import { postEnvelope, requestUrlAnswers } from './http-delivery.ts';
import { type Beside, servePage } from './page-server.ts';
import { Person } from './person.ts';
import { appUser, defaultChannels, defaultUsergroups, defaultUsers, TEAM } from './population.ts';
import { RateLimits } from './rate-limits.ts';
import { recordTo } from './record.ts';
import { ResponseUrls } from './response-urls.ts';
import { listen } from './server.ts';
import type { Slack } from './slack.ts';
import { SocketMode } from './socket-mode.ts';
import { Triggers } from './triggers.ts';
import { describeMessage, describeView, until } from './waiting.ts';
import type { ApiCall } from './web-api.ts';
import {
  type Channel,
  type Message,
  type SharedFile,
  type User,
  type Usergroup,
  type View,
  Workspace,
} from './workspace.ts';

/** A command as the manifest declares it; the page completes it. */
export type CommandHint = { command: string; description: string; usageHint: string };
/** A message shortcut as the manifest declares it. */
export type ShortcutHint = { callbackId: string; name: string };

export type EmulatorOptions = {
  /** 0, the default, is any free port. */
  port?: number;
  signingSecret?: string;
  botToken?: string;
  appToken?: string;
  /** Where commands, interactions and events are posted; null (the default) means Socket Mode. */
  requestUrl?: string | null;
  users?: User[];
  channels?: Channel[];
  usergroups?: Usergroup[];
  /** What people call the app. */
  appName?: string;
  /** OAuth scopes of the bot token; by default all that any method here asks for. */
  scopes?: string[];
  commands?: CommandHint[];
  shortcuts?: ShortcutHint[];
  /** The manifest's `should_escape` of the command (default true): names and control characters are escaped. */
  shouldEscape?: boolean;
  /** Default true. */
  rateLimits?: boolean;
  /** Milliseconds since 1970. */
  now?: () => number;
  /** Milliseconds to acknowledge in; Slack's 3000 by default. */
  acknowledgeMs?: number;
  /** Milliseconds before each repetition of an event nobody acknowledged. */
  retryDelaysMs?: readonly number[];
  /** Directory that gets every accepted message and view as a JSON file. */
  record?: string;
};

const ALL_SCOPES = [
  'app_mentions:read',
  'channels:history',
  'channels:join',
  'channels:read',
  'chat:write',
  'chat:write.public',
  'commands',
  'files:read',
  'files:write',
  'groups:history',
  'groups:read',
  'im:history',
  'im:read',
  'im:write',
  'reactions:write',
  'usergroups:read',
  'users:read',
  'users:read.email',
];

const DEFAULT_COMMANDS: CommandHint[] = [
  {
    command: '/conda-env',
    description: 'Build a conda environment and use it with Spark',
    usageHint: 'create NAME [python=3.11] [packages…] | list | show NAME | help',
  },
];

const DEFAULT_SHORTCUTS: ShortcutHint[] = [
  { callbackId: 'diagnose_message', name: 'Diagnose this failure' },
  { callbackId: 'build_message', name: 'Build this environment' },
];

const DEFAULT_TIMEOUT_MS = 10_000;

type Waiting = { timeoutMs?: number };

export type SlackEmulator = Pick<
  Person,
  | 'slash'
  | 'click'
  | 'selectOption'
  | 'submitView'
  | 'closeView'
  | 'optionsFor'
  | 'mention'
  | 'say'
  | 'directMessage'
  | 'openHome'
  | 'shortcut'
  | 'shareFile'
  | 'uploadFile'
> & {
  /** The page. */
  url: string;
  /** For `slackApiUrl`; ends in `/api/`. */
  apiUrl: string;
  signingSecret: string;
  botToken: string;
  appToken: string;
  workspace: Workspace;
  faults: Faults;
  /** Where to post from now on; null goes back to Socket Mode. */
  setRequestUrl: (url: string | null) => void;
  /** Slack's challenge to the request URL: whether it answered well. */
  verifyRequestUrl: () => Promise<boolean>;
  /** Socket Mode connections that would receive the next envelope. */
  connections: () => number;
  /** What everyone sees in a channel, oldest first, threads included. */
  messages: (channel: string) => Message[];
  /** A message and the replies below it. */
  thread: (channel: string, ts: string) => Message[];
  /** What only this user sees, everywhere or in one channel. */
  ephemerals: (user: string, channel?: string) => Message[];
  /** What was posted and nobody sees: ephemeral messages in threads that are not there. */
  unseen: () => Message[];
  /** The modals on a user's screen, the one on top last. */
  openViews: (user: string) => View[];
  home: (user: string) => View | null;
  files: () => SharedFile[];
  /** Steps that the page leads a person through; null for none. */
  setGuide: (guide: Guide | null) => void;
  /** What the page shows beside the conversation; null for nothing. */
  setAside: (aside: Aside | null) => void;
  /** Every Web API call and post to a response URL, oldest first. */
  calls: (method?: string) => ApiCall[];
  onChange: (listener: () => void) => () => void;
  untilMessage: (matches: (message: Message) => boolean, wait?: Waiting) => Promise<Message>;
  untilEphemeral: (
    user: string,
    matches: (message: Message) => boolean,
    wait?: Waiting,
  ) => Promise<Message>;
  untilView: (user: string, matches: (view: View) => boolean, wait?: Waiting) => Promise<View>;
  untilHome: (user: string, matches: (view: View) => boolean, wait?: Waiting) => Promise<View>;
  stop: () => Promise<void>;
};

/** Starts a Slack on 127.0.0.1. Stop it with `stop()`. */
export async function startSlackEmulator(options: EmulatorOptions = {}): Promise<SlackEmulator> {
  const now = options.now ?? Date.now;
  const signingSecret = options.signingSecret ?? 'emulator-signing-secret';
  const commands = options.commands ?? DEFAULT_COMMANDS;
  const shortcuts = options.shortcuts ?? DEFAULT_SHORTCUTS;
  let requestUrl = options.requestUrl ?? null;
  let port = 0;
  const baseUrl = (): string => `http://127.0.0.1:${port}`;

  const bot = appUser(options.appName);
  const workspace = new Workspace({
    team: TEAM,
    users: [...(options.users ?? defaultUsers()), bot],
    channels: options.channels ?? defaultChannels(),
    usergroups: options.usergroups ?? defaultUsergroups(),
    bot,
    now,
  });
  const responseUrls = new ResponseUrls(now, baseUrl, workspace.team.id);
  const socketMode = new SocketMode(
    workspace.appId,
    () => workspace.changed(),
    options.acknowledgeMs,
  );
  const revokedTokens = new Set<string>();
  const faults = new Faults({
    disconnect: (reason, most) => socketMode.disconnect(reason, most),
    expireResponseUrls: () => responseUrls.expireAll(),
    revoke: (token) => revokedTokens.add(token),
  });
  const slack: Slack = {
    workspace,
    triggers: new Triggers(now),
    responseUrls,
    socketMode,
    faults,
    rateLimits: options.rateLimits === false ? null : new RateLimits(now),
    record: recordTo(options.record),
    botToken: options.botToken ?? 'xoxb-emulator-bot',
    appToken: options.appToken ?? 'xapp-emulator-app',
    revokedTokens,
    scopes: new Set(options.scopes ?? ALL_SCOPES),
    baseUrl,
    requestUrl: () => requestUrl,
  };
  const delivery = new Delivery(
    (envelope, retry) =>
      requestUrl === null
        ? socketMode.send(envelope, retry)
        : postEnvelope(requestUrl, signingSecret, envelope, retry, now, options.acknowledgeMs),
    faults,
    options.retryDelaysMs ?? RETRY_DELAYS_MS,
  );
  const person = new Person(
    slack,
    delivery,
    commands.map(({ command }) => command),
    options.shouldEscape ?? true,
  );
  for (const user of workspace.users) if (!user.is_bot) workspace.directChannel(user);

  const calls: ApiCall[] = [];
  const beside: Beside = { guide: null, aside: null };
  const page = servePage(slack, person, { commands, shortcuts }, beside);
  const server = await listen(slack, calls, options.port ?? 0, page);
  port = (server.address() as AddressInfo).port;

  const user = (idOrName: string): string => workspace.user(idOrName).id;
  const channel = (idOrName: string): string => workspace.channel(idOrName).id;
  const shared = (): Message[] =>
    workspace.messages.filter(({ ephemeral_to }) => ephemeral_to === undefined);
  const ephemerals = (to: string, where?: string): Message[] =>
    workspace.messages.filter(
      (message) =>
        message.ephemeral_to === user(to) &&
        !message.unseen &&
        (where === undefined || message.channel === channel(where)),
    );
  const openViews = (who: string): View[] => [...(workspace.modals.get(user(who)) ?? [])];
  const homes = (who: string): View[] =>
    [workspace.homes.get(user(who))].filter((view) => view !== undefined);

  return {
    url: `${baseUrl()}/`,
    apiUrl: `${baseUrl()}/api/`,
    signingSecret,
    botToken: slack.botToken,
    appToken: slack.appToken,
    workspace,
    faults,
    setRequestUrl: (url) => {
      requestUrl = url;
      workspace.changed();
    },
    verifyRequestUrl: async () =>
      requestUrl !== null && requestUrlAnswers(requestUrl, signingSecret, now),
    connections: () => socketMode.connected,
    slash: (input) => person.slash(input),
    click: (input) => person.click(input),
    selectOption: (input) => person.selectOption(input),
    submitView: (input) => person.submitView(input),
    closeView: (input) => person.closeView(input),
    optionsFor: (input) => person.optionsFor(input),
    mention: (input) => person.mention(input),
    say: (input) => person.say(input),
    directMessage: (input) => person.directMessage(input),
    openHome: (input) => person.openHome(input),
    shortcut: (input) => person.shortcut(input),
    shareFile: (input) => person.shareFile(input),
    uploadFile: (input) => person.uploadFile(input),
    messages: (where) => shared().filter((message) => message.channel === channel(where)),
    thread: (where, ts) => {
      const parent = workspace.findMessage(channel(where), ts);
      return parent ? [parent, ...workspace.replies(channel(where), ts)] : [];
    },
    ephemerals,
    unseen: () => workspace.messages.filter(({ unseen }) => unseen === true),
    openViews,
    home: (who) => workspace.homes.get(user(who)) ?? null,
    files: () => workspace.files.filter(({ uploaded }) => uploaded),
    setGuide: (guide) => {
      beside.guide = guide && new GuideProgress(guide, workspace);
      workspace.changed();
    },
    setAside: (aside) => {
      beside.aside = aside && new AsideReader(aside);
      workspace.changed();
    },
    calls: (method) => calls.filter((call) => method === undefined || call.method === method),
    onChange: (listener) => workspace.onChange(listener),
    untilMessage: (matches, { timeoutMs = DEFAULT_TIMEOUT_MS } = {}) =>
      until(workspace, 'message', shared, matches, describeMessage, timeoutMs),
    untilEphemeral: (who, matches, { timeoutMs = DEFAULT_TIMEOUT_MS } = {}) =>
      until(
        workspace,
        `message only ${who} sees`,
        () => ephemerals(who),
        matches,
        describeMessage,
        timeoutMs,
      ),
    untilView: (who, matches, { timeoutMs = DEFAULT_TIMEOUT_MS } = {}) =>
      until(workspace, `modal of ${who}`, () => openViews(who), matches, describeView, timeoutMs),
    untilHome: (who, matches, { timeoutMs = DEFAULT_TIMEOUT_MS } = {}) =>
      until(workspace, `Home tab of ${who}`, () => homes(who), matches, describeView, timeoutMs),
    stop: async () => {
      delivery.stop();
      await socketMode.stop();
      server.closeAllConnections();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
    },
  };
}
