import { userError } from '../src/domain/errors.ts';
import { defineCommand, requesterOf } from './command.ts';

export const freeze = defineCommand({
  name: 'freeze',
  group: 'lookAfter',
  summary: 'stage nothing new on an edge for a while; without anything, what is frozen',
  usage: 'freeze [EDGE] --why TEXT',
  examples: ['freeze', 'freeze --why Quarter end closing'],
  whoCanUse: 'operators',
  notes: [
    'Without an edge every edge is frozen. `thaw` ends it.',
    'What is staged stays usable, and what is being copied already is finished. A build that comes to staging meanwhile fails and says why; Retry goes on from there.',
  ],
  args: {
    positionals: { edge: { kind: 'edge' } },
    options: { why: { kind: 'sentence', value: 'TEXT', summary: 'told to whoever is refused' } },
  },
  reads: ({ edge, why }) => edge === null && why === null,
  async run({ edge, why }, context) {
    const { services } = context;
    if (edge === null && why === null)
      return { kind: 'freezes', freezes: await services.freezes() };
    if (why === null) {
      throw userError({
        code: 'missing-why',
        message: '`freeze` needs a reason, for whoever is refused.',
        suggestion: 'Write it after `--why`; it needs no quotes.',
      });
    }
    await services.freeze(edge, why, requesterOf(context));
    const thaw = edge === null ? 'thaw' : `thaw ${edge}`;
    return {
      kind: 'notice',
      tone: 'success',
      text: `Nothing new is staged on ${edge === null ? 'any edge' : `\`${edge}\``} now. \`${thaw}\` ends it.`,
    };
  },
});
