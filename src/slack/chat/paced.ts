/**
 * Calls at the pace that Slack takes: one allowance for each method that has a narrow one, for posts in
 * each channel. What Slack says of waiting holds for everybody who calls.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Allowance, type Budget, createBudget } from '../budget.ts';
import type { Call } from './call.ts';
import { ChatError, isBusy } from './error.ts';

export interface PacedOptions {
  posts: Allowance;
  edits: Allowance;
  searches: Allowance;
  now(): number;
}

export interface Paced {
  /** For whom somebody waits: goes before the others, after a moment where it must. */
  prompt: Call;
  /** For what can wait: rejects as busy, with nothing sent, until a call may be made. */
  patient: Call;
}

/** Milliseconds that a prompt call waits for its turn; with more to wait it is busy, too. */
const LONGEST_TURN = 3_000;

export function createPaced(call: Call, options: PacedOptions): Paced {
  const budgets = new Map<string, Budget>();

  function budgetOf(method: string, { channel }: Record<string, unknown>): Budget | null {
    const allowed = ALLOWED[method];
    if (!allowed) return null;
    const key = allowed.perChannel ? `${method} ${channel}` : method;
    const budget = budgets.get(key) ?? createBudget({ ...options[allowed.by], now: options.now });
    budgets.set(key, budget);
    return budget;
  }

  const paced =
    (longestTurn: (args: Record<string, unknown>) => number): Call =>
    async (method, args) => {
      const budget = budgetOf(method, args);
      const wait = budget ? await turn(budget, longestTurn(args)) : 0;
      if (wait > 0) throw new ChatError('busy', 'ratelimited', { retryAfter: wait / 1000 });
      try {
        return await call(method, args);
      } catch (error) {
        if (isBusy(error)) budget?.pause(error.retryAfter * 1000);
        throw error;
      }
    };

  return {
    prompt: paced(() => LONGEST_TURN),
    // Who is given up between two pages would begin with the first one again, and come to no end.
    patient: paced(({ cursor }) => (cursor === undefined ? 0 : LONGEST_TURN)),
  };
}

/** Waits for a turn that comes within `longest` milliseconds; answers how long it is to a later one, or 0. */
async function turn(budget: Budget, longest: number): Promise<number> {
  const wait = budget.take(longest);
  if (wait > longest) return wait;
  if (wait > 0) await sleep(wait);
  return 0;
}

/** Tier 3 is 50 calls a minute for the workspace; posts are about one a second in each channel. */
const ALLOWED: Readonly<
  Record<string, { by: 'posts' | 'edits' | 'searches'; perChannel?: boolean }>
> = {
  'chat.postMessage': { by: 'posts', perChannel: true },
  'chat.update': { by: 'edits' },
  'conversations.history': { by: 'searches' },
  'conversations.replies': { by: 'searches' },
};
