import { promisify } from 'node:util';
import { zstdDecompress } from 'node:zlib';
import { unpack } from 'msgpackr';
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

const decompress = promisify(zstdDecompress);
/** The largest public channel's index is 3 MB and a shard of it at most 10 MB, unpacked. */
const LIMIT = { maxOutputLength: 128e6 };

/** Throws when the bytes are no index. */
export async function readShardIndex(bytes: Uint8Array): Promise<ShardIndex> {
  const index = unpack(await decompress(bytes, LIMIT));
  const hashes = Object.entries(index.shards as Record<string, Uint8Array>);
  return {
    shards: new Map(hashes.map(([name, hash]) => [name, Buffer.from(hash).toString('hex')])),
    base: String(index.info?.shards_base_url ?? ''),
  };
}

/** The versions in one shard. Throws when the bytes are no shard. */
export async function readShard(bytes: Uint8Array): Promise<Set<string>> {
  const shard = unpack(await decompress(bytes, LIMIT));
  const records: { version?: unknown }[] = ['packages', 'packages.conda'].flatMap((part) =>
    Object.values(shard[part] ?? {}),
  );
  return new Set(records.map((record) => String(record.version)));
}

/** Every name of the index, its versions still unknown. */
export function namesOf(index: ShardIndex): Versions {
  return new Map([...index.shards.keys()].map((name) => [name, new Set()]));
}
