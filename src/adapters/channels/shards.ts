import { promisify } from 'node:util';
import { zstdDecompress } from 'node:zlib';
import { unpack } from 'msgpackr';
import { Misfit, mapOf, object, or, type Shape, string } from '../../domain/shape.ts';
import type { Versions } from './repodata.ts';

/**
 * Sharded repodata (CEP 16, "Sharded Repodata"): an index of every name with the sha256 of its
 * shard, and one small file for each name.
 */
export interface ShardIndex {
  /** Name → sha256 of its shard, in hexadecimal. */
  shards: ReadonlyMap<string, string>;
  /** Where the shards lie, as the index says: absolute, or relative to the index. */
  base: string;
}

const hexadecimal: Shape<string> = (value, at = '') => {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex');
  throw new Misfit(`${at} is no sha256`);
};

/** CEP 16's index as it is written. */
interface WrittenIndex {
  info: { shards_base_url: string };
  shards: Record<string, string>;
}

const INDEX = object<WrittenIndex>({
  info: object<WrittenIndex['info']>({ shards_base_url: or(string, '') }),
  shards: mapOf(hexadecimal),
});

interface Versioned {
  version: string;
}

/** CEP 16's shard: file name → record, for the two kinds of packages. */
interface Shard {
  packages: Record<string, Versioned>;
  'packages.conda': Record<string, Versioned>;
}

const RECORDS = or(mapOf(object<Versioned>({ version: string })), {});
const SHARD = object<Shard>({ packages: RECORDS, 'packages.conda': RECORDS });

const decompress = promisify(zstdDecompress);
/** The largest public channel's index is 3 MB and a shard of it at most 10 MB, unpacked. */
const LIMIT = { maxOutputLength: 128e6 };

/** Throws when the bytes are no index. */
export async function readShardIndex(bytes: Uint8Array): Promise<ShardIndex> {
  const { shards, info } = INDEX(unpack(await decompress(bytes, LIMIT)));
  return { shards: new Map(Object.entries(shards)), base: info.shards_base_url };
}

/** The versions in one shard. Throws when the bytes are no shard. */
export async function readShard(bytes: Uint8Array): Promise<Set<string>> {
  const shard = SHARD(unpack(await decompress(bytes, LIMIT)));
  const records = [shard.packages, shard['packages.conda']].flatMap(Object.values<Versioned>);
  return new Set(records.map(({ version }) => version));
}

/** Every name of the index, its versions still unknown. */
export function namesOf(index: ShardIndex): Versions {
  return new Map([...index.shards.keys()].map((name) => [name, new Set()]));
}
