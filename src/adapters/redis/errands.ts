import { randomBytes } from 'node:crypto';
import type { Queue as BullQueue } from 'bullmq';
import type {
  Answered,
  Errand,
  ErrandKind,
  ErrandOptions,
  Errands,
  ErrandTable,
} from '../../domain/errands.ts';
import { Cancelled, isStoreError, outsideError } from '../../domain/errors.ts';
import { duration } from '../../domain/figures.ts';
import type { Platform } from '../../domain/lock.ts';
import { answeredOf } from '../../domain/sent-errand.ts';
import { receiveError } from '../../domain/sent-error.ts';
import { readJson } from '../../domain/shape.ts';
import {
  answerKey,
  answersChannel,
  cancelChannel,
  errandQueue,
  openJobQueue,
  type Traced,
  wantedKey,
} from './jobs.ts';
import {
  openLink,
  type RedisConnection,
  type RedisLink,
  type Subscription,
  subscribe,
} from './redis.ts';

/** Somebody waits: what fails for so long will not be mended while they do. */
const RETRY = { attempts: 3, backoff: { type: 'exponential', delay: 1_000 } };

/**
 * The asking side of errands. An answer is a key that lives for some minutes, and its id is told on
 * a channel: a message that was lost is made up for by looking at the keys, after every subscription
 * and when the time is up. BullMQ's own events would hold a connection per platform, carry an error
 * as one line of text, and be trimmed under load.
 */
export function createErrands(
  options: { connection: RedisConnection; prefix: string } & Traced,
): Errands {
  return new AskedErrands(options);
}

class AskedErrands implements Errands {
  readonly #connection: RedisConnection;
  readonly #prefix: string;
  readonly #traced: Traced;
  readonly #link: RedisLink;
  readonly #queues = new Map<Platform, BullQueue<Errand>>();
  /** What waits for an answer, by the errand's id: looks whether it is there. */
  readonly #waiting = new Map<string, () => void>();
  readonly #open = new Set<Promise<unknown>>();
  readonly #closing = new AbortController();
  /** Opened by the first question: most processes of the command line ask none. */
  #subscription: Subscription | null = null;

  constructor(options: { connection: RedisConnection; prefix: string } & Traced) {
    this.#traced = { telemetry: options.telemetry ?? null };
    this.#connection = options.connection;
    this.#prefix = options.prefix;
    this.#link = openLink(options.connection);
  }

  async ask<K extends ErrandKind>(
    kind: K,
    asked: ErrandTable[K]['asked'],
    options: ErrandOptions,
  ): Promise<ErrandTable[K]['answer']> {
    const errand: Errand<K> = { id: `e${randomBytes(8).toString('hex')}`, kind, asked };
    const answer = this.#answerTo(errand, options);
    this.#open.add(answer);
    try {
      const answered = await answer;
      if ('error' in answered) throw receiveError(answered.error);
      return answered.answer;
    } finally {
      this.#open.delete(answer);
    }
  }

  async close(): Promise<void> {
    this.#closing.abort(new Cancelled('shutdown'));
    await Promise.allSettled(this.#open);
    this.#subscription?.close();
    await Promise.all([...this.#queues.values()].map((queue) => queue.close()));
    this.#link.close();
  }

  async #answerTo<K extends ErrandKind>(
    errand: Errand<K>,
    { platform, waitMs, signal }: ErrandOptions,
  ): Promise<Answered<K>> {
    const { id } = errand;
    const stopped = AbortSignal.any([this.#closing.signal, ...(signal ? [signal] : [])]);
    stopped.throwIfAborted();
    const { promise, resolve, reject } = Promise.withResolvers<Answered<K> | null>();
    // The question may have failed already when this is told, too.
    promise.catch(() => {});
    const stop = () => reject(stopped.reason);
    stopped.addEventListener('abort', stop, { once: true });
    const look = () => this.#read(errand);
    // Redis may be away at this moment: it is looked again once it is back.
    this.#waiting.set(id, () =>
      look().then(
        (found) => found && resolve(found),
        (error) => isStoreError(error) || reject(error),
      ),
    );
    const timer = setTimeout(() => look().then(resolve, reject), waitMs);
    try {
      await this.#send(errand, platform, waitMs);
      const answered = await promise;
      if (answered === null) throw unanswered(waitMs);
      return answered;
    } catch (error) {
      const takenBack = this.#takeBack(id, platform).catch(() => {});
      // A caller learns within two seconds that Redis is away.
      if (!isStoreError(error)) await takenBack;
      throw error;
    } finally {
      clearTimeout(timer);
      stopped.removeEventListener('abort', stop);
      this.#waiting.delete(id);
    }
  }

  async #send(errand: Errand, platform: Platform, waitMs: number): Promise<void> {
    this.#subscription ??= subscribe({
      connection: this.#connection,
      channel: answersChannel(this.#prefix),
      message: (id) => this.#waiting.get(id)?.(),
      subscribed: () => {
        for (const look of this.#waiting.values()) look();
      },
    });
    const { id, kind } = errand;
    const wanted = wantedKey(this.#prefix, id);
    await this.#link.call((redis) => redis.set(wanted, '1', 'PX', waitMs));
    await this.#link.call(() =>
      this.#queueOf(platform).add(kind, errand, {
        jobId: id,
        ...RETRY,
        removeOnComplete: true,
        removeOnFail: true,
      }),
    );
  }

  /** Null while there is none. */
  async #read<K extends ErrandKind>({ id, kind }: Errand<K>): Promise<Answered<K> | null> {
    const text = await this.#link.call((redis) => redis.get(answerKey(this.#prefix, id)));
    return text === null ? null : readJson(text, answeredOf(kind), unreadable);
  }

  /** The key comes first: a worker that takes the errand after it sees that nobody waits. */
  async #takeBack(id: string, platform: Platform): Promise<void> {
    await this.#link.transaction((commands) =>
      commands.del(wantedKey(this.#prefix, id)).publish(cancelChannel(this.#prefix), id),
    );
    await this.#link.call(() => this.#queueOf(platform).remove(id));
  }

  #queueOf(platform: Platform): BullQueue<Errand> {
    const existing = this.#queues.get(platform);
    if (existing) return existing;
    const queue = openJobQueue<Errand>(
      this.#link.client,
      this.#prefix,
      errandQueue(platform),
      this.#traced,
    );
    this.#queues.set(platform, queue);
    return queue;
  }
}

function unreadable(why: string) {
  return outsideError({
    code: 'errand-unreadable',
    message: `The answer of the build host cannot be read: ${why}.`,
    suggestion: 'Run the same version of Conda Ferry in every bot and worker.',
  });
}

function unanswered(waitMs: number) {
  return outsideError({
    code: 'errand-unanswered',
    message: `No build host has answered within ${duration(waitMs)}.`,
    suggestion:
      'Try again in a minute. If it stays so, tell the operator to look whether a worker is running, and what its log says.',
    retryable: true,
  });
}
