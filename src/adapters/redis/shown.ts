import type { ShownMessage, Store } from '../../domain/ports.ts';
import { boolean, number, object, parseJson, string } from '../../domain/shape.ts';
import type { StoreKeys } from './keys.ts';
import type { RedisLink } from './redis.ts';

/** Longer than anybody keeps a message in step after its build has ended. */
const KEPT_SECONDS = 3 * 24 * 3600;

const SHOWN = object<ShownMessage>({ digest: string, at: number, isEnd: boolean });

/** What people see of each build already, for whichever bot tells of it next. */
export function storeShown(
  link: RedisLink,
  keys: StoreKeys,
): Pick<Store, 'readShown' | 'writeShown'> {
  return {
    async readShown(buildId) {
      const text = await link.call((redis) => redis.get(keys.shown(buildId)));
      return parseJson(text ?? '', SHOWN);
    },

    async writeShown(buildId, shown) {
      const text = JSON.stringify(shown);
      await link.call((redis) => redis.set(keys.shown(buildId), text, 'EX', KEPT_SECONDS));
    },
  };
}
