import type { Store } from '../../domain/ports.ts';
import { formatSpec } from '../../domain/spec.ts';
import { BLOCK } from '../../domain/stored.ts';
import type { StoreKeys } from './keys.ts';
import { FORMAT, readStored, unreadable } from './records.ts';
import type { RedisLink } from './redis.ts';

/** Blocks by spec. One that cannot be read is refused: what it blocks must not be installed. */
export function storeBlocks(
  link: RedisLink,
  keys: StoreKeys,
): Pick<Store, 'readBlocks' | 'writeBlock' | 'removeBlock'> {
  return {
    async readBlocks() {
      const stored = await link.call((redis) => redis.hgetall(keys.blocks));
      return Object.entries(stored)
        .map(([name, text]) => {
          const block = readStored(text, 'block', BLOCK);
          if (block === null) throw unreadable(`the block of ${name}`, text);
          return block;
        })
        .sort((left, right) => left.at - right.at);
    },

    async writeBlock(block) {
      const text = JSON.stringify({ format: FORMAT, block });
      await link.call((redis) => redis.hset(keys.blocks, formatSpec(block.spec), text));
    },

    async removeBlock(spec) {
      return (await link.call((redis) => redis.hdel(keys.blocks, formatSpec(spec)))) === 1;
    },
  };
}
