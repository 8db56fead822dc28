/**
 * The ways Slack reaches us: sockets that we open, or signed requests that we listen for. Both hand
 * what they get to one app, and both are closed here.
 */
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { outsideError } from '../../domain/errors.ts';
import type { Clock } from '../../domain/ports.ts';
import type { Log } from '../log.ts';
import {
  type App,
  apiUrlOf,
  CALL_TIMEOUT,
  HTTPReceiver,
  type Logger,
  SocketModeReceiver,
} from './bolt.ts';
import { chatError } from './client.ts';
import { guard, REQUEST_PATH } from './request.ts';
import { whyNoSocket } from './sign-in.ts';

/** What sends requests where there is a proxy: the client of sockets has one of its own otherwise. */
type Dispatcher = NonNullable<ConstructorParameters<typeof SocketModeReceiver>[0]['dispatcher']>;

export type Connection =
  | { mode: 'socket'; appToken: string; connections?: number; dispatcher?: Dispatcher | null }
  | { mode: 'http'; signingSecret: string; host: string; port: number };

/**
 * Milliseconds that a connection nobody uses stays open: longer than the minute of the usual proxies, so that
 * it is they who close it. What is sent in the moment we close one is lost, and nobody sends a command again.
 */
const KEPT_OPEN = 75_000;

/** Milliseconds for a socket to be closed, where Slack does not answer. */
const CLOSE_PATIENCE = 3_000;

export interface Receivers {
  /** The one the app is made with; the others are given to it by `share`. */
  first: HTTPReceiver | SocketModeReceiver;
  share(app: App): void;
  /** Resolves when Slack can reach us, with the address of signed requests. */
  open(): Promise<{ url: string | null }>;
  /** Why Slack cannot reach us at this moment, in a few words; null where it can. */
  whyUnreachable(): string | null;
  close(): Promise<void>;
}

export function createReceivers(
  { connection, apiUrl }: { connection: Connection; apiUrl: string | null },
  logger: Logger,
  { clock, log }: { clock: Clock; log: Log },
): Receivers {
  return connection.mode === 'http'
    ? overHttp(connection, logger, { clock, log })
    : overSockets(connection, apiUrlOf({ apiUrl }), logger, log);
}

function overHttp(
  { signingSecret, host, port }: Connection & { mode: 'http' },
  logger: Logger,
  beside: { clock: Clock; log: Log },
): Receivers {
  const receiver = new HTTPReceiver({ signingSecret, endpoints: REQUEST_PATH, logger });
  guard(receiver, { signingSecret, ...beside });
  let isListening = false;
  return {
    first: receiver,
    share() {},
    async open() {
      const server = await receiver.start({ host, port }).catch((error: NodeJS.ErrnoException) => {
        throw cannotListen(`${host}:${port}`, error);
      });
      server.keepAliveTimeout = KEPT_OPEN;
      isListening = true;
      // Only a server that listens at a path of the file system answers something else.
      const address = server.address() as AddressInfo;
      return { url: `http://${host}:${address.port}${REQUEST_PATH}` };
    },
    whyUnreachable: () => (isListening ? null : 'does not listen for requests of Slack'),
    async close() {
      isListening = false;
      await receiver.stop().catch(() => {});
    },
  };
}

/**
 * Slack gives every delivery to one connection; a second one bridges the seconds of a reconnect. It is opened after
 * the first, which is enough to answer people: Slack lets an app open one a minute once a few are opened.
 */
function overSockets(
  { appToken, connections = 2, dispatcher = null }: Connection & { mode: 'socket' },
  slackApiUrl: string,
  logger: Logger,
  log: Log,
): Receivers {
  const connect = () =>
    new SocketModeReceiver({
      appToken,
      logger,
      ...(dispatcher === null ? {} : { dispatcher }),
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
  const first = connect();
  const others = Array.from({ length: connections - 1 }, connect);
  const all = [first, ...others];
  /** From the moment they have an address until Slack greets them, at first and again. */
  const opening = new Set<SocketModeReceiver>();
  let isClosed = false;
  for (const receiver of all) {
    const { client } = receiver;
    client.on('connecting', () => opening.add(receiver));
    client.on('connected', () => {
      opening.delete(receiver);
      // It waited for its turn while the others were closed.
      if (isClosed) void client.disconnect();
    });
  }
  const start = async (receiver: SocketModeReceiver) => {
    try {
      await receiver.start();
    } catch (error) {
      throw whyNoSocket(chatError(error));
    }
  };
  const close = async (receiver: SocketModeReceiver) => {
    const { client } = receiver;
    const patience = sleep(CLOSE_PATIENCE, undefined, { ref: false });
    // Closed while it opens, a socket of Bolt's leaves a timer behind, and a rejection that nobody catches.
    if (opening.has(receiver)) {
      await Promise.race([new Promise((resolve) => client.once('connected', resolve)), patience]);
    }
    // Bolt's own stop() resolves before the socket is closed and leaves one behind, too.
    await Promise.race([client.disconnect(), patience]);
  };
  return {
    first,
    share(app) {
      for (const receiver of others) receiver.init(app);
    },
    async open() {
      await start(first);
      for (const receiver of others) {
        start(receiver).catch(({ message }: Error) => {
          log.warn(
            { reason: message },
            'commands may be lost while the connection to Slack is renewed',
          );
        });
      }
      return { url: null };
    },
    whyUnreachable() {
      const isOpen = all.some(({ client }) => client.websocket?.isActive() === true);
      return isOpen ? null : 'has no connection to Slack';
    },
    async close() {
      isClosed = true;
      await Promise.all(all.map(close));
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
