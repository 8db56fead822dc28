import type { Allowance } from '../budget.ts';
import type { Backoff } from '../loop.ts';

/** Milliseconds, but for the allowances. */
export interface Pace {
  edits: Allowance;
  /** In each channel. */
  posts: Allowance;
  /** Pages of a conversation read for a message of ours. */
  searches: Allowance;
  /** Between two edits of one message that is not final. */
  betweenEdits: number;
  /** Between two looks into the outbox. */
  outbox: number;
  backoff: Backoff;
  /** Between two looks at all recent builds, for changes nobody told us of. */
  resync: number;
  /** How long one process may take to send something before another may try. */
  lease: number;
  /** How long the bot that was asked for a build has to begin with its message. */
  announcing: number;
  /** How long a bot leads without another word, and the time between two of them. */
  leader: { lease: number; renewal: number };
  /** Between two looks whether the store is full, and how long it has room until that is said. */
  room: { look: number; steady: number };
}

/**
 * `chat.update` and `conversations.history` are Tier 3, 50 a minute for the whole workspace each; of posts
 * Slack takes about one a second in a channel.
 */
export const PACE: Pace = {
  edits: { burst: 10, perMinute: 40 },
  posts: { burst: 4, perMinute: 55 },
  searches: { burst: 10, perMinute: 40 },
  betweenEdits: 1_000,
  outbox: 2_000,
  backoff: { first: 1_000, longest: 60_000 },
  resync: 30_000,
  lease: 60_000,
  announcing: 10_000,
  leader: { lease: 10_000, renewal: 2_000 },
  room: { look: 10_000, steady: 60_000 },
};
