/** Sends Home tabs, within one allowance; homes.ts says in which modes a tab is. */
import type { HomeView } from '@slack/types';
import { readerOf } from '../../../commands/command.ts';
import { isStoreError } from '../../domain/errors.ts';
import type { Clock } from '../../domain/ports.ts';
import type { Services } from '../../domain/services.ts';
import { createBudget } from '../budget.ts';
import { ChatError } from '../chat/error.ts';
import type { Chat } from '../chat.ts';
import type { Log } from '../log.ts';
import { createShown } from '../shown.ts';
import { homeView, MOST_ENTRIES, unavailableHome } from './home-view.ts';

export interface TabOptions {
  services: Services;
  chat: Chat;
  clock: Clock;
  log: Log;
  /** Milliseconds between two versions of one tab. */
  between?: number;
}

export interface Tabs {
  /** The tab of this person is to be sent anew. */
  mark(user: string): void;
  areInStep(): boolean;
  /**
   * Sends the tab whose turn it is. Answers how many milliseconds to wait before the next; rejects
   * when Slack or the store is away.
   */
  sendNext(): Promise<number>;
  /** Sends the tab of somebody who looks at it now. Rejects when Slack does not take it. */
  show(user: string): Promise<void>;
}

const BETWEEN = 2_000;
const ALLOWANCE = { burst: 10, perMinute: 60 };

export function createTabs(options: TabOptions): Tabs {
  const { services, chat, clock, log, between = BETWEEN } = options;
  const budget = createBudget({ ...ALLOWANCE, now: () => performance.now() });
  const dirty = new Set<string>();
  /** Person → the tab as it was sent. */
  const sent = createShown(clock);

  async function publish(user: string, view: HomeView): Promise<void> {
    await chat.publishHome(user, view);
    sent.keep(user, view);
  }

  async function send(user: string): Promise<number> {
    const view = await viewOf(user, services);
    if (sent.isSame(user, view)) return 0;
    const wait = budget.take();
    if (wait > 0) dirty.add(user);
    else await publish(user, view);
    return wait;
  }

  function afterFailure(user: string, error: unknown): number {
    const isChats = error instanceof ChatError;
    if (isChats ? error.kind === 'refused' : !isStoreError(error)) {
      // One whose records cannot be read would be the next one for ever, and hold up all others.
      log.warn({ user, error: String(error) }, 'a Home tab cannot be filled');
      return 0;
    }
    dirty.add(user);
    if (!isChats || error.kind === 'unavailable') throw error;
    budget.pause(error.retryAfter * 1000);
    return error.retryAfter * 1000;
  }

  return {
    mark: (user) => void dirty.add(user),
    areInStep: () => dirty.size === 0,
    async sendNext() {
      const now = clock.now();
      const waits = [...dirty].map((user) => ({
        user,
        wait: Math.min(between, sent.at(user) + between - now),
      }));
      const [next] = waits.sort((left, right) => left.wait - right.wait);
      if (!next) return 0;
      if (next.wait > 0) return next.wait;
      dirty.delete(next.user);
      // Builds asked for in a terminal are nobody's in Slack.
      if (!/^[UW][A-Z0-9]{2,30}$/.test(next.user)) return 0;
      return send(next.user).catch((error: unknown) => afterFailure(next.user, error));
    },
    async show(user) {
      try {
        await publish(user, await viewOf(user, services));
      } catch (error) {
        if (error instanceof ChatError) throw error;
        log.warn({ error: String(error) }, 'the Home tab could not be filled');
        await chat.publishHome(user, unavailableHome());
        // It fills itself as soon as the record answers again.
        sent.forget(user);
        dirty.add(user);
      }
    },
  };
}

async function viewOf(user: string, services: Services): Promise<HomeView> {
  const [mine, builds, reader] = await Promise.all([
    mineOf(user, services),
    services.builds({ user, limit: 20 }),
    readerOf({ user, services }),
  ]);
  return homeView(reader, mine, builds, services.settings);
}

/** The first of somebody's environments, whole, and how many there are. */
async function mineOf(user: string, services: Services) {
  const [first, { there }] = await Promise.all([
    services.environments({ owner: user, limit: MOST_ENTRIES }),
    services.countEnvironments(user),
  ]);
  const environments = await services.environmentsNamed(first.map(({ name }) => name));
  return { environments, count: there };
}
