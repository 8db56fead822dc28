import { type Build, isSettled } from '../../domain/build.ts';
import type { Store } from '../../domain/ports.ts';
import { readBuild } from '../../domain/stored.ts';
import type { StoreKeys } from './keys.ts';
import { createRecords, FORMAT, type RecordKind } from './records.ts';
import type { RedisLink } from './redis.ts';
import { SAVE_BUILD } from './scripts.ts';

/** Records read at a time; a record with a long lock weighs about 100 kB. */
const PAGE = 100;

/**
 * The records of builds, with sorted sets as indexes: all of them, those of an environment and
 * those of a person.
 */
export function storeBuilds(
  link: RedisLink,
  keys: StoreKeys,
): Pick<Store, 'createBuild' | 'readBuild' | 'updateBuild' | 'listBuilds'> {
  const records = createRecords(link, buildRecords(link, keys));

  return {
    async createBuild(build) {
      if (!(await records.create(build))) throw new Error(`build ${build.id} exists already`);
    },
    readBuild: records.read,
    updateBuild: records.update,

    async listBuilds({ environment, user, limit }) {
      const index =
        environment !== undefined
          ? keys.buildsOfEnvironment(environment)
          : user !== undefined
            ? keys.buildsOfUser(user)
            : keys.builds;
      const builds: Build[] = [];
      const page = Math.min(Math.max(limit, 1), PAGE);
      for (let start = 0; builds.length < limit; start += page) {
        const ids = await link.call((redis) => redis.zrevrange(index, start, start + page - 1));
        for (const build of await records.list(ids)) {
          if (user === undefined || build.requester.user === user) builds.push(build);
        }
        if (ids.length < page) break;
      }
      return builds.slice(0, limit);
    },
  };
}

/** How a build is stored, and found again by whom it belongs to. */
export function buildRecords(link: RedisLink, keys: StoreKeys): RecordKind<Build> {
  return {
    word: 'build',
    suggestion: 'List the latest builds to see their ids.',
    key: keys.build,
    shape: readBuild,
    async save(build, revision, document) {
      const { environment } = build.request;
      const indexes = [
        keys.builds,
        keys.buildsOfEnvironment(environment),
        keys.buildsOfUser(build.requester.user),
      ];
      const saved = await link.script(
        SAVE_BUILD,
        [keys.build(build.id), ...indexes, keys.changed, keys.unsettled, keys.hold(environment)],
        [
          build.id,
          revision,
          FORMAT,
          document,
          isSettled(build) ? 1 : 0,
          build.queuedAt,
          keys.changes,
        ],
      );
      return saved === 1;
    },
  };
}
