import { isSettled } from '../../domain/build.ts';
import { type Environment, newEnvironment } from '../../domain/environment.ts';
import { FerryError } from '../../domain/errors.ts';
import { NearNames } from '../../domain/near-names.ts';
import type { Outline } from '../../domain/outline.ts';
import type { Store } from '../../domain/ports.ts';
import { foundIn } from '../../domain/search.ts';
import { parseJson } from '../../domain/shape.ts';
import { OUTLINE, readEnvironment } from '../../domain/stored.ts';
import { buildRecords } from './builds.ts';
import { countOwners, forgetIndexed, isIndexed, saveIndexed } from './environment-index.ts';
import type { StoreKeys } from './keys.ts';
import { searchIndex } from './package-index.ts';
import { createRecords, type RecordKind } from './records.ts';
import type { RedisLink } from './redis.ts';

/** Outlines read at a time; one of a few revisions weighs about 2 kB. */
const PAGE = 200;
/** Names read at a time, by who looks for the nearest. */
const MOST_NAMES = 10_000;
/** What becomes of a record whose index is not made: it was forgotten meanwhile, or a newer version's. */
const PASSED_OVER = ['environment-not-found', 'record-unreadable'];

/** The records of environments, and what they are found by (environment-index.ts). */
export function storeEnvironments(
  link: RedisLink,
  keys: StoreKeys,
): Pick<
  Store,
  | 'readEnvironment'
  | 'removeEnvironment'
  | 'claimEnvironment'
  | 'updateEnvironment'
  | 'listOutlines'
  | 'everyOutline'
  | 'countEnvironments'
  | 'namesOwned'
  | 'namesTaken'
  | 'namesLeaving'
  | 'nearestEnvironment'
  | 'scheduledEnvironments'
  | 'environmentsWithArchive'
  | 'searchPackages'
  | 'indexEnvironments'
> {
  const records = createRecords(link, environmentRecords(link, keys));
  const nearest = createNearest(link, keys);

  /** In the order of the names; what is gone meanwhile is left out. */
  async function readOutlines(names: readonly string[]): Promise<Outline[]> {
    const outlines: Outline[] = [];
    for (let start = 0; start < names.length; start += PAGE) {
      const page = names.slice(start, start + PAGE).map(keys.environment);
      const texts = await link.call((redis) =>
        Promise.all(page.map((key) => redis.hget(key, 'outline'))),
      );
      for (const text of texts) outlines.push(...outlineIn(text));
    }
    return outlines;
  }

  return {
    readEnvironment: records.read,
    updateEnvironment: records.update,

    async removeEnvironment(name, allow) {
      const builds = createRecords(link, buildRecords(link, keys));
      for (;;) {
        const answer = await records.remove(name, async (environment, revision) => {
          const ids = await link.call((redis) =>
            redis.zrevrange(keys.buildsOfEnvironment(name), 0, -1),
          );
          const known = await builds.list(ids);
          allow(environment, known);
          return forgetIndexed(link, keys, { name, revision, builds: known, ids });
        });
        if (answer === null || answer.holder === null) return null;
        const holder = await builds.read(answer.holder);
        if (holder && !isSettled(holder)) return holder;
        // It has let go since: nobody may be at work by now.
      }
    },

    async claimEnvironment(name, owner, now) {
      const environment = newEnvironment(name, owner, now);
      for (;;) {
        if (await records.create(environment)) return environment;
        const existing = await records.read(name);
        if (existing) return existing;
        // It was forgotten in between, and is free again.
      }
    },

    async listOutlines({ owner, letGo = false, start = 0, limit }) {
      const set =
        owner === undefined
          ? letGo
            ? keys.owned
            : keys.there
          : letGo
            ? keys.ownedBy(owner)
            : keys.thereBy(owner);
      const end = String(limit === null ? -1 : start + limit - 1);
      return readOutlines(await link.call((redis) => redis.zrange(set, start, end)));
    },

    async *everyOutline() {
      for (let after = '-'; ; ) {
        const names = await link.call((redis) =>
          redis.zrangebylex(keys.owned, after, '+', 'LIMIT', 0, PAGE),
        );
        yield* await readOutlines(names);
        const last = names.at(-1);
        if (last === undefined) return;
        after = `(${last}`;
      }
    },

    async countEnvironments(owner) {
      const sets =
        owner === undefined ? [keys.owned, keys.there] : [keys.ownedBy(owner), keys.thereBy(owner)];
      const [owned = 0, there = 0] = await link.call((redis) =>
        Promise.all(sets.map((set) => redis.zcard(set))),
      );
      return { there, letGo: owned - there };
    },

    namesOwned: (owner) => link.call((redis) => redis.zrange(keys.ownedBy(owner), 0, '-1')),

    async namesTaken(names) {
      if (names.length === 0) return [];
      const taken = await link.call((redis) => redis.smismember(keys.environments, ...names));
      return names.filter((_, place) => taken[place] === 1);
    },

    namesLeaving: () => link.call((redis) => redis.zrange(keys.leaving, 0, '-1')),
    nearestEnvironment: nearest,

    async scheduledEnvironments({ until = null, limit }) {
      const last = until ?? '+inf';
      const [names, count] = await link.call((redis) =>
        Promise.all([
          redis.zrangebyscore(keys.scheduled, '-inf', last, 'LIMIT', 0, limit),
          redis.zcount(keys.scheduled, '-inf', last),
        ]),
      );
      return { environments: await readOutlines(names), count };
    },

    async environmentsWithArchive(sha256) {
      const members = await link.call((redis) =>
        redis.zrangebylex(keys.archives, `[${sha256} `, `(${sha256}!`),
      );
      return readOutlines(members.map((member) => member.slice(sha256.length + 1)));
    },

    async searchPackages(specs, page) {
      const { hits, ...rest } = await searchIndex(link, keys, specs, page);
      const outlines = await readOutlines([...new Set(hits.map((hit) => hit.environment))]);
      const known = new Map(outlines.map((outline) => [outline.name, outline]));
      const found = hits.flatMap(({ environment, revision, packages }) => {
        const outline = known.get(environment);
        return outline ? [{ ...foundIn(outline, revision), packages }] : [];
      });
      return { found, ...rest };
    },

    async indexEnvironments() {
      let indexed = 0;
      for (let cursor = '0'; ; ) {
        const [next, names] = await link.call((redis) =>
          redis.sscan(keys.environments, cursor, 'COUNT', PAGE),
        );
        const states = await link.call((redis) =>
          Promise.all(
            names.map((name) =>
              redis.hmget(keys.environment(name), 'indexed', 'revision', 'owner'),
            ),
          ),
        );
        const owners = new Set(states.flatMap(([, , owner]) => owner ?? []));
        if (owners.size > 0) await countOwners(link, keys, [...owners]);
        const stale = names.filter((_, place) => {
          const [state = null, revision = null] = states[place] ?? [];
          return !isIndexed(state, revision);
        });
        for (const name of stale) indexed += await indexAnew(name);
        if (next === '0') return indexed;
        cursor = next;
      }
    },
  };

  /** Saves a record as it is, which indexes it; 0 for one that this version cannot read, or that went. */
  async function indexAnew(name: string): Promise<number> {
    try {
      await records.update(name, (environment) => environment);
      return 1;
    } catch (error) {
      if (error instanceof FerryError && PASSED_OVER.includes(error.code)) return 0;
      throw error;
    }
  }
}

function outlineIn(text: string | null): Outline[] {
  const outline = text === null ? null : parseJson(text, OUTLINE);
  return outline === null ? [] : [outline];
}

/**
 * Answers the nearest name. All names are read once; after that only those that came since, and one that
 * would be answered is asked for whether it is there still.
 */
function createNearest(link: RedisLink, keys: StoreKeys) {
  const names = new NearNames();
  let last = 0;
  let reading: Promise<void> = Promise.resolve();

  async function readNew(): Promise<void> {
    for (;;) {
      const page = await link.call((redis) =>
        redis.zrangebyscore(keys.added, `(${last}`, '+inf', 'WITHSCORES', 'LIMIT', 0, MOST_NAMES),
      );
      for (let at = 0; at < page.length; at += 2) names.add(page[at] ?? '');
      last = Number(page.at(-1) ?? last);
      if (page.length < 2 * MOST_NAMES) return;
    }
  }

  return async (word: string): Promise<string | null> => {
    // One after the other, so that nobody answers from half of them.
    reading = reading.catch(() => {}).then(readNew);
    await reading;
    for (;;) {
      const near = names.nearest(word);
      if (near === null) return null;
      if ((await link.call((redis) => redis.zscore(keys.added, near))) !== null) return near;
      names.remove(near);
    }
  };
}

function environmentRecords(link: RedisLink, keys: StoreKeys): RecordKind<Environment> {
  return {
    word: 'environment',
    suggestion: 'List the environments to see their names.',
    key: keys.environment,
    shape: readEnvironment,
    save: (environment, revision, stored) => saveIndexed(link, keys, environment, revision, stored),
  };
}
