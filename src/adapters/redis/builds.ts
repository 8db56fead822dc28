import { type Build, isSettled, isUnproven } from '../../domain/build.ts';
import type { Store } from '../../domain/ports.ts';
import { readBuild } from '../../domain/stored.ts';
import type { StoreKeys } from './keys.ts';
import { createRecords, type RecordKind, type Stored } from './records.ts';
import type { RedisLink } from './redis.ts';
import { CLOSE_BUILD, SAVE_BUILD } from './scripts.ts';

/** Records read at a time; a record with a long lock weighs about 100 kB. */
const PAGE = 100;

/**
 * The records of builds, with sorted sets as indexes: all of them, those of an environment and
 * those of a person. A build holds its environment from the write that begins it to the one that
 * settles it.
 */
export function storeBuilds(
  link: RedisLink,
  keys: StoreKeys,
): Pick<
  Store,
  | 'beginBuild'
  | 'beginAgain'
  | 'buildAtWork'
  | 'readBuild'
  | 'updateBuild'
  | 'listBuilds'
  | 'openBuilds'
  | 'unprovenBuilds'
  | 'changedBuilds'
  | 'closeBuild'
> {
  const records = createRecords(link, buildRecords(link, keys));
  const beginning = createRecords(link, beginningRecords(link, keys));

  /** What begins, or the build that is at work on its environment. */
  async function beginOr(begin: () => Promise<Build>): Promise<Build> {
    for (;;) {
      try {
        return await begin();
      } catch (error) {
        if (!(error instanceof HeldByAnother)) throw error;
        const holder = await records.read(error.holder);
        if (holder && !isSettled(holder)) return holder;
        // It has let go since: nobody may be at work by now.
      }
    }
  }

  return {
    beginBuild: (build) =>
      beginOr(async () => {
        if (!(await beginning.create(build))) throw new Error(`build ${build.id} exists already`);
        return build;
      }),
    beginAgain: (id, change) => beginOr(() => beginning.update(id, change)),

    async buildAtWork(environment) {
      const holder = await link.call((redis) => redis.hget(keys.hold(environment), 'build'));
      const build = holder === null ? null : await records.read(holder);
      return build && !isSettled(build) ? build : null;
    },

    unprovenBuilds: () => link.call((redis) => redis.smembers(keys.unproven)),
    openBuilds: () => link.call((redis) => redis.smembers(keys.open)),

    changedBuilds: (since, limit) =>
      link.call((redis) => redis.zrevrangebyscore(keys.changed, '+inf', since, 'LIMIT', 0, limit)),

    async closeBuild(id, attempt) {
      await link.script(CLOSE_BUILD, [keys.build(id), keys.open], [id, attempt]);
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
    async save(build, revision, stored) {
      const { names, values } = saving(keys, build, revision, stored);
      return (await link.script(SAVE_BUILD, names, [...values, ''])) === 1;
    },
  };
}

/** The same for builds that begin: saving one throws `HeldByAnother` where another is at work. */
function beginningRecords(link: RedisLink, keys: StoreKeys): RecordKind<Build> {
  return {
    ...buildRecords(link, keys),
    async save(build, revision, stored) {
      const { names, values } = saving(keys, build, revision, stored);
      const saved = await link.scriptInTime(SAVE_BUILD, names, values);
      if (typeof saved === 'string') throw new HeldByAnother(saved);
      return saved === 1;
    },
  };
}

class HeldByAnother extends Error {
  readonly holder: string;

  constructor(holder: string) {
    super(`the build ${holder} is at work`);
    this.holder = holder;
  }
}

/** What `SAVE_BUILD` is given, but for the deadline at its end. */
function saving(keys: StoreKeys, build: Build, revision: number, { format, document }: Stored) {
  const { environment } = build.request;
  return {
    names: [
      keys.build(build.id),
      keys.builds,
      keys.buildsOfEnvironment(environment),
      keys.buildsOfUser(build.requester.user),
      ...[keys.changed, keys.open, keys.hold(environment), keys.unproven],
    ],
    values: [
      ...[build.id, revision, format, document],
      ...[isSettled(build) ? 1 : 0, build.verifying ? 1 : 0, build.queuedAt],
      ...[build.attempt, keys.changes, keys.build(''), isUnproven(build) ? 1 : 0],
    ],
  };
}
