import { type Environment, newEnvironment } from '../../domain/environment.ts';
import type { Store } from '../../domain/ports.ts';
import { readEnvironment } from '../../domain/stored.ts';
import { buildRecords } from './builds.ts';
import type { StoreKeys } from './keys.ts';
import { createRecords, FORMAT, type RecordKind } from './records.ts';
import type { RedisLink } from './redis.ts';
import { SAVE_ENVIRONMENT } from './scripts.ts';

/** The records of environments. */
export function storeEnvironments(
  link: RedisLink,
  keys: StoreKeys,
): Pick<
  Store,
  | 'readEnvironment'
  | 'listEnvironments'
  | 'removeEnvironment'
  | 'claimEnvironment'
  | 'updateEnvironment'
> {
  const records = createRecords(link, environmentRecords(link, keys));

  return {
    readEnvironment: records.read,
    updateEnvironment: records.update,

    async listEnvironments() {
      const names = await link.call((redis) => redis.smembers(keys.environments));
      return records.list(names.sort());
    },

    async removeEnvironment(name) {
      const ids = await link.call((redis) =>
        redis.zrevrange(keys.buildsOfEnvironment(name), 0, -1),
      );
      const builds = await createRecords(link, buildRecords(link, keys)).list(ids);
      const users = new Set(builds.map(({ requester }) => requester.user));
      const ofBuilds = ids.flatMap((id) => [keys.build(id), keys.checkpoints(id), keys.log(id)]);
      const indexes = [keys.builds, keys.changed, ...[...users].map(keys.buildsOfUser)];
      const own = [keys.environment(name), keys.hold(name), keys.buildsOfEnvironment(name)];
      await link.transaction((commands) => {
        const begun = commands.del(...own, ...ofBuilds).srem(keys.environments, name);
        if (ids.length === 0) return begun;
        for (const index of indexes) commands.zrem(index, ids);
        return commands.srem(keys.open, ids);
      });
    },

    async claimEnvironment(name, owner, now) {
      const environment = newEnvironment(name, owner, now);
      if (await records.create(environment)) return environment;
      const existing = await records.read(name);
      if (!existing) throw new Error(`environment ${name} vanished while it was being claimed`);
      return existing;
    },
  };
}

function environmentRecords(link: RedisLink, keys: StoreKeys): RecordKind<Environment> {
  return {
    word: 'environment',
    suggestion: 'List the environments to see their names.',
    key: keys.environment,
    shape: readEnvironment,
    async save({ name }, revision, document) {
      const saved = await link.script(
        SAVE_ENVIRONMENT,
        [keys.environment(name), keys.environments],
        [name, revision, FORMAT, document],
      );
      return saved === 1;
    },
  };
}
