/**
 * What goes wrong, decided by a test: the next calls of a Web API method, the next deliveries to
 * the app, the socket, the tokens. `response_url` and `upload` are names too, beside the methods, and
 * `link`: a connection of Socket Mode, which has `delayMs` alone.
 */
export type CallFault = {
  /** HTTP status to answer with instead of running the method. */
  status?: number;
  /** `{ ok: false, error }` instead of running the method. */
  error?: string;
  /** 429 with this many seconds of Retry-After. */
  retryAfter?: number;
  /** Never answer. */
  hang?: boolean;
  /** Run the method, then cut the connection: the app cannot know that it worked. */
  loseReply?: boolean;
  /** Wait before doing anything else. */
  delayMs?: number;
};

type DeliveryFault = 'duplicate' | 'hold';

export class Faults {
  readonly #calls = new Map<string, CallFault[]>();
  readonly #deliveries: DeliveryFault[] = [];
  readonly #actions: {
    disconnect: (reason: 'warning' | 'refresh_requested', most: number) => number;
    expireResponseUrls: () => void;
    revoke: (token: string) => void;
  };

  constructor(actions: {
    disconnect: (reason: 'warning' | 'refresh_requested', most: number) => number;
    expireResponseUrls: () => void;
    revoke: (token: string) => void;
  }) {
    this.#actions = actions;
  }

  /** Makes the next `times` calls of `method` (default 1) go wrong. */
  next(method: string, fault: CallFault & { times?: number }): void {
    const { times = 1, ...call } = fault;
    const queue = this.#calls.get(method) ?? [];
    for (let left = times; left > 0; left -= 1) queue.push(call);
    this.#calls.set(method, queue);
  }

  /** The fault of this call, used up. */
  takeCall(method: string): CallFault {
    return this.#calls.get(method)?.shift() ?? {};
  }

  /** Delivers the next command, interaction or event twice, with the same ids. */
  duplicateNextDelivery(): void {
    this.#deliveries.push('duplicate');
  }

  /** Holds the next delivery back until the one after it has been delivered. */
  swapNextDeliveries(): void {
    this.#deliveries.push('hold');
  }

  takeDelivery(): DeliveryFault | null {
    return this.#deliveries.shift() ?? null;
  }

  /** Tells every socket to go, or so many of them, as Slack does when it recycles a host. Answers how many there were. */
  disconnect(
    reason: 'warning' | 'refresh_requested' = 'refresh_requested',
    most = Number.POSITIVE_INFINITY,
  ): number {
    return this.#actions.disconnect(reason, most);
  }

  /** Every response URL given out so far stops working. */
  expireResponseUrls(): void {
    this.#actions.expireResponseUrls();
  }

  /** The token stops working: `token_revoked` from now on. */
  revoke(token: string): void {
    this.#actions.revoke(token);
  }

  /** Forgets every fault that has not happened yet. */
  clear(): void {
    this.#calls.clear();
    this.#deliveries.length = 0;
  }
}
