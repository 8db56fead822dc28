/**
 * Keeps Slack in step with the builds, whatever Slack does meanwhile: first posts of new builds, edits
 * of their live messages, and notices from the outbox. Slack being away only delays them.
 *
 * One bot does it at a time (leading.ts), in two loops. One edits what is marked as changed. The other looks for
 * changes nobody told us of, posts what is owed, sends notices that are due, and rests.
 */
import { type Build, isSettled, type MessageReference } from '../domain/build.ts';
import type { Outlook } from '../domain/estimate.ts';
import type { Clock, Store } from '../domain/ports.ts';
import type { Settings } from '../domain/services.ts';
import type { Chat } from './chat.ts';
import {
  createFirstPosts,
  type FirstPostOptions,
  type FirstPosts,
} from './deliveries/first-posts.ts';
import { createLiveEdits, type LiveEditOptions, type LiveEdits } from './deliveries/live-edits.ts';
import { createOutbox, type OutboxOptions } from './deliveries/outbox.ts';
import type { Pace } from './deliveries/pace.ts';
import { WAIT_FOR_MESSAGE } from './deliveries/settled.ts';
import type { Log } from './log.ts';
import { keepDoing } from './loop.ts';

export interface DeliveryOptions {
  store: OutboxOptions['store'] &
    LiveEditOptions['store'] &
    FirstPostOptions['store'] &
    Pick<Store, 'watch' | 'openBuilds' | 'changedBuilds'>;
  chat: Chat;
  /** The same, for whom somebody waits. */
  promptChat: Chat;
  settings: Settings;
  /** What is to be expected of a build. */
  outlook(build: Build): Promise<Outlook | null>;
  attachMessage(buildId: string, message: MessageReference): Promise<void>;
  clock: Clock;
  log: Log;
  pace: Pace;
}

export interface Deliveries {
  /** Tells of the builds until `signal`, which one bot does at a time. Rejects when the store is away. */
  follow(signal: AbortSignal): Promise<void>;
  /** Posts the live message of a new build. Never rejects: what fails now is tried again. */
  announce: FirstPosts['announce'];
}

/** What changed longer ago is not worth an edit any more, whoever has not seen it. */
const STALE_AFTER = 24 * 60 * 60_000;
const MOST_CHANGED = 200;
/** Changes of so long before the last look are looked at again: what was told of them may have gone wrong. */
const OVERLAP = 60_000;

export function createDeliveries(options: DeliveryOptions): Deliveries {
  const { store, clock, log, pace } = options;
  const posts = createFirstPosts(options);

  return {
    announce: posts.announce,
    async follow(signal) {
      // Anew each time: another bot may have told of the builds meanwhile.
      const editing = createLiveEdits({
        ...options,
        unposted: (build) => {
          if (!isLate(build, clock.now())) posts.expect(build.id);
        },
      });
      const outbox = createOutbox(options);
      posts.doubt();
      let syncedAt: number | null = null;
      const resync = async () => {
        const now = clock.now();
        const since = syncedAt === null ? now - STALE_AFTER : syncedAt - OVERLAP;
        await markMissed(options, since, editing);
        syncedAt = now;
      };
      const round = async () => {
        if (syncedAt === null || clock.now() - syncedAt >= pace.resync) await resync();
        await posts.postOwed();
        await outbox.sendDue(signal);
        return pace.outbox;
      };
      const unwatch = await store.watch(editing.mark);
      try {
        await resync();
        const complaint = 'notices have to wait';
        const rounds = keepDoing(round, { signal, backoff: pace.backoff, log, complaint });
        await Promise.all([editing.work(signal), rounds]);
      } finally {
        await unwatch().catch(() => {});
      }
    },
  };
}

/** What nobody may know of yet: changes during a stop, or while the store's watch was cut. */
async function markMissed(
  { store }: Pick<DeliveryOptions, 'store'>,
  since: number,
  edits: LiveEdits,
): Promise<void> {
  const open = await store.openBuilds();
  const changed = await store.changedBuilds(since, MOST_CHANGED);
  for (const id of new Set([...open, ...changed])) edits.suspect(id);
}

/** Whether nobody waits any more for the message of a build that ended without one: its notice waits so long. */
const isLate = (build: Build, now: number): boolean =>
  isSettled(build) && (build.finishedAt ?? 0) < now - WAIT_FOR_MESSAGE;
