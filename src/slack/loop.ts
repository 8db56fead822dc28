/** What everything has in common that follows the builds for as long as the bot runs. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from './log.ts';

/** First and longest wait in milliseconds while Slack or the store is away. */
export interface Backoff {
  first: number;
  longest: number;
}

/** Milliseconds to wait after so many failures before this one. */
export function waitAfter(failures: number, { first, longest }: Backoff): number {
  return Math.min(longest, first * 2 ** Math.min(failures, 16));
}

/**
 * Takes one step after the other until `signal`, resting in between for as many milliseconds as a
 * step answers. A step that rejects is taken again, after waits that grow, with `complaint` in the log.
 */
export async function keepDoing(
  step: () => Promise<number>,
  {
    signal,
    backoff,
    log,
    complaint,
  }: { signal: AbortSignal; backoff: Backoff; log: Log; complaint: string },
): Promise<void> {
  let failures = 0;
  while (!signal.aborted) {
    let wait: number;
    try {
      wait = await step();
      failures = 0;
    } catch (error) {
      wait = waitAfter(failures, backoff);
      failures += 1;
      log.warn({ error: String(error), wait }, complaint);
    }
    if (wait > 0) await sleep(wait, undefined, { signal }).catch(() => {});
  }
}

/** Wakes a loop that has nothing to do. */
export interface Bell {
  ring(): void;
  /** Resolves at the next ring. Whoever waits has just seen, in the same turn, that nothing is to do. */
  heard(): Promise<void>;
}

export function createBell(): Bell {
  let next = Promise.withResolvers<void>();
  return {
    ring: () => next.resolve(),
    heard() {
      next = Promise.withResolvers();
      return next.promise;
    },
  };
}
