import { connect, createServer, type Server, type Socket } from 'node:net';
import { Transform, type TransformCallback } from 'node:stream';

/** What is wrong with the link; every field can be changed while connections are open. */
export interface Faults {
  /** Bytes per second in each direction of each connection; Infinity by default. */
  rate: number;
  /** Milliseconds added in each direction. */
  latency: number;
  /** A connection is cut when its client has sent this many bytes; exactly as many arrive. */
  cutAfter: number;
  /** How many more connections are cut so; Infinity by default. */
  cuts: number;
  /** Cut by a TCP reset instead of an orderly end. */
  reset: boolean;
  /** Nothing passes, and nobody is told: a firewall that forgot the connection. */
  frozen: boolean;
  /** New connections are refused at once. */
  refuse: boolean;
}

export interface Link {
  host: string;
  port: number;
  faults: Faults;
  /** Totals since the start. */
  traffic: { connections: number; cut: number; fromClient: number; toClient: number };
  /** How many connections are open now. */
  open(): number;
  /** Resets (or ends) every open connection now. */
  cutNow(): void;
  /** Lets through what was held back by `faults.frozen`. */
  thaw(): void;
  stop(): Promise<void>;
}

const PERFECT: Faults = {
  rate: Number.POSITIVE_INFINITY,
  latency: 0,
  cutAfter: Number.POSITIVE_INFINITY,
  cuts: Number.POSITIVE_INFINITY,
  reset: false,
  frozen: false,
  refuse: false,
};

/** Bytes that may be under way in one direction; what a slow link's buffers would hold. */
const WINDOW = 64 * 1024;

/** A rate that was changed is heeded so soon, in milliseconds. */
const LOOK_MS = 50;

/** A bad network in front of `target`: a TCP proxy on a free port of 127.0.0.1. */
export async function startLink(
  target: { host: string; port: number },
  faults: Partial<Faults> = {},
): Promise<Link> {
  const open = new Set<Connection>();
  const server = createServer({ allowHalfOpen: true, noDelay: true });
  const link: Link = {
    host: '127.0.0.1',
    port: await listen(server),
    faults: { ...PERFECT, ...faults },
    traffic: { connections: 0, cut: 0, fromClient: 0, toClient: 0 },
    open: () => open.size,
    cutNow: () => {
      for (const connection of [...open]) connection.cut();
    },
    thaw: () => {
      link.faults.frozen = false;
      for (const connection of open) connection.thaw();
    },
    stop: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const connection of [...open]) connection.end();
      await closed;
    },
  };
  server.on('connection', (client) => {
    if (link.faults.refuse) {
      client.resetAndDestroy();
      return;
    }
    link.traffic.connections += 1;
    const connection: Connection = new Connection(link, client, target, () =>
      open.delete(connection),
    );
    open.add(connection);
  });
  return link;
}

class Connection {
  readonly #link: Link;
  readonly #client: Socket;
  readonly #server: Socket;
  readonly #lanes: Lane[];

  constructor(
    link: Link,
    client: Socket,
    target: { host: string; port: number },
    closed: () => void,
  ) {
    this.#link = link;
    this.#client = client;
    this.#server = connect({ ...target, allowHalfOpen: true, noDelay: true });
    let sent = 0;
    const up = new Lane(link.faults, (chunk) => {
      const room = link.faults.cuts > 0 ? link.faults.cutAfter - sent : Number.POSITIVE_INFINITY;
      const passed = chunk.subarray(0, Math.max(0, Math.min(room, chunk.length)));
      sent += passed.length;
      link.traffic.fromClient += passed.length;
      if (passed.length < chunk.length || sent >= link.faults.cutAfter) {
        if (link.faults.cuts > 0) {
          link.faults.cuts -= 1;
          this.#server.write(passed, () => this.cut());
          return undefined;
        }
      }
      return passed;
    });
    const down = new Lane(link.faults, (chunk) => {
      link.traffic.toClient += chunk.length;
      return chunk;
    });
    this.#lanes = [up, down];
    client.pipe(up).pipe(this.#server);
    this.#server.pipe(down).pipe(client);
    for (const [socket, other] of [
      [client, this.#server],
      [this.#server, client],
    ] as const) {
      // An error on one side is all the other side will see of it, as on a real network.
      socket.on('error', () => other.destroy());
      socket.on('close', () => {
        if (socket.errored || other.destroyed || socket.destroyed) other.destroySoon();
        if (client.destroyed && this.#server.destroyed) closed();
      });
    }
  }

  cut(): void {
    this.#link.traffic.cut += 1;
    this.end();
  }

  end(): void {
    for (const socket of [this.#client, this.#server]) {
      if (this.#link.faults.reset) socket.resetAndDestroy();
      else socket.destroy();
    }
  }

  thaw(): void {
    for (const lane of this.#lanes) lane.thaw();
  }
}

/** One direction of a connection: every chunk leaves at its time, in order. */
class Lane extends Transform {
  readonly #faults: Faults;
  readonly #pass: (chunk: Buffer) => Buffer | undefined;
  #queue: { chunk: Buffer; came: number }[] = [];
  #queued = 0;
  #lineFreeAt = 0;
  #timer: NodeJS.Timeout | undefined;
  #wait: TransformCallback | undefined;
  #flush: TransformCallback | undefined;

  /** `pass` sees every chunk as it leaves and answers what of it goes on, or undefined to stop. */
  constructor(faults: Faults, pass: (chunk: Buffer) => Buffer | undefined) {
    super({ highWaterMark: WINDOW });
    this.#faults = faults;
    this.#pass = pass;
  }

  override _transform(whole: Buffer, _encoding: string, done: TransformCallback): void {
    // Small pieces, so that a slow line trickles instead of bursting.
    for (let start = 0; start < whole.length; start += 4096) {
      const chunk = whole.subarray(start, start + 4096);
      this.#queue.push({ chunk, came: performance.now() });
      this.#queued += chunk.length;
    }
    if (this.#queued < WINDOW) done();
    else this.#wait = done;
    this.thaw();
  }

  override _flush(done: TransformCallback): void {
    this.#flush = done;
    this.thaw();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    clearTimeout(this.#timer);
    this.#queue = [];
    done(error);
  }

  /** Sends what is due and sets the clock for the rest. */
  thaw(): void {
    clearTimeout(this.#timer);
    while (!this.#faults.frozen && !this.destroyed) {
      const next = this.#queue[0];
      if (!next) break;
      const { rate, latency } = this.#faults;
      const sent = Math.max(next.came, this.#lineFreeAt) + (next.chunk.length / rate) * 1000;
      const early = sent + latency - performance.now();
      if (early > 0.5) {
        this.#timer = setTimeout(() => this.thaw(), Math.min(early, LOOK_MS));
        return;
      }
      this.#lineFreeAt = sent;
      this.#queue.shift();
      this.#queued -= next.chunk.length;
      const passed = this.#pass(next.chunk);
      if (passed === undefined) {
        this.#queue = [];
        return;
      }
      this.push(passed);
    }
    if (this.#queued < WINDOW) {
      const wait = this.#wait;
      this.#wait = undefined;
      wait?.();
    }
    if (this.#queue.length === 0) {
      const flush = this.#flush;
      this.#flush = undefined;
      flush?.();
    }
  }
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      resolve(typeof address === 'object' && address ? address.port : 0);
    });
  });
}
