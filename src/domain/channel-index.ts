/**
 * Files in which a folder of a channel says what it holds, the cheapest first: sharded repodata
 * (CEP 16), then all of it, compressed and plain. Engines and we ask for them in this order.
 */
export const INDEX_FILES = [
  'repodata_shards.msgpack.zst',
  'repodata.json.zst',
  'repodata.json',
] as const;

export type IndexFile = (typeof INDEX_FILES)[number];
