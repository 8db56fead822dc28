import type { Store } from '../../domain/ports.ts';
import { SUBSCRIPTION, subscriptionKey } from '../../domain/subscription.ts';
import type { StoreKeys } from './keys.ts';
import { FORMAT, readStored } from './records.ts';
import type { RedisLink } from './redis.ts';

/** Who wants to hear of what. One that cannot be read is left out: nothing hangs on it but a message. */
export function storeSubscriptions(
  link: RedisLink,
  keys: StoreKeys,
): Pick<Store, 'readSubscriptions' | 'writeSubscription' | 'removeSubscription'> {
  return {
    async readSubscriptions() {
      const stored = await link.call((redis) => redis.hvals(keys.subscriptions));
      return stored
        .flatMap((text) => readStored(text, 'subscription', SUBSCRIPTION) ?? [])
        .sort((left, right) => left.at - right.at);
    },

    async writeSubscription(subscription) {
      const text = JSON.stringify({ format: FORMAT, subscription });
      const key = subscriptionKey(subscription);
      await link.call((redis) => redis.hset(keys.subscriptions, key, text));
    },

    async removeSubscription(key) {
      return (await link.call((redis) => redis.hdel(keys.subscriptions, key))) === 1;
    },
  };
}
