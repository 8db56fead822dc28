import { buffer } from 'node:stream/consumers';
import { createZstdDecompress } from 'node:zlib';
import { INDEX_FILES, type IndexFile } from '../../domain/channel-index.ts';
import type { Fetcher } from '../host/fetch.ts';
import { readRepodata, type Versions } from './repodata.ts';
import { namesOf, readShard, readShardIndex, type ShardIndex } from './shards.ts';

/** What one folder of a channel holds: `linux-64`, `noarch`. */
export interface SubdirContent {
  versions: Versions;
  /** Where the versions of a name are when they are not known yet. */
  index: (ShardIndex & { url: string }) | null;
  file: IndexFile;
  tag: string | null;
}

/** In a folder the plain file is read, which every tool that indexes writes. */
const IN_A_FOLDER = INDEX_FILES.toReversed();
/** A record is about 30 bytes in the index of shards. */
const MOST_INDEX_BYTES = 64e6;

/**
 * Reads a folder of a channel, or finds it as it was `before`. Null when the channel has no such
 * folder. Rejects when that cannot be known.
 */
export async function readSubdir(
  fetcher: Fetcher,
  url: string,
  before: SubdirContent | null,
  signal: AbortSignal,
): Promise<SubdirContent | null> {
  const files = url.startsWith('file:') ? IN_A_FOLDER : INDEX_FILES;
  // What was there last time is asked for first: it is likely to be the same.
  const ordered = before ? [before.file, ...files.filter((file) => file !== before.file)] : files;
  for (const file of ordered) {
    const address = `${url}/${file}`;
    const tag = before?.file === file ? before.tag : null;
    const fetched = await fetcher.get(address, tag, signal);
    if (fetched.state === 'same') return before;
    if (fetched.state === 'absent') continue;
    const { body } = fetched;
    const known = { file, tag: fetched.tag, index: null };
    if (file === 'repodata.json') return { ...known, versions: await readRepodata(body) };
    if (file === 'repodata.json.zst') {
      const plain = body.pipe(createZstdDecompress());
      body.once('error', (error) => plain.destroy(error));
      return { ...known, versions: await readRepodata(plain) };
    }
    const bytes = await buffer(limited(body));
    const index = { ...(await readShardIndex(bytes)), url: address };
    return { ...known, versions: namesOf(index), index };
  }
  return null;
}

/** Fetches the versions of names that are known by name alone. */
export async function completeVersions(
  fetcher: Fetcher,
  { versions, index }: SubdirContent,
  names: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  if (index === null) return;
  const unknown = names.filter((name) => versions.get(name)?.size === 0);
  await Promise.all(
    unknown.map(async (name) => {
      const folder = new URL(index.base.replace(/\/?$/, '/'), index.url);
      const address = new URL(`${index.shards.get(name)}.msgpack.zst`, folder).href;
      const fetched = await fetcher.get(address, null, signal);
      if (fetched.state !== 'found') throw new Error(`the channel lacks the shard of ${name}`);
      versions.set(name, await readShard(await buffer(limited(fetched.body))));
    }),
  );
}

async function* limited(body: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  let bytes = 0;
  for await (const piece of body) {
    bytes += piece.length;
    if (bytes > MOST_INDEX_BYTES) throw new Error('the index of the channel is too large');
    yield piece;
  }
}
