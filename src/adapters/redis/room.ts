import { FerryError } from '../../domain/errors.ts';
import type { Store } from '../../domain/ports.ts';
import type { StoreKeys } from './keys.ts';
import type { RedisLink } from './redis.ts';

/**
 * Whether Redis is full, and who has said so: a full one takes no new key, yet gives one that is there another
 * name, and of all who ask for that at once one has it.
 */
export function storeRoom(
  link: RedisLink,
  { room, full }: StoreKeys,
): Pick<Store, 'hasRoom' | 'noteFull' | 'noteRoom'> {
  return {
    async hasRoom() {
      return (await unlessRefused(() => link.call((redis) => redis.set(room, '1')))) !== null;
    },

    async noteFull() {
      const renamed = await unlessRefused(() => link.call((redis) => redis.renamenx(room, full)));
      if (renamed === 1) return true;
      return (await link.call((redis) => redis.exists(full))) === 1 ? false : null;
    },

    async noteRoom() {
      return (await link.call((redis) => redis.del(full))) === 1;
    },
  };
}

/** Of a name that is not there somebody else was first, or the store was full before anybody had looked. */
const NOT_THERE = /^ERR no such key/;

/** Null where it is not done; with a full disk no write is. */
async function unlessRefused<T>(write: () => Promise<T>): Promise<T | null> {
  try {
    return await write();
  } catch (error) {
    const isFull = error instanceof FerryError && error.code === 'store-full';
    if (isFull || (error instanceof Error && NOT_THERE.test(error.message))) return null;
    throw error;
  }
}
