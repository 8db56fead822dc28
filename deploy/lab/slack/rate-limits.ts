/** Slack's rate limits: per method, workspace and app; posting is per channel. Table: data/rate-limits.json. */
import table from './data/rate-limits.json' with { type: 'json' };

type Tier = { calls: number; seconds: number; burst: number; per?: string };

/** Each budget is a bucket that holds `calls + burst` and refills `calls` every `seconds`. */
export class RateLimits {
  readonly #now: () => number;
  readonly #buckets = new Map<string, { left: number; at: number }>();

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Counts one call. Answers the whole seconds to wait when the budget is spent, else 0. */
  take(method: string, channel: unknown): number {
    const tiers: Record<string, Tier> = table.tiers;
    const names: Record<string, string> = table.methods;
    const tier = tiers[names[method] ?? ''];
    if (!tier) return 0;
    const key = tier.per === 'channel' ? `${method} ${String(channel)}` : method;
    const size = tier.calls + tier.burst;
    const perMs = tier.calls / (tier.seconds * 1000);
    const now = this.#now();
    const bucket = this.#buckets.get(key) ?? { left: size, at: now };
    bucket.left = Math.min(size, bucket.left + (now - bucket.at) * perMs);
    bucket.at = now;
    this.#buckets.set(key, bucket);
    if (bucket.left >= 1) {
      bucket.left -= 1;
      return 0;
    }
    return Math.max(1, Math.ceil((1 - bucket.left) / perMs / 1000));
  }
}
