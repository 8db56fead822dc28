/**
 * Keeps Slack in step with the builds, whatever Slack does meanwhile: first posts of new builds, edits
 * of their live messages, and notices from the outbox. Slack being away only delays them.
 *
 * One bot does it at a time (leading.ts), in two loops. One edits what is marked as changed. The other looks at recent
 * builds for changes nobody told us of, posts what is owed, sends notices that are due, and rests.
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
import type { Log } from './log.ts';
import { keepDoing } from './loop.ts';

export interface DeliveryOptions {
  store: OutboxOptions['store'] &
    LiveEditOptions['store'] &
    FirstPostOptions['store'] &
    Pick<Store, 'watch' | 'listBuilds'>;
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

/** A message that nobody saw for this long after its build ended is not worth an edit any more. */
const STALE_AFTER = 24 * 60 * 60_000;
const MOST_RECENT = 200;

export function createDeliveries(options: DeliveryOptions): Deliveries {
  const { store, clock, log, pace } = options;
  let edits: LiveEdits | null = null;
  const posts = createFirstPosts({ ...options, posted: (id) => edits?.mark(id) });

  return {
    announce: posts.announce,
    async follow(signal) {
      // Anew each time: another bot may have told of the builds meanwhile.
      const editing = createLiveEdits(options);
      const outbox = createOutbox(options);
      edits = editing;
      posts.doubt();
      let syncedAt = 0;
      const resync = async () => {
        syncedAt = clock.now();
        await markRecent(store, syncedAt, editing, posts);
      };
      const round = async () => {
        if (clock.now() - syncedAt >= pace.resync) await resync();
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
        edits = null;
        await unwatch().catch(() => {});
      }
    },
  };
}

/** What nobody may know of yet: changes during a stop, or while the store's watch was cut. */
async function markRecent(
  store: Pick<Store, 'listBuilds'>,
  now: number,
  edits: LiveEdits,
  posts: FirstPosts,
): Promise<void> {
  for (const build of await store.listBuilds({ limit: MOST_RECENT })) {
    const isStale = isSettled(build) && now - (build.finishedAt ?? 0) > STALE_AFTER;
    if (build.message && !isStale) edits.suspect(build.id);
    if (!build.message && !isSettled(build)) posts.expect(build.id);
  }
}
