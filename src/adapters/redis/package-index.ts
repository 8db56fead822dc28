/** Which revisions have a package, answered from the index that environment-index.ts describes. */
import { PIP } from '../../domain/lock.ts';
import { meantBy } from '../../domain/nearest-package.ts';
import { normalName } from '../../domain/pip.ts';
import {
  type Found,
  isNamed,
  meetsSpec,
  type NotFound,
  type SearchPage,
  type SearchResult,
} from '../../domain/search.ts';
import { newestFirst, type Spec } from '../../domain/spec.ts';
import { type Kind, readKind } from './environment-index.ts';
import type { StoreKeys } from './keys.ts';
import type { RedisLink } from './redis.ts';

/** A revision that has what was looked for. */
export type Hit = Pick<Found, 'environment' | 'revision' | 'packages'>;

/** So many are put into the order of their names; of more the newest come first. */
const MOST_SORTED = 2_000;

/** As `search`, without what is said of each revision beside its packages. */
export async function searchIndex(
  link: RedisLink,
  keys: StoreKeys,
  specs: readonly Spec[],
  { all, start, limit }: SearchPage,
): Promise<Omit<SearchResult, 'found'> & { hits: Hit[] }> {
  const names = [...new Set(specs.flatMap(({ name }) => [name, normalName(name)]))];
  const scopeKey = all ? keys.allRevisions : keys.meantRevisions;
  const [scope, environmentOf, ...packages] = await link.call(async (redis) =>
    Promise.all([
      redis.getBuffer(scopeKey),
      redis.getBuffer(keys.environmentOf),
      ...names.map((name) => readPackage(redis, keys, name)),
    ]),
  );
  const inScope = (id: number) => hasBit(scope, id);
  const wanted = packages.map((each) => ({
    ...each,
    isWanted: each.kinds.map(
      (kind) => kind !== null && specs.some((spec) => meetsSpec(kind, spec)),
    ),
    isSeen: each.kinds.map(() => false),
  }));
  const isHit = new Uint8Array(8 * (scope?.length ?? 0));
  for (const { places, isWanted, isSeen } of wanted) {
    eachPlace(places, (id, kind) => {
      if (!inScope(id)) return;
      isSeen[kind] = true;
      if (isWanted[kind]) isHit[id] = 1;
    });
  }
  const ids = newestOf(isHit);
  const seen = wanted.flatMap(({ kinds, isSeen }) =>
    kinds.filter((kind, number) => kind !== null && isSeen[number]),
  ) as Named[];
  const missing = specs.filter((spec) => !seen.some((kind) => meetsSpec(kind, spec)));
  const page = await pageOf(link, keys, ids, { start, limit });
  const packagesOf = new Map(page.map(({ id }) => [id, [] as Hit['packages']]));
  for (const { places, kinds, isWanted } of wanted) {
    eachPlace(places, (id, number) => {
      const kind = kinds[number];
      if (isWanted[number] && kind) packagesOf.get(id)?.push(packageOf(kind));
    });
  }
  return {
    hits: page.map(({ id, ...rest }) => ({ ...rest, packages: sorted(packagesOf.get(id) ?? []) })),
    count: { revisions: ids.length, environments: countEnvironments(ids, environmentOf) },
    missing: await Promise.all(missing.map((spec) => notFound(link, keys, spec, seen, inScope))),
    looked: bitsIn(scope),
  };
}

type Named = Kind & { name: string };

interface IndexedPackage {
  /** By their numbers, which count from 1. */
  kinds: readonly (Named | null)[];
  places: Buffer | null;
}

async function readPackage(
  redis: RedisLink['client'],
  keys: StoreKeys,
  name: string,
): Promise<IndexedPackage> {
  const [stored, places] = await Promise.all([
    redis.hgetall(keys.packageKinds(name)),
    redis.getBuffer(keys.packageIn(name)),
  ]);
  const kinds: (Named | null)[] = [null];
  for (const [text, number] of Object.entries(stored)) {
    const kind = readKind(text);
    kinds[Number(number)] = kind && { ...kind, name };
  }
  return { kinds, places };
}

/** Tells the numbers of each revision that has the package, and of the kind it has. */
function eachPlace(places: Buffer | null, tell: (id: number, kind: number) => void): void {
  if (places === null) return;
  for (let at = 0; at + 6 <= places.length; at += 6) {
    tell(places.readUInt32LE(at), places.readUInt16LE(at + 4));
  }
}

/** Numbers of the revisions that were hit, those that came last first. */
function newestOf(isHit: Uint8Array): number[] {
  const ids: number[] = [];
  for (let id = isHit.length - 1; id >= 0; id -= 1) if (isHit[id] === 1) ids.push(id);
  return ids;
}

/** As `SETBIT` counts them: the first bit is the highest of the first byte. */
function hasBit(bits: Buffer | null, number: number): boolean {
  return (((bits?.[number >> 3] ?? 0) >> (7 - (number & 7))) & 1) === 1;
}

function bitsIn(bits: Buffer | null): number {
  let count = 0;
  for (const byte of bits ?? []) for (let rest = byte; rest !== 0; rest &= rest - 1) count += 1;
  return count;
}

function countEnvironments(ids: readonly number[], environmentOf: Buffer | null): number {
  const isCounted = new Uint8Array((ids[0] ?? 0) + 1);
  let count = 0;
  for (const id of ids) {
    const first = environmentOf?.readUInt32LE(id * 4) ?? id;
    if (isCounted[first] === 0) count += 1;
    isCounted[first] = 1;
  }
  return count;
}

async function pageOf(
  link: RedisLink,
  keys: StoreKeys,
  ids: readonly number[],
  { start, limit }: Pick<SearchPage, 'start' | 'limit'>,
): Promise<(Pick<Hit, 'environment' | 'revision'> & { id: number })[]> {
  const isSorted = ids.length <= MOST_SORTED;
  const asked = isSorted ? ids : ids.slice(start, start + limit);
  if (asked.length === 0) return [];
  const labels = await link.call((redis) => redis.hmget(keys.revisions, ...asked.map(String)));
  const read = asked.flatMap((id, place) => {
    const [environment, number] = labels[place]?.split('@') ?? [];
    // Forgotten in this very moment.
    if (environment === undefined) return [];
    return [{ id, environment, revision: Number(number) }];
  });
  if (!isSorted) return read;
  return read
    .sort((left, right) =>
      left.environment === right.environment
        ? left.revision - right.revision
        : left.environment < right.environment
          ? -1
          : 1,
    )
    .slice(start, start + limit);
}

function packageOf({ name, version, channel }: Named): Hit['packages'][number] {
  return { name, version, channel };
}

/** Of conda first, each in the order of names, as `everyPackage` has them. */
function sorted(packages: Hit['packages']): Hit['packages'] {
  const rank = ({ channel }: { channel: string }) => (channel === PIP ? 1 : 0);
  return packages.sort(
    (left, right) => rank(left) - rank(right) || (left.name < right.name ? -1 : 1),
  );
}

/** Names are nearest among all that were ever indexed; those that nothing in the scope has are left out. */
async function notFound(
  link: RedisLink,
  keys: StoreKeys,
  spec: Spec,
  seen: readonly Named[],
  inScope: (id: number) => boolean,
): Promise<NotFound> {
  const same = seen.filter((kind) => isNamed(kind, spec));
  const versions = newestFirst(new Set(same.map(({ version }) => version)));
  if (versions.length > 0) return { spec, versions, near: [] };
  const names = new Set(await link.call((redis) => redis.smembers(keys.packages)));
  const near = meantBy(spec.name, names).map(({ name }) => name);
  const places = await link.call((redis) =>
    Promise.all(near.map((name) => redis.getBuffer(keys.packageIn(name)))),
  );
  const isThere = (place: number) => {
    let isIn = false;
    eachPlace(places[place] ?? null, (id) => {
      isIn ||= inScope(id);
    });
    return isIn;
  };
  return { spec, versions, near: near.filter((_, place) => isThere(place)) };
}
