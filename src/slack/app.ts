/**
 * Slack's side of the product: connection/ reaches Slack and is reached, listeners/ hear what people
 * do, the conversation answers them, deliveries and Home tabs follow the builds.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from '../../commands/command.ts';
import type { Events } from '../domain/events.ts';
import { type Meters, NO_METERS } from '../domain/metrics.ts';
import type { Clock } from '../domain/ports.ts';
import type { Services } from '../domain/services.ts';
import type { Download } from '../domain/slack-files.ts';
import { NO_SPANS, type Span } from '../domain/spans.ts';
import type { Call } from './chat/call.ts';
import { metered } from './chat/metered.ts';
import { createPaced } from './chat/paced.ts';
import { toldOf } from './chat/told.ts';
import { type Chat, createChat } from './chat.ts';
import { type Access, App, boltLogger, clientOptions } from './connection/bolt.ts';
import { createClient } from './connection/client.ts';
import { rememberDeliveries } from './connection/once.ts';
import { type Connection, createReceivers } from './connection/receivers.ts';
import { signInPatiently } from './connection/sign-in.ts';
import { createConversation } from './conversation.ts';
import { PACE, type Pace } from './deliveries/pace.ts';
import { createDeliveries, type DeliveryOptions } from './deliveries.ts';
import { createFullness, type FullnessOptions } from './fullness.ts';
import { createGroups, type GroupsOptions } from './groups.ts';
import { createHomes, type HomesOptions } from './homes.ts';
import { createLane } from './lane.ts';
import { createLeading } from './leading.ts';
import { listen } from './listeners/listen.ts';
import type { Log } from './log.ts';

export interface SlackConfig extends Access {
  connection: Connection;
  pace?: Partial<Pace>;
}

export interface SlackDependencies {
  services: Services;
  commands: readonly Command[];
  store: DeliveryOptions['store'] &
    HomesOptions['store'] &
    GroupsOptions['store'] &
    FullnessOptions['store'];
  /** True for the first caller with this key within `seconds`, in any process. */
  once(key: string, seconds: number): Promise<boolean>;
  /** Gets files that people keep in Slack. */
  download: Download;
  clock: Clock;
  log: Log;
  events: Events;
  /** Left out: nothing is measured. */
  meters?: Meters;
  /** Left out: no traces. */
  span?: Span;
}

export interface SlackApp {
  /** Resolves when Slack can reach us; `url` is where HTTP mode listens. Waits while Slack is away. */
  start(): Promise<{ url: string | null }>;
  /** Takes nothing new, finishes what has begun, closes every connection. */
  stop(): Promise<void>;
  /** Why Slack and we cannot reach each other, in a few words; null where we can. */
  whyNotReady(): string | null;
  chat: Chat;
}

/** Milliseconds that answers which have begun may take at a stop. */
const GRACE = 5_000;

export function createSlackApp(config: SlackConfig, dependencies: SlackDependencies): SlackApp {
  const {
    services,
    commands,
    store,
    clock,
    log,
    meters = NO_METERS,
    span = NO_SPANS,
  } = dependencies;
  const logger = boltLogger(log);
  // Slack signs by the time of the world, which is this host's to know.
  const receivers = createReceivers(config, logger, { clock: { now: Date.now }, log });
  const client = createClient(config, logger);
  const pace = { ...PACE, ...config.pace };
  // Every bot has an allowance of its own, kept by a stopwatch that nobody sets.
  const now = () => performance.now();
  const told = toldOf(metered(client.call, meters), dependencies.events, now);
  const calls = createPaced(told.call, { ...pace, now });
  const chatOf = (call: Call) => createChat(call, dependencies.download, client.upload);
  const chat = chatOf(calls.prompt);
  const common = { store, chat, clock, log };
  const deliveries = createDeliveries({
    ...{ ...common, chat: chatOf(calls.patient), promptChat: chat, pace },
    settings: services.settings,
    outlook: (build) => services.outlook(build),
    attachMessage: (id, reference) => services.attachMessage(id, reference),
  });
  const homes = createHomes({
    ...common,
    services,
    ...(config.pace?.betweenEdits === undefined ? {} : { between: config.pace.betweenEdits }),
  });
  const leading = createLeading({
    ...{ store, log, pace },
    follow: [deliveries.follow, homes.follow],
  });
  const fullness = createFullness({
    ...{ store, chat, log, pace },
    ...{ settings: services.settings, events: dependencies.events, clock: { now: Date.now } },
  });
  const groups = createGroups({ ...common, roles: services.settings.roles });
  const conversation = createConversation({
    commands,
    services,
    chat,
    deliveries,
    log,
    meters,
    span,
  });
  const isFirst = rememberDeliveries(dependencies);
  const lane = createLane({ log });
  const stopping = new AbortController();
  let isSignedIn = false;
  const identity = Promise.withResolvers<{ botUserId: string; botId: string }>();

  const app = new App({
    // Nothing arrives before we are signed in.
    authorize: async () => ({ botToken: config.botToken, ...(await identity.promise) }),
    receiver: receivers.first,
    logger,
    // The default remembers something of every conversation, in memory and for ever.
    convoStore: false,
    clientOptions: clientOptions(config, logger),
  });
  receivers.share(app);
  listen(app, { commands, services, chat, conversation, homes, log, isFirst, lane, meters });

  return {
    chat,
    whyNotReady: () =>
      isSignedIn
        ? (told.whyRefused() ?? receivers.whyUnreachable())
        : 'has not signed in to Slack yet',
    async start() {
      const found = await signInPatiently(client.call, log, stopping.signal);
      if (found === null) return { url: null };
      isSignedIn = true;
      identity.resolve({ botUserId: found.botUserId, botId: found.botId });
      fullness.start();
      await groups.start();
      homes.start();
      await leading.start();
      return receivers.open();
    },
    async stop() {
      stopping.abort();
      await receivers.close();
      await Promise.race([lane.settled(), sleep(GRACE, undefined, { ref: false })]);
      await Promise.all([groups.stop(), fullness.stop()]);
      await leading.stop();
      await homes.stop();
    },
  };
}
