import type { Store } from '../../domain/ports.ts';
import type { StoreKeys } from './keys.ts';
import type { RedisLink } from './redis.ts';

/** Builds or environments looked at in one call. */
const PAGE = 500;

/**
 * Forgets a build that nobody has anything to do for any more. Returns 1 when it is gone, 0 when it stays.
 *
 * KEYS: record, builds, builds of the environment, builds of the user, changed, open, log, checkpoints.
 * ARGV: id.
 */
const FORGET_BUILD = `
local state = redis.call('HMGET', KEYS[1], 'settled', 'verifying')
if state[1] ~= '1' or state[2] == '1' then return 0 end
if redis.call('SISMEMBER', KEYS[6], ARGV[1]) == 1 then return 0 end
redis.call('DEL', KEYS[1], KEYS[7], KEYS[8])
for index = 2, 5 do redis.call('ZREM', KEYS[index], ARGV[1]) end
return 1
`;

/** What goes of the records of builds, as they come for ever. */
export function storeHistory(
  link: RedisLink,
  keys: StoreKeys,
): Pick<Store, 'everyOldBuild' | 'forgetBuild' | 'countBuilds'> {
  return {
    async *everyOldBuild({ before, newest }) {
      for (let cursor = '0'; ; ) {
        const [next, scored] = await link.call((redis) =>
          redis.zscan(keys.builds, cursor, 'COUNT', PAGE),
        );
        for (let at = 0; at < scored.length; at += 2) {
          if (Number(scored[at + 1]) < before) yield scored[at] ?? '';
        }
        if (next === '0') break;
        cursor = next;
      }
      for (let cursor = '0'; ; ) {
        const [next, names] = await link.call((redis) =>
          redis.sscan(keys.environments, cursor, 'COUNT', PAGE),
        );
        const older = await link.call((redis) =>
          Promise.all(
            names.map((name) =>
              redis.zrange(keys.buildsOfEnvironment(name), 0, `${-(newest + 1)}`),
            ),
          ),
        );
        yield* older.flat();
        if (next === '0') return;
        cursor = next;
      }
    },

    countBuilds: () => link.call((redis) => redis.zcard(keys.builds)),

    async forgetBuild({ id, request, requester }) {
      const forgotten = await link.script(
        FORGET_BUILD,
        [
          ...[keys.build(id), keys.builds, keys.buildsOfEnvironment(request.environment)],
          ...[keys.buildsOfUser(requester.user), keys.changed, keys.open],
          ...[keys.log(id), keys.checkpoints(id)],
        ],
        [id],
      );
      return forgotten === 1;
    },
  };
}
