import { requireBlockable } from '../../domain/block.ts';
import { userError } from '../../domain/errors.ts';
import { closest } from '../../domain/near-names.ts';
import type { Blocks } from '../../domain/services/blocks.ts';
import { formatSpec } from '../../domain/spec.ts';
import type { ServicePorts } from './ports.ts';

/** Blocks as the store has them; whoever solves asks there, too. */
export function blocks({ store, clock }: ServicePorts): Blocks {
  return {
    blocks: () => store.readBlocks(),
    async block(spec, why, { user }) {
      requireBlockable(spec);
      const block = { spec, why, user, at: clock.now() };
      await store.writeBlock(block);
      return block;
    },
    async unblock(spec) {
      const known = await store.readBlocks();
      const text = formatSpec(spec);
      const ended = known.find((block) => formatSpec(block.spec) === text);
      if (ended !== undefined && (await store.removeBlock(ended.spec))) return ended;
      const near = closest(
        spec.name,
        known.map((block) => block.spec.name),
      );
      const same = known.filter((block) => block.spec.name === near);
      throw userError({
        code: 'not-blocked',
        message: `\`${text}\` is not blocked${near === spec.name ? ' in these words' : ''}.`,
        suggestion:
          same.length > 0
            ? `There is ${same.map((block) => `\`${formatSpec(block.spec)}\``).join(', ')}.`
            : '`block` lists what is.',
      });
    },
  };
}
