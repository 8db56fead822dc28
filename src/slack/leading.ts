/**
 * One of the bots leads: it tells of the builds, so that nothing is told twice. It has a lease that it
 * renews; when it stops or dies another bot has it next, and goes on from what the store knows. All bots
 * answer people.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Store } from '../domain/ports.ts';
import type { Log } from './log.ts';
import { type Backoff, keepDoing } from './loop.ts';

export interface LeadingOptions {
  store: Pick<Store, 'takeLease' | 'endLease'>;
  /** What the leader does, side by side, until the signal. Each rejects when the store is away. */
  follow: readonly ((signal: AbortSignal) => Promise<void>)[];
  log: Log;
  pace: {
    /** Milliseconds: how long a leader stays it without another word, and between two of them. */
    leader: { lease: number; renewal: number };
    backoff: Backoff;
  };
}

export interface Leading {
  /** Rejects when the store is away. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** Who has it tells of the builds. */
export const LEASE = 'slack-leader';

/** Why the leader's signal was aborted where another bot may tell of the builds already. */
export const LOST = Symbol('another bot may lead');

export function createLeading({ store, follow, log, pace }: LeadingOptions): Leading {
  const { lease, renewal } = pace.leader;
  const who = randomUUID();
  const stopping = new AbortController();
  let working: Promise<void> = Promise.resolve();
  const take = () => store.takeLease(LEASE, who, lease);

  async function step(): Promise<number> {
    const askedAt = performance.now();
    if (!(await take())) return renewal;
    log.info({ who }, 'this bot tells of the builds');
    const losing = new AbortController();
    const signal = AbortSignal.any([stopping.signal, losing.signal]);
    const renewing = renew(askedAt, signal, () => losing.abort(LOST));
    // Whichever fails first ends the others: none of them is at work still when they begin anew.
    const following = follow.map(async (each) => {
      try {
        await each(signal);
      } finally {
        losing.abort();
      }
    });
    const ends = await Promise.allSettled(following);
    losing.abort();
    await renewing;
    for (const end of ends) if (end.status === 'rejected') throw end.reason;
    return 0;
  }

  /** Until `signal`; `lose` is called as soon as another bot may have the lease. */
  async function renew(takenAt: number, signal: AbortSignal, lose: () => void): Promise<void> {
    const endOf = (since: number) => setTimeout(lose, since + lease - performance.now());
    let end = endOf(takenAt);
    while (!signal.aborted) {
      await sleep(renewal, undefined, { signal }).catch(() => {});
      const askedAt = performance.now();
      // While the store is away it stays ours until its end.
      const isOurs = signal.aborted || (await take().catch(() => null));
      if (isOurs === false) lose();
      if (isOurs !== true) continue;
      clearTimeout(end);
      end = endOf(askedAt);
    }
    clearTimeout(end);
  }

  return {
    async start() {
      await take();
      const complaint = 'nobody may tell of the builds for a while';
      const { signal } = stopping;
      working = keepDoing(step, { signal, backoff: pace.backoff, log, complaint });
    },
    async stop() {
      stopping.abort();
      await working;
      await store.endLease(LEASE, who).catch(() => {});
    },
  };
}
