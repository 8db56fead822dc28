import { isStoreError } from '../domain/errors.ts';
import type { Events } from '../domain/events.ts';
import type { Clock, Store } from '../domain/ports.ts';
import { PRESENCE_MS, type Presence, type Work } from '../domain/presence.ts';

export interface PresencePorts {
  store: Store;
  clock: Clock;
  events: Events;
  log(line: string, fields?: Record<string, unknown>): void;
}

/**
 * What a service needs of the store before it begins: asked for again while the store is away, which may be any
 * moment of a start. Rejects with what else is wrong (`store-newer`).
 */
export async function untilAnswered<T>(
  ask: () => Promise<T>,
  againAfterMs = PRESENCE_MS,
): Promise<T> {
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (!isStoreError(error)) throw error;
      await new Promise((resolve) => setTimeout(resolve, againAfterMs));
    }
  }
}

const EMPTIED =
  'What Redis had is gone. Stop bots and workers, then `conda-ferry restore` brings it back from a backup and the edges.';

/**
 * Asks whether this version understands the store. Where it did before and nobody has noted so by now, all that was
 * in there is gone: one of all bots and workers sees it, and tells.
 */
function understanding(store: Pick<Store, 'requireFormat'>, version: string, events: Events) {
  let isKnown = false;
  return async () => {
    const { isFirst } = await store.requireFormat(version);
    if (isKnown && isFirst) events.emit('redis-emptied', { reason: EMPTIED });
    isKnown = true;
  };
}

/** Looks again and again; `newer` rejects once a newer version has written what this one would damage. */
export function keepUnderstanding(
  store: Pick<Store, 'requireFormat'>,
  { version, events }: { version: string; events: Events },
) {
  const look = understanding(store, version, events);
  const newer = Promise.withResolvers<never>();
  newer.promise.catch(() => {});
  const timer = setInterval(() => {
    look().catch((error: unknown) => {
      if (!isStoreError(error)) newer.reject(error);
    });
  }, PRESENCE_MS);
  return { newer: newer.promise, close: () => clearInterval(timer) };
}

/** What a worker says of itself for as long as it lives. */
export type Self = Pick<Presence, 'id' | 'host' | 'version' | 'platform' | 'concurrency'>;

/** What a worker that drains does, and how that is taken back. */
export interface Drainable {
  work(): readonly Work[];
  /** Takes no more; resolves once all that was begun has ended, or work is taken again. */
  drain(): Promise<void>;
  undrain(): void;
}

/**
 * Tells again and again that this worker is there and what it does, and hears whether it is to drain. `drained`
 * resolves once it has, and rejects with `store-newer` once it must not touch the store any more. While the store
 * is away nobody is told, and nobody asks.
 */
export function keepPresence(ports: PresencePorts, self: Self, worker: Drainable) {
  const { store, clock, log, events } = ports;
  const understand = understanding(store, self.version, events);
  /** By Redis' clock, which is known once it has answered. */
  let startedAt: number | null = null;
  const over = Promise.withResolvers<void>();
  over.promise.catch(() => {});
  /** Asked by a signal: only the process' end takes that back. */
  let isAskedHere = false;
  let isDraining = false;

  const tell = (isOver: boolean) =>
    store.tellPresence({
      ...self,
      ...{
        startedAt: startedAt ?? clock.now(),
        at: clock.now(),
        isDraining,
        isOver,
        work: worker.work(),
      },
    });

  function follow(isAsked: boolean): void {
    if (isAsked === isDraining) return;
    isDraining = isAsked;
    const jobs = worker.work().length;
    log(isAsked ? 'draining: no more is taken' : 'no longer draining', { jobs });
    if (!isAsked) {
      worker.undrain();
      return;
    }
    void worker.drain().then(() => {
      if (isDraining) over.resolve();
    }, over.reject);
  }

  async function look(): Promise<void> {
    try {
      await understand();
      startedAt ??= clock.now();
      const asked = await store.readDrains([self.host, self.id]);
      follow(isAskedHere || (asked !== null && asked >= startedAt));
      await tell(false);
    } catch (error) {
      if (!isStoreError(error)) over.reject(error);
    }
  }

  void look();
  const timer = setInterval(() => void look(), PRESENCE_MS);
  return {
    drained: over.promise,
    isDraining: () => isDraining,
    drain() {
      isAskedHere = true;
      follow(true);
    },
    async close() {
      clearInterval(timer);
      await tell(true).catch(() => {});
    },
  };
}
