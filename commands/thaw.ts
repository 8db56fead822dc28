import { frozenBy } from '../src/domain/freeze.ts';
import { defineCommand, requesterOf } from './command.ts';

export const thaw = defineCommand({
  name: 'thaw',
  group: 'lookAfter',
  aliases: ['unfreeze'],
  summary: 'end a freeze',
  usage: 'thaw [EDGE]',
  examples: ['thaw'],
  whoCanUse: 'operators',
  notes: ['Without an edge the freeze of every edge is ended; edges frozen by themselves stay so.'],
  args: { positionals: { edge: { kind: 'edge' } } },
  async run({ edge }, context) {
    const { services } = context;
    const ended = await services.thaw(edge, requesterOf(context));
    const where = edge === null ? 'Every edge' : `\`${edge}\``;
    return {
      kind: 'notice',
      tone: 'success',
      text: [`${where} can be staged on again. `, ...frozenBy(ended)],
    };
  },
});
