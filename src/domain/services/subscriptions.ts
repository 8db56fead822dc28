import type { Requester } from '../build.ts';
import type { Outcome, Subscription, Watched } from '../subscription.ts';

/** What is watched, for what, and whether the channel of who asks is told instead of them. */
export interface Wanted extends Watched {
  /** None: all there are. */
  outcomes: readonly Outcome[];
  here: boolean;
}

/** Hearing of what comes of environments. */
export interface Subscriptions {
  /** Those of the person, and those that are told in the channel they ask in; the oldest first. */
  subscriptions(requester: Requester): Promise<Subscription[]>;
  /**
   * From now on it is told; in place of one for the same thing with other outcomes, which is
   * `before`. Throws `environment-not-found`, `too-many-subscriptions` and `not-allowed`.
   */
  subscribe(
    wanted: Wanted,
    requester: Requester,
  ): Promise<{ subscription: Subscription; before: Subscription | null }>;
  /** Ends it, and answers what ended. Throws `not-subscribed`. */
  unsubscribe(wanted: Omit<Wanted, 'outcomes'>, requester: Requester): Promise<Subscription>;
}
