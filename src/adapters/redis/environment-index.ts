/**
 * What environments are found by, written in one step with the record. Sorted sets of names: `owned`
 * has those that are somebody's and `there` those of which something is there, each for all and for
 * every owner (in order of names), `leaving` those of which something has yet to be removed,
 * `scheduled` those with a schedule (by when it is due), `added` those of `owned` in the order in which
 * they came. `archives` has `SHA256 name` for each archive of a revision, made last or on an edge. `owners`
 * has who owns anything that is there, by how many of them.
 *
 * Packages: a revision gets a number once, kept in its record (`id:3`); `revisions` leads from it to
 * `churn@3`. Of each package of that name, `packageKinds` has what there is of it, numbered, and
 * `packageIn` six bytes for each revision that has it: the revision's number (4) and the kind's (2). A
 * revision never changes its packages, so that is only appended to. Whether a revision is there still,
 * or anything means it, is a bit in `allRevisions` and `meantRevisions`; `environmentOf` has, in four
 * bytes for each revision, the number of the first one of its environment.
 *
 * `lastForgotten` is the highest number that a record had which was dropped; new records go on from it.
 */
import type { Build } from '../../domain/build.ts';
import {
  archiveDigests,
  type Environment,
  isLetGo,
  isOwned,
  isThere,
  type Revision,
} from '../../domain/environment.ts';
import { everyPackage, type LockedPackage } from '../../domain/lock.ts';
import { outlineOf } from '../../domain/outline.ts';
import { foundIn, isMeant } from '../../domain/search.ts';
import { or, parseJson, type Shape, string } from '../../domain/shape.ts';
import type { StoreKeys } from './keys.ts';
import type { Stored } from './records.ts';
import type { RedisLink } from './redis.ts';

/** Raise it when something else is indexed: records that were indexed otherwise are then indexed anew. */
const INDEX_FORMAT = 3;

/** `countOwned(OWNER)`: how many of theirs are there, after each change of that. */
const COUNT_OWNED = `
local function countOwned(owner)
  local number = redis.call('ZCARD', thereBy .. owner)
  if number > 0 then redis.call('ZADD', owners, number, owner)
  else redis.call('ZREM', owners, owner) end
end
`;

/**
 * The same for owners that are counted for the first time.
 *
 * KEYS: `owners`. ARGV: prefix of `thereBy`, then owners.
 */
const COUNT_OWNERS = `
local owners, thereBy = KEYS[1], ARGV[1]
${COUNT_OWNED}
for index = 2, #ARGV do countOwned(ARGV[index]) end
return 1
`;

/**
 * Saves an environment with its outline and index when its record is still at the expected revision.
 * Returns 1 or 0.
 *
 * KEYS: as `indexKeys`. ARGV: name, expected revision, format, document, outline, format of the index,
 * index (JSON of `indexOf`), prefixes of `ownedBy`, `thereBy`, `packageKinds` and `packageIn`.
 */
const SAVE_ENVIRONMENT = `
local record, names, owned, there, leaving, scheduled, archives, added, lastRevision, revisions,
  environmentOf, allRevisions, meantRevisions, packages, lastForgotten, owners = unpack(KEYS)
local name = ARGV[1]
local ownedBy, thereBy, packageKinds, packageIn = unpack(ARGV, 8)
${COUNT_OWNED}local before = redis.call('HMGET', record, 'revision', 'owner', 'archives')
local revision = tonumber(before[1] or '0')
if revision ~= tonumber(ARGV[2]) then return 0 end
local index = cjson.decode(ARGV[7])
-- Who still has what was forgotten under this name must not take the new record for it.
if not before[1] then revision = tonumber(redis.call('GET', lastForgotten) or '0') end
local saved = string.format('%.0f', revision + 1)
redis.call('HSET', record, 'revision', saved, 'format', ARGV[3], 'document', ARGV[4],
  'outline', ARGV[5], 'indexed', ARGV[6] .. ' ' .. saved, 'owner', index.owner,
  'archives', index.archives)
redis.call('SADD', names, name)

local function keep(key, isIn)
  if isIn then redis.call('ZADD', key, 0, name) else redis.call('ZREM', key, name) end
end
if before[2] and before[2] ~= index.owner then
  keep(ownedBy .. before[2], false)
  keep(thereBy .. before[2], false)
  countOwned(before[2])
end
keep(owned, index.isOwned)
keep(ownedBy .. index.owner, index.isOwned)
keep(there, index.isThere)
keep(thereBy .. index.owner, index.isThere)
countOwned(index.owner)
keep(leaving, index.isLeaving)
if index.dueAt then redis.call('ZADD', scheduled, index.dueAt, name)
else redis.call('ZREM', scheduled, name) end
if before[3] ~= index.archives then
  for sha in string.gmatch(before[3] or '', '%S+') do redis.call('ZREM', archives, sha .. ' ' .. name) end
  for sha in string.gmatch(index.archives, '%S+') do redis.call('ZADD', archives, 0, sha .. ' ' .. name) end
end

for _, each in ipairs(index.packages) do
  local field = 'id:' .. each.number
  if redis.call('HEXISTS', record, field) == 0 then
    local id = redis.call('INCR', lastRevision)
    redis.call('HSET', record, field, id)
    redis.call('HSETNX', record, 'first', id)
    redis.call('HSET', revisions, id, name .. '@' .. each.number)
    redis.call('SETRANGE', environmentOf, id * 4,
      struct.pack('<I4', tonumber(redis.call('HGET', record, 'first'))))
    for _, entry in ipairs(each.entries) do
      local kinds = packageKinds .. entry[1]
      local kind = redis.call('HGET', kinds, entry[2])
      if not kind then
        kind = redis.call('HLEN', kinds) + 1
        redis.call('HSET', kinds, entry[2], kind)
        if kind == 1 then redis.call('SADD', packages, entry[1]) end
      end
      redis.call('APPEND', packageIn .. entry[1], struct.pack('<I4I2', id, tonumber(kind)))
    end
  end
end
for _, each in ipairs(index.revisions) do
  local id = redis.call('HGET', record, 'id:' .. each.number)
  redis.call('SETBIT', allRevisions, id, 1)
  redis.call('SETBIT', meantRevisions, id, each.isMeant and 1 or 0)
end
if index.isOwned then
  redis.call('ZADD', added, 'NX', redis.call('HGET', record, 'first'), name)
end
return 1
`;

/**
 * Drops an environment with its index and its builds when its record is still at the expected revision,
 * its builds are those that were looked at, and none of them is at work. Returns 1, 0, or the id of the
 * build at work because of which nothing was dropped.
 *
 * KEYS: as `indexKeys`, then hold, builds of the environment, builds, changed, open. ARGV: name, expected
 * revision, ids of its builds and the users who asked for them (both JSON), prefixes of `ownedBy`,
 * `thereBy`, `build`, `checkpoints`, `log` and `buildsOfUser`.
 */
const FORGET_ENVIRONMENT = `
local record, names, owned, there, leaving, scheduled, archives, added, lastRevision, revisions,
  environmentOf, allRevisions, meantRevisions, packages, lastForgotten, owners, hold, ofEnvironment,
  builds, changed, open, unproven = unpack(KEYS)
local name = ARGV[1]
local ownedBy, thereBy, build, checkpoints, log, ofUser = unpack(ARGV, 5)
${COUNT_OWNED}if redis.call('HGET', record, 'revision') ~= ARGV[2] then return 0 end
local ids = cjson.decode(ARGV[3])
if redis.call('ZCARD', ofEnvironment) ~= #ids then return 0 end
for _, id in ipairs(ids) do
  if not redis.call('ZSCORE', ofEnvironment, id) then return 0 end
end
local holder = redis.call('HGET', hold, 'build')
if holder and redis.call('HGET', build .. holder, 'settled') == '0' then return holder end
for _, id in ipairs(ids) do
  redis.call('DEL', build .. id, checkpoints .. id, log .. id)
  redis.call('ZREM', builds, id)
  redis.call('ZREM', changed, id)
  redis.call('SREM', open, id)
  redis.call('SREM', unproven, id)
  for _, user in ipairs(cjson.decode(ARGV[4])) do redis.call('ZREM', ofUser .. user, id) end
end
local before = redis.call('HMGET', record, 'owner', 'archives')
local sets = { owned, there, leaving, scheduled, added }
if before[1] then
  table.insert(sets, ownedBy .. before[1])
  table.insert(sets, thereBy .. before[1])
end
for _, set in ipairs(sets) do redis.call('ZREM', set, name) end
if before[1] then countOwned(before[1]) end
for sha in string.gmatch(before[2] or '', '%S+') do redis.call('ZREM', archives, sha .. ' ' .. name) end
for _, field in ipairs(redis.call('HKEYS', record)) do
  if string.sub(field, 1, 3) == 'id:' then
    local id = redis.call('HGET', record, field)
    redis.call('HDEL', revisions, id)
    redis.call('SETBIT', allRevisions, id, 0)
    redis.call('SETBIT', meantRevisions, id, 0)
  end
end
redis.call('SREM', names, name)
if tonumber(ARGV[2]) > tonumber(redis.call('GET', lastForgotten) or '0') then
  redis.call('SET', lastForgotten, ARGV[2])
end
redis.call('DEL', record, hold, ofEnvironment)
return 1
`;

/** The first `KEYS` of both scripts. */
function indexKeys(keys: StoreKeys, name: string): string[] {
  return [
    keys.environment(name),
    ...[keys.environments, keys.owned, keys.there, keys.leaving, keys.scheduled, keys.archives],
    ...[keys.added, keys.lastRevision, keys.revisions, keys.environmentOf],
    ...[keys.allRevisions, keys.meantRevisions, keys.packages, keys.lastForgotten],
    keys.owners,
  ];
}

/** Saves an environment as `Records` wants it; its packages are sent where they are not known yet. */
export async function saveIndexed(
  link: RedisLink,
  keys: StoreKeys,
  environment: Environment,
  revision: number,
  { format, document }: Stored,
): Promise<boolean> {
  const { name, revisions } = environment;
  const ids =
    revisions.length === 0
      ? []
      : await link.call((redis) =>
          redis.hmget(keys.environment(name), ...revisions.map(({ number }) => `id:${number}`)),
        );
  const unknown = revisions.filter((_, place) => ids[place] == null);
  const saved = await link.script(SAVE_ENVIRONMENT, indexKeys(keys, name), [
    ...[name, revision, format, document],
    ...[JSON.stringify(outlineOf(environment)), INDEX_FORMAT],
    JSON.stringify(indexOf(environment, unknown)),
    ...[keys.ownedBy(''), keys.thereBy(''), keys.packageKinds(''), keys.packageIn('')],
  ]);
  return saved === 1;
}

/** What was looked at of an environment: at which number its record is, and its builds. */
export interface Seen {
  name: string;
  revision: number;
  ids: readonly string[];
  /** Those of them that can be read. */
  builds: readonly Build[];
}

/**
 * Drops an environment with all that is found by it; the holder is the build at work because of which it
 * stays. Null, and nothing is dropped, where it is not as it was seen any more.
 */
export async function forgetIndexed(
  link: RedisLink,
  keys: StoreKeys,
  { name, revision, ids, builds }: Seen,
): Promise<{ holder: string | null } | null> {
  const users = new Set(builds.map(({ requester }) => requester.user));
  const names = [
    ...indexKeys(keys, name),
    ...[keys.hold(name), keys.buildsOfEnvironment(name), keys.builds, keys.changed, keys.open],
    keys.unproven,
  ];
  const forgotten = await link.script(FORGET_ENVIRONMENT, names, [
    ...[name, revision, JSON.stringify(ids), JSON.stringify([...users])],
    ...[keys.ownedBy(''), keys.thereBy(''), keys.build(''), keys.checkpoints(''), keys.log('')],
    keys.buildsOfUser(''),
  ]);
  if (typeof forgotten === 'string') return { holder: forgotten };
  return forgotten === 1 ? { holder: null } : null;
}

/** Counts anew what these own: an older version has not. */
export async function countOwners(
  link: RedisLink,
  keys: StoreKeys,
  owners: readonly string[],
): Promise<void> {
  await link.script(COUNT_OWNERS, [keys.owners], [keys.thereBy(''), ...owners]);
}

/** Whether what `indexed` says is of this very record and this format. */
export function isIndexed(indexed: string | null, revision: string | null): boolean {
  return indexed === `${INDEX_FORMAT} ${revision}`;
}

function indexOf(environment: Environment, unknown: readonly Revision[]) {
  const { owner, revisions, schedule } = environment;
  return {
    owner,
    isOwned: isOwned(environment),
    isThere: isOwned(environment) && !isLetGo(environment),
    isLeaving: revisions.some((revision) => !isThere(revision) && revision.stagings.length > 0),
    ...(schedule !== null && isOwned(environment) ? { dueAt: schedule.dueAt } : {}),
    archives: [...new Set(revisions.flatMap(archiveDigests))].join(' '),
    revisions: revisions.map(({ number }) => ({
      number,
      isMeant: isMeant(foundIn(environment, number)),
    })),
    packages: unknown.map(({ number, lock }) => ({
      number,
      entries: everyPackage(lock).map((entry) => [entry.name, writeKind(entry)]),
    })),
  };
}

/** What of a package a spec can ask for, beside its name. */
export type Kind = Omit<LockedPackage, 'name' | 'url' | 'size'>;

function writeKind({ version, build, subdir, channel, sha256, md5 }: Kind): string {
  return JSON.stringify([version, build, subdir, channel, sha256, md5]);
}

/** What `writeKind` has written; null where that was another version. */
export function readKind(text: string): Kind | null {
  return parseJson(text, KIND);
}

const KIND: Shape<Kind> = (value, at) => {
  const [version, build, subdir, channel, sha256, md5] = Array.isArray(value) ? value : [];
  return {
    ...{ version: string(version, at), build: string(build, at), subdir: string(subdir, at) },
    ...{ channel: string(channel, at), sha256: string(sha256, at), md5: or(string, null)(md5, at) },
  };
};
