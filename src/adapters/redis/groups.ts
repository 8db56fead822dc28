import type { Store } from '../../domain/ports.ts';
import { USER_GROUP } from '../../domain/stored.ts';
import type { StoreKeys } from './keys.ts';
import { FORMAT, readStored } from './records.ts';
import type { RedisLink } from './redis.ts';

/** What Slack has said of user groups. One that cannot be read is not known, so nobody is in it. */
export function storeGroups(
  link: RedisLink,
  keys: StoreKeys,
): Pick<Store, 'readGroups' | 'writeGroup'> {
  return {
    async readGroups() {
      const stored = await link.call((redis) => redis.hvals(keys.groups));
      return stored.flatMap((text) => readStored(text, 'group', USER_GROUP) ?? []);
    },
    async writeGroup(group) {
      const text = JSON.stringify({ format: FORMAT, group });
      await link.call((redis) => redis.hset(keys.groups, group.id, text));
    },
  };
}
