/**
 * Keeps the Home tabs in step with the builds. A tab is in one of three modes:
 *
 * - in step: it shows what the record says; a change that shows there (a build began, ended, got a
 *   revision) makes the tabs of the people it concerns dirty;
 * - dirty: it is sent anew when its turn comes, with the newest state, so changes that come faster
 *   than Slack takes them fall together; one that would look the same is not sent;
 * - refused: Slack does not take it; the next change makes it dirty as any other.
 *
 * All tabs share one allowance (`views.publish` is Tier 4, 100 a minute for the workspace).
 */
import type { HomeView } from '@slack/types';
import { type Build, isSettled } from '../domain/build.ts';
import { FerryError } from '../domain/errors.ts';
import type { Clock, Store } from '../domain/ports.ts';
import type { Services } from '../domain/services.ts';
import { createBudget } from './budget.ts';
import { type Chat, ChatError } from './chat.ts';
import { homeView, unavailableHome } from './home.ts';
import type { Log } from './log.ts';
import { createBell, keepDoing } from './loop.ts';
import { createShown } from './shown.ts';

export interface HomesOptions {
  store: Pick<Store, 'watch' | 'readBuild' | 'listBuilds'>;
  services: Services;
  chat: Chat;
  clock: Clock;
  log: Log;
  /** Milliseconds between two versions of one tab. */
  between?: number;
}

export interface Homes {
  start(): Promise<void>;
  stop(): Promise<void>;
  /** Fills the tab of somebody who looks at it now. */
  show(user: string): Promise<void>;
}

const BETWEEN = 2_000;
const ALLOWANCE = { burst: 10, perMinute: 60 };
const BACKOFF = { first: 1_000, longest: 60_000 };
/** After a start: builds that may have changed while nobody watched. */
const MISSED = { builds: 50, milliseconds: 60 * 60_000 };

export function createHomes(options: HomesOptions): Homes {
  const { store, services, chat, clock, log, between = BETWEEN } = options;
  const budget = createBudget({ ...ALLOWANCE, now: clock.now });
  const changed = new Set<string>();
  const dirty = new Set<string>();
  /** Build → what of it a tab shows. */
  const seen = createShown(clock);
  /** Person → the tab as it was sent. */
  const sent = createShown(clock);
  const stopping = new AbortController();
  const bell = createBell();
  let unwatch: () => Promise<void> = async () => {};
  let working: Promise<void> = Promise.resolve();

  async function step(): Promise<number> {
    if (changed.size === 0 && dirty.size === 0) await bell.heard();
    if (stopping.signal.aborted) return 0;
    for (const id of [...changed]) await look(id);
    return publishNext();
  }

  /** Marks whom a changed build concerns, when it is a change their tabs show. */
  async function look(id: string): Promise<void> {
    const build = await store.readBuild(id);
    changed.delete(id);
    if (!build) return;
    const shown = shownOf(build);
    if (seen.isSame(id, shown)) return;
    seen.keep(id, shown);
    dirty.add(build.requester.user);
    const owner = await ownerOf(build.request.environment);
    if (owner !== null) dirty.add(owner);
  }

  async function ownerOf(environment: string): Promise<string | null> {
    try {
      return (await services.findEnvironment(environment)).owner;
    } catch (error) {
      if (error instanceof FerryError && error.kind === 'user') return null;
      throw error;
    }
  }

  /** Sends one tab. Returns how long to wait before the next; throws when Slack or the store is away. */
  async function publishNext(): Promise<number> {
    const waits = [...dirty].map((user) => ({
      user,
      wait: Math.max(0, sent.at(user) + between - clock.now()),
    }));
    const [next] = waits.sort((left, right) => left.wait - right.wait);
    if (!next) return 0;
    if (next.wait > 0) return next.wait;
    const { user } = next;
    dirty.delete(user);
    // Builds asked for in a terminal are nobody's in Slack.
    if (!/^[UW][A-Z0-9]{2,30}$/.test(user)) return 0;
    try {
      const view = await viewOf(user);
      if (sent.isSame(user, view)) return 0;
      const wait = budget.take();
      if (wait > 0) {
        dirty.add(user);
        return wait;
      }
      await publish(user, view);
      return 0;
    } catch (error) {
      if (!(error instanceof ChatError && error.kind === 'refused')) dirty.add(user);
      if (!(error instanceof ChatError) || error.kind === 'unavailable') throw error;
      if (error.kind === 'refused') {
        log.warn({ user, code: error.code }, 'a Home tab cannot be filled');
        return 0;
      }
      budget.pause(error.retryAfter * 1000);
      return error.retryAfter * 1000;
    }
  }

  async function viewOf(user: string): Promise<HomeView> {
    const [environments, builds] = await Promise.all([
      services.environments(),
      services.builds({ user, limit: 20 }),
    ]);
    return homeView(user, environments, builds, services.settings);
  }

  async function publish(user: string, view: HomeView): Promise<void> {
    await chat.publishHome(user, view);
    sent.keep(user, view);
  }

  async function markMissed(): Promise<void> {
    const since = clock.now() - MISSED.milliseconds;
    for (const build of await store.listBuilds({ limit: MISSED.builds })) {
      if (!isSettled(build) || (build.finishedAt ?? 0) > since) changed.add(build.id);
    }
    bell.ring();
  }

  return {
    async start() {
      unwatch = await store.watch((id) => {
        changed.add(id);
        bell.ring();
      });
      await markMissed();
      const complaint = 'Home tabs have to wait';
      working = keepDoing(step, { signal: stopping.signal, backoff: BACKOFF, log, complaint });
    },
    async stop() {
      stopping.abort();
      bell.ring();
      await unwatch().catch(() => {});
      await working;
    },
    async show(user) {
      try {
        await publish(user, await viewOf(user));
      } catch (error) {
        if (error instanceof ChatError) throw error;
        log.warn({ error: String(error) }, 'the Home tab could not be filled');
        await chat.publishHome(user, unavailableHome());
        // It fills itself as soon as the record answers again.
        sent.forget(user);
        dirty.add(user);
        bell.ring();
      }
    },
  };
}

/** What a Home tab shows of a build, in short; how far its steps are is not among it. */
function shownOf({ state, revision, attempt, failure }: Build): string {
  return JSON.stringify([state, revision, attempt, failure?.message ?? null]);
}
