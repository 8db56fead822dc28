/**
 * One allowance of calls shared by everything that uses it: at most `burst` at once and
 * `perMinute` in the long run. Slack counts `chat.update` per workspace and app, so all live
 * messages together have one.
 */
export interface Budget {
  /**
   * Milliseconds until a call may be made. It is counted where that is no more than `longest`, 0 where
   * nothing is said, and so goes before all who ask again; else ask again by then.
   */
  take(longest?: number): number;
  /** Slack said so: no call for this long. */
  pause(milliseconds: number): void;
}

export interface Allowance {
  burst: number;
  perMinute: number;
}

/** `now`: milliseconds by a clock of this process that is never set back, or it would wait for as long. */
export function createBudget(limits: Allowance & { now(): number }): Budget {
  const perMillisecond = limits.perMinute / 60_000;
  let left = limits.burst;
  let at = limits.now();
  let closedUntil = 0;

  /** Milliseconds until a call may be made. */
  function wait(): number {
    const now = limits.now();
    left = Math.min(limits.burst, left + Math.max(0, now - at) * perMillisecond);
    at = now;
    // A millionth of a call is lost to rounding, and would cost a second wait.
    const missing = left < 1 - 1e-6 ? Math.max(1, Math.ceil((1 - left) / perMillisecond)) : 0;
    return Math.max(missing, closedUntil - now);
  }

  return {
    take(longest = 0) {
      const milliseconds = wait();
      if (milliseconds <= longest) left -= 1;
      return milliseconds;
    },
    pause(milliseconds) {
      closedUntil = Math.max(closedUntil, limits.now() + milliseconds);
    },
  };
}
