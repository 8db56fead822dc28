import { outsideError } from '../../domain/errors.ts';
import type { Store } from '../../domain/ports.ts';
import type { StoreKeys } from './keys.ts';
import type { RedisLink } from './redis.ts';

/**
 * Of all that is kept in Redis together. Raise it when a program that knows less would damage what this
 * one writes: every one that does stops, whatever it is doing. (What it merely cannot read has a format of
 * its own: `FORMAT`, in records.ts.)
 */
const STORE_FORMAT = 1;

/** That all who share a Redis understand what is in it. */
export function storeFormat(link: RedisLink, keys: StoreKeys): Pick<Store, 'requireFormat'> {
  return {
    async requireFormat(version) {
      const answer = await link.script(AGREE, [keys.format], [STORE_FORMAT, version]);
      // The script's own answer: the noted format and the version that noted it.
      const [format, by, isFirst] = answer as [string, string, number];
      if (Number(format) <= STORE_FORMAT) return { isFirst: isFirst === 1 };
      throw outsideError({
        code: 'store-newer',
        message: `Conda Ferry ${by} has written to this Redis what ${version} would damage: it has format ${format}, and this program knows ${STORE_FORMAT}.`,
        suggestion: `Install ${by} or newer here, too, and start it again. What was running goes on there.`,
      });
    },
  };
}

/**
 * Notes the highest format that anybody has written, and who was the first.
 *
 * KEYS: format. ARGV: format, version. Returns the noted ones, and 1 where nothing was noted.
 */
const AGREE = `
local noted = redis.call('HMGET', KEYS[1], 'format', 'version')
if not noted[1] or tonumber(noted[1]) < tonumber(ARGV[1]) then
  redis.call('HSET', KEYS[1], 'format', ARGV[1], 'version', ARGV[2])
  return {ARGV[1], ARGV[2], noted[1] and 0 or 1}
end
return {noted[1], noted[2], 0}
`;
