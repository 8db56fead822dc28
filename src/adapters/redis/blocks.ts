import type { Store } from '../../domain/ports.ts';
import { formatSpec } from '../../domain/spec.ts';
import { BLOCK } from '../../domain/stored.ts';
import type { StoreKeys } from './keys.ts';
import { FORMAT, readAll } from './records.ts';
import type { RedisLink } from './redis.ts';

/** Blocks by spec. One that cannot be read is refused: what it blocks must not be installed. */
export function storeBlocks(
  link: RedisLink,
  keys: StoreKeys,
): Pick<Store, 'readBlocks' | 'writeBlock' | 'removeBlock'> {
  return {
    readBlocks: () => readAll(link, keys.blocks, 'block', BLOCK),

    async writeBlock(block) {
      const text = JSON.stringify({ format: FORMAT, block });
      await link.call((redis) => redis.hset(keys.blocks, formatSpec(block.spec), text));
    },

    async removeBlock(spec) {
      return (await link.call((redis) => redis.hdel(keys.blocks, formatSpec(spec)))) === 1;
    },
  };
}
