import type { Store } from '../../domain/ports.ts';
import { FREEZE } from '../../domain/stored.ts';
import type { StoreKeys } from './keys.ts';
import { FORMAT, readAll } from './records.ts';
import type { RedisLink } from './redis.ts';

/** The freeze of every edge; no edge has a name such as this. */
const EVERY = '*';

/** Freezes by edge. One that cannot be read is refused: what it freezes must not be staged on. */
export function storeFreezes(
  link: RedisLink,
  keys: StoreKeys,
): Pick<Store, 'readFreezes' | 'writeFreeze' | 'removeFreeze'> {
  return {
    readFreezes: () => readAll(link, keys.freezes, 'freeze', FREEZE),

    async writeFreeze(freeze) {
      const text = JSON.stringify({ format: FORMAT, freeze });
      await link.call((redis) => redis.hset(keys.freezes, freeze.edge ?? EVERY, text));
    },

    async removeFreeze(edge) {
      return (await link.call((redis) => redis.hdel(keys.freezes, edge ?? EVERY))) === 1;
    },
  };
}
