/**
 * One allowance of calls shared by everything that uses it: at most `burst` at once and
 * `perMinute` in the long run. Slack counts `chat.update` per workspace and app, so all live
 * messages together have one.
 */
export interface Budget {
  /** 0 when a call may be made now, which it then counts; else milliseconds to wait and ask again. */
  take(): number;
  /** Slack said so: no call for this long. */
  pause(milliseconds: number): void;
}

export function createBudget(limits: { burst: number; perMinute: number; now(): number }): Budget {
  const perMillisecond = limits.perMinute / 60_000;
  let left = limits.burst;
  let at = limits.now();
  let closedUntil = 0;
  return {
    take() {
      const now = limits.now();
      left = Math.min(limits.burst, left + (now - at) * perMillisecond);
      at = now;
      if (now < closedUntil) return closedUntil - now;
      // A millionth of a call is lost to rounding, and would cost a second wait.
      if (left < 1 - 1e-6) return Math.max(1, Math.ceil((1 - left) / perMillisecond));
      left -= 1;
      return 0;
    },
    pause(milliseconds) {
      closedUntil = Math.max(closedUntil, limits.now() + milliseconds);
    },
  };
}
