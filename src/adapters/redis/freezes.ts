import type { Store } from '../../domain/ports.ts';
import { FREEZE } from '../../domain/stored.ts';
import type { StoreKeys } from './keys.ts';
import { FORMAT, readStored, unreadable } from './records.ts';
import type { RedisLink } from './redis.ts';

/** The freeze of every edge; no edge has a name such as this. */
const EVERY = '*';

/** Freezes by edge. One that cannot be read is refused: what it freezes must not be staged on. */
export function storeFreezes(
  link: RedisLink,
  keys: StoreKeys,
): Pick<Store, 'readFreezes' | 'writeFreeze' | 'removeFreeze'> {
  return {
    async readFreezes() {
      const stored = await link.call((redis) => redis.hgetall(keys.freezes));
      return Object.entries(stored)
        .map(([name, text]) => {
          const freeze = readStored(text, 'freeze', FREEZE);
          if (freeze === null) throw unreadable(`the freeze of ${name}`, text);
          return freeze;
        })
        .sort((left, right) => left.at - right.at);
    },

    async writeFreeze(freeze) {
      const text = JSON.stringify({ format: FORMAT, freeze });
      await link.call((redis) => redis.hset(keys.freezes, freeze.edge ?? EVERY, text));
    },

    async removeFreeze(edge) {
      return (await link.call((redis) => redis.hdel(keys.freezes, edge ?? EVERY))) === 1;
    },
  };
}
