import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { zstdCompressSync } from 'node:zlib';
import { pack } from 'msgpackr';
import { readShard, readShardIndex } from '../../../src/adapters/channels/shards.ts';
import { Misfit } from '../../../src/domain/shape.ts';
import fc from '../../harness/properties.ts';

const written = (value: unknown) => zstdCompressSync(pack(value));

describe('sharded repodata', () => {
  test('is read as it is written', async () => {
    const info = { shards_base_url: './shards' };
    const index = await readShardIndex(
      written({ info, shards: { six: Buffer.from('ab', 'hex') } }),
    );
    assert.deepEqual([[...index.shards], index.base], [[['six', 'ab']], './shards']);
    const shard = { packages: {}, 'packages.conda': { 'six-1.0-0.conda': { version: '1.0' } } };
    assert.deepEqual([...(await readShard(written(shard)))], ['1.0']);
  });

  test('that is something else is refused with its place', async () => {
    const index = readShardIndex(written({ info: {}, shards: { six: 'ab' } }));
    await assert.rejects(index, { message: 'shards.six is no sha256' });
    const shard = readShard(written({ packages: { 'six-1.0-0.tar.bz2': { version: 1 } } }));
    await assert.rejects(shard, {
      message: 'packages.six-1.0-0.tar.bz2.version is a number, not text',
    });
  });

  test('is never read from whatever else a server sends', async () => {
    await fc.assert(
      fc.asyncProperty(fc.jsonValue(), async (value) => {
        await readShardIndex(written(value)).catch((error) => assert.ok(error instanceof Misfit));
        await readShard(written(value)).catch((error) => assert.ok(error instanceof Misfit));
      }),
    );
  });
});
