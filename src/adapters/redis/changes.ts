import type { StoreKeys } from './keys.ts';
import { type RedisConnection, type RedisLink, serverTime, subscribe } from './redis.ts';

/**
 * Watches builds change, in two modes. *Hearing*: each change is told as it is published, and
 * `#heardUntil` follows. *Catching up*: from the moment the connection is lost, `#heardUntil` stands
 * still until what was missed since then has been looked up in the index of changes. Nothing is
 * missed; something may be told twice. Times are milliseconds by Redis' own clock.
 */
class Watch {
  readonly #link: RedisLink;
  readonly #keys: StoreKeys;
  readonly #listener: (buildId: string) => void;
  #heardUntil: number;
  #isCaughtUp = true;

  constructor(
    link: RedisLink,
    keys: StoreKeys,
    listener: (buildId: string) => void,
    heardUntil: number,
  ) {
    this.#link = link;
    this.#keys = keys;
    this.#listener = listener;
    this.#heardUntil = heardUntil;
  }

  /** `time id`, as `SAVE_BUILD` publishes it. */
  hear(message: string): void {
    const space = message.indexOf(' ');
    if (this.#isCaughtUp) this.#heardUntil = Number(message.slice(0, space));
    this.#listener(message.slice(space + 1));
  }

  lose(): void {
    this.#isCaughtUp = false;
  }

  async catchUp(): Promise<void> {
    const until = await this.#link.call(serverTime);
    const { open, changed } = await this.#link.call(async (redis) => ({
      open: await redis.smembers(this.#keys.open),
      changed: await redis.zrangebyscore(this.#keys.changed, this.#heardUntil, '+inf'),
    }));
    this.#heardUntil = until;
    this.#isCaughtUp = true;
    for (const id of new Set([...changed, ...open])) this.#listener(id);
  }
}

/** Who watches, each with a connection of its own. */
export class Changes {
  readonly #connection: RedisConnection;
  readonly #link: RedisLink;
  readonly #keys: StoreKeys;
  readonly #stops = new Set<() => void>();

  constructor(connection: RedisConnection, link: RedisLink, keys: StoreKeys) {
    this.#connection = connection;
    this.#link = link;
    this.#keys = keys;
  }

  /** Resolves once nothing can be missed any more; rejects with `store-unavailable`. */
  async watch(listener: (buildId: string) => void): Promise<() => Promise<void>> {
    const watch = new Watch(this.#link, this.#keys, listener, await this.#link.call(serverTime));
    const subscription = subscribe({
      connection: this.#connection,
      channel: this.#keys.changes,
      message: (text) => watch.hear(text),
      lost: () => watch.lose(),
      // Lost again already: the next subscription catches up from the same moment.
      subscribed: () => void watch.catchUp().catch(() => {}),
    });
    const stop = () => {
      this.#stops.delete(stop);
      subscription.close();
    };
    this.#stops.add(stop);
    try {
      await this.#link.call(() => subscription.established);
    } catch (error) {
      stop();
      throw error;
    }
    return async () => stop();
  }

  close(): void {
    for (const stop of this.#stops) stop();
  }
}
