/**
 * Socket Mode: `apps.connections.open` gives a single-use address, each connection is greeted, and
 * every envelope goes to one of the connections. The only file that knows the `ws` package.
 */
import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import { ACKNOWLEDGE_MS, type Acknowledgement, type Envelope, type Retry } from './delivery.ts';
import { isObject } from './json.ts';

/** Slack's limit of open connections per app. */
const CONNECTION_LIMIT = 10;

/** Clients give a silent server up after 30 s. */
const PING_MS = 10_000;

/** The time a client has to answer the closing handshake. */
const CLOSE_MS = 500;

type Waiting = { resolve: (acknowledgement: Acknowledgement) => void };

export class SocketMode {
  readonly #server = new WebSocketServer({ noServer: true });
  readonly #tickets = new Set<string>();
  readonly #connections: WebSocket[] = [];
  /** Connections told to go: they may still acknowledge, but get nothing new. */
  readonly #leaving = new WeakSet<WebSocket>();
  readonly #waiting = new Map<string, Waiting[]>();
  readonly #appId: string;
  readonly #acknowledgeMs: number;
  /** Called when a connection comes or goes. */
  readonly #changed: () => void;
  readonly #ping: NodeJS.Timeout;
  #turn = 0;

  constructor(appId: string, changed: () => void, acknowledgeMs: number = ACKNOWLEDGE_MS) {
    this.#appId = appId;
    this.#changed = changed;
    this.#acknowledgeMs = acknowledgeMs;
    this.#ping = setInterval(() => {
      for (const connection of this.#connections) connection.ping('Ping from applink-emulator');
    }, PING_MS);
    this.#ping.unref();
  }

  /** How many connections would receive the next envelope. */
  get connected(): number {
    return this.#open().length;
  }

  /** A new address, good for one connection. `host` is `127.0.0.1:port`. */
  newAddress(host: string): string {
    const ticket = randomBytes(16).toString('hex');
    this.#tickets.add(ticket);
    return `ws://${host}/link/?ticket=${ticket}&app_id=${this.#appId}`;
  }

  /** Takes over an HTTP upgrade; an unknown or used ticket is refused with 403. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const ticket = new URL(request.url ?? '/', 'ws://emulator').searchParams.get('ticket') ?? '';
    if (!this.#tickets.delete(ticket)) {
      socket.end('HTTP/1.1 403 Forbidden\r\nConnection: close\r\n\r\n');
      return;
    }
    this.#server.handleUpgrade(request, socket, head, (connection) => this.#greet(connection));
  }

  /** Sends one envelope to the next connection in turn and waits for its acknowledgement. */
  send(envelope: Envelope, retry: Retry | null): Promise<Acknowledgement> {
    const open = this.#open();
    const connection = open[this.#turn++ % Math.max(1, open.length)];
    if (!connection)
      return Promise.resolve({
        acked: false,
        status: null,
        error: 'dispatch_failed',
        reason: 'no_connection',
        noRetry: false,
      });
    return new Promise((resolve) => {
      const waiting: Waiting = { resolve };
      this.#waiting.set(envelope.id, [...(this.#waiting.get(envelope.id) ?? []), waiting]);
      const timer = setTimeout(() => {
        this.#waiting.delete(envelope.id);
        resolve({
          acked: false,
          status: null,
          error: 'operation_timeout',
          reason: 'timeout',
          noRetry: false,
        });
      }, this.#acknowledgeMs);
      waiting.resolve = (acknowledgement) => {
        clearTimeout(timer);
        resolve(acknowledgement);
      };
      connection.send(
        JSON.stringify({
          envelope_id: envelope.id,
          payload: envelope.payload,
          type: envelope.type,
          accepts_response_payload: envelope.acceptsResponse,
          ...(envelope.type === 'events_api'
            ? { retry_attempt: retry?.attempt ?? 0, retry_reason: retry?.reason ?? '' }
            : {}),
        }),
      );
    });
  }

  /** Asks so many connections to go; answers how many there were. A warning alone changes nothing yet. */
  disconnect(reason: 'warning' | 'refresh_requested', most: number): number {
    const open = this.#open().slice(0, most);
    for (const connection of open) this.#dismiss(connection, reason);
    return open.length;
  }

  /** Closes every connection as a server that goes away; one that does not answer is cut. */
  async stop(): Promise<void> {
    clearInterval(this.#ping);
    const gone = this.#connections.map(
      (connection) =>
        new Promise<void>((resolve) => {
          const timer = setTimeout(() => connection.terminate(), CLOSE_MS);
          connection.once('close', () => {
            clearTimeout(timer);
            resolve();
          });
          connection.close(1001);
        }),
    );
    await Promise.all(gone);
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
    });
  }

  #open(): WebSocket[] {
    return this.#connections.filter(
      (connection) => connection.readyState === connection.OPEN && !this.#leaving.has(connection),
    );
  }

  #dismiss(connection: WebSocket, reason: string): void {
    if (reason !== 'warning') this.#leaving.add(connection);
    connection.send(
      JSON.stringify({ type: 'disconnect', reason, debug_info: { host: 'applink-emulator' } }),
    );
  }

  #greet(connection: WebSocket): void {
    this.#connections.push(connection);
    connection.on('error', () => connection.terminate());
    connection.on('close', () => {
      const index = this.#connections.indexOf(connection);
      if (index >= 0) this.#connections.splice(index, 1);
      this.#changed();
    });
    if (this.#open().length > CONNECTION_LIMIT) {
      this.#dismiss(connection, 'too_many_websockets');
      connection.close();
      return;
    }
    this.#changed();
    connection.on('message', (data) => this.#acknowledged(String(data)));
    connection.send(
      JSON.stringify({
        type: 'hello',
        num_connections: this.#open().length,
        debug_info: {
          host: 'applink-emulator',
          started: '',
          build_number: 1,
          approximate_connection_time: 18_060,
        },
        connection_info: { app_id: this.#appId },
      }),
    );
  }

  /** Clients acknowledge with `{ envelope_id, payload? }`; anything else is not for us. */
  #acknowledged(text: string): void {
    let message: unknown;
    try {
      message = JSON.parse(text);
    } catch {
      return;
    }
    if (!isObject(message) || typeof message.envelope_id !== 'string') return;
    const body =
      isObject(message.payload) && Object.keys(message.payload).length === 0
        ? null
        : (message.payload ?? null);
    for (const waiting of this.#waiting.get(message.envelope_id) ?? [])
      waiting.resolve({ acked: true, status: 200, body });
    this.#waiting.delete(message.envelope_id);
  }
}
