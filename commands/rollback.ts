import { userError } from '../src/domain/errors.ts';
import { referenceLabel } from '../src/domain/reference.ts';
import { defineCommand, requesterOf } from './command.ts';

export const rollback = defineCommand({
  name: 'rollback',
  group: 'change',
  summary: 'make the revision before the default one again: what `NAME` alone means',
  usage: 'rollback NAME[@REVISION|:TAG] [--to REVISION|TAG]',
  examples: ['rollback churn', 'rollback churn --to 2', 'rollback churn@2'],
  whoCanUse: 'its owner and operators',
  notes: [
    'Nothing is built or removed: every revision is still there under its number, and tags stay where they are.',
    'The next build of the environment is the default one again.',
  ],
  args: {
    positionals: { revision: { kind: 'revision', required: true } },
    options: {
      to: { kind: 'which', value: 'REVISION|TAG', summary: 'this one, before or after' },
    },
  },
  async run({ revision: { environment, revision }, to }, context) {
    if (to !== null && revision !== null) {
      throw userError({
        code: 'repeated-option',
        message: 'Two revisions are named to go to.',
        suggestion: `Name one: \`rollback ${referenceLabel(environment, revision)}\`.`,
      });
    }
    const which = to ?? revision;
    const moved = await context.services.rollback(environment, which, requesterOf(context));
    return { kind: 'move', ...moved };
  },
});
