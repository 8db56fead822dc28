import { MOST_TIMINGS, TIMING } from '../../domain/estimate.ts';
import type { Store } from '../../domain/ports.ts';
import type { StoreKeys } from './keys.ts';
import { FORMAT, readStored } from './records.ts';
import type { RedisLink } from './redis.ts';

/** How long the last builds took. What cannot be read tells nothing. */
export function storeTimings(
  link: RedisLink,
  keys: StoreKeys,
): Pick<Store, 'readTimings' | 'addTiming'> {
  return {
    async readTimings() {
      const stored = await link.call((redis) => redis.lrange(keys.timings, 0, -1));
      return stored.flatMap((text) => readStored(text, 'timing', TIMING) ?? []);
    },

    async addTiming(timing) {
      const text = JSON.stringify({ format: FORMAT, timing });
      await link.transaction((commands) =>
        commands.lpush(keys.timings, text).ltrim(keys.timings, 0, MOST_TIMINGS - 1),
      );
    },
  };
}
