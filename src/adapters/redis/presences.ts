import type { Store } from '../../domain/ports.ts';
import { FORGOTTEN_MS, PRESENCE } from '../../domain/presence.ts';
import type { StoreKeys } from './keys.ts';
import { FORMAT, readStored } from './records.ts';
import type { RedisLink } from './redis.ts';

/** Which workers there are, and which of them are to drain. */
export function storePresences(
  link: RedisLink,
  keys: StoreKeys,
): Pick<Store, 'tellPresence' | 'readPresences' | 'askToDrain' | 'unaskToDrain' | 'readDrains'> {
  return {
    async tellPresence(presence) {
      const text = JSON.stringify({ format: FORMAT, presence });
      await link.call((redis) => redis.hset(keys.presences, presence.id, text));
    },

    async readPresences(now) {
      const stored = await link.call((redis) => redis.hgetall(keys.presences));
      const read = Object.entries(stored).map(
        ([id, text]) => [id, readStored(text, 'presence', PRESENCE)] as const,
      );
      const known = read.flatMap(([, presence]) =>
        presence && now - presence.at < FORGOTTEN_MS ? presence : [],
      );
      const old = read.filter(([, presence]) => presence && !known.includes(presence));
      const [first, ...others] = old.map(([id]) => id);
      if (first !== undefined) {
        await link.call((redis) => redis.hdel(keys.presences, first, ...others));
      }
      return known.sort((left, right) => left.id.localeCompare(right.id));
    },

    async askToDrain(name, now) {
      await link.call((redis) => redis.hset(keys.drains, name, now));
    },

    async unaskToDrain(name) {
      return (await link.call((redis) => redis.hdel(keys.drains, name))) === 1;
    },

    async readDrains(names) {
      const moments = await link.call((redis) => redis.hmget(keys.drains, ...names));
      const asked = moments.flatMap((moment) => (moment === null ? [] : Number(moment)));
      return asked.length === 0 ? null : Math.max(...asked);
    },
  };
}
