/**
 * Keeps the Home tabs in step with the builds. A tab is in one of three modes:
 *
 * - in step: it shows what the record says; a change that shows there (a build began, ended, got a
 *   revision) makes the tabs of the people it concerns dirty;
 * - dirty: it is sent anew when its turn comes, with the newest state, so changes that come faster
 *   than Slack takes them fall together; one that would look the same is not sent;
 * - refused: Slack does not take it, or a record it shows cannot be read; the next change makes it dirty
 *   as any other.
 *
 * All tabs share one allowance (`views.publish` is Tier 4, 100 a minute for the workspace).
 */
import { once } from 'node:events';
import { isSettled } from '../domain/build.ts';
import { isStoreError } from '../domain/errors.ts';
import type { Store } from '../domain/ports.ts';
import { type ConcernedOptions, createFindConcerned } from './homes/concerned.ts';
import { createTabs, type TabOptions } from './homes/tabs.ts';
import { createBell, keepDoing } from './loop.ts';

export interface HomesOptions extends TabOptions {
  store: ConcernedOptions['store'] & Pick<Store, 'watch' | 'listBuilds'>;
}

export interface Homes {
  /** Sends what is to be sent anew. */
  start(): void;
  /** Marks the tabs of who is concerned by the builds until `signal`, which one bot does at a time. */
  follow(signal: AbortSignal): Promise<void>;
  stop(): Promise<void>;
  /** Fills the tab of somebody who looks at it now. */
  show(user: string): Promise<void>;
}

const BACKOFF = { first: 1_000, longest: 60_000 };
/** After a start: builds that may have changed while nobody watched. */
const MISSED = { builds: 50, milliseconds: 60 * 60_000 };

export function createHomes(options: HomesOptions): Homes {
  const { store, clock, log } = options;
  const findConcerned = createFindConcerned(options);
  const tabs = createTabs(options);
  const changed = new Set<string>();
  const stopping = new AbortController();
  const { signal } = stopping;
  const bell = createBell();
  let working: Promise<void> = Promise.resolve();

  async function step(): Promise<number> {
    if (changed.size === 0 && tabs.areInStep()) await bell.heard();
    if (signal.aborted) return 0;
    for (const id of [...changed]) await look(id);
    return tabs.sendNext();
  }

  async function look(id: string): Promise<void> {
    // Before the build is read: what changes from now on is another change.
    changed.delete(id);
    try {
      for (const user of await findConcerned(id)) tabs.mark(user);
    } catch (error) {
      if (isStoreError(error)) {
        changed.add(id);
        throw error;
      }
      // One whose record cannot be read holds up no others.
      log.error({ build: id, error: String(error) }, 'no Home tab tells of a change of this build');
    }
  }

  function mark(id: string): void {
    changed.add(id);
    bell.ring();
  }

  async function markMissed(): Promise<void> {
    const since = clock.now() - MISSED.milliseconds;
    for (const build of await store.listBuilds({ limit: MISSED.builds })) {
      if (!isSettled(build) || (build.finishedAt ?? 0) > since) mark(build.id);
    }
  }

  return {
    start() {
      const complaint = 'Home tabs have to wait';
      working = keepDoing(step, { signal, backoff: BACKOFF, log, complaint });
    },
    async follow(following) {
      const unwatch = await store.watch(mark);
      try {
        await markMissed();
        if (!following.aborted) await once(following, 'abort');
      } finally {
        await unwatch().catch(() => {});
      }
    },
    async stop() {
      stopping.abort();
      bell.ring();
      await working;
    },
    async show(user) {
      await tabs.show(user);
      bell.ring();
    },
  };
}
