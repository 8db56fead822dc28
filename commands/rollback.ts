import { defineCommand, requesterOf } from './command.ts';

export const rollback = defineCommand({
  name: 'rollback',
  group: 'use',
  summary: 'make the revision before the default one again: what `NAME` alone means',
  usage: 'rollback NAME [--to REVISION|TAG]',
  examples: ['rollback churn', 'rollback churn --to 2'],
  whoCanUse: 'owner of the environment, operators',
  notes: [
    'Nothing is built or removed: every revision is still there under its number, and tags stay where they are.',
    'The next build of the environment is the default one again.',
  ],
  args: {
    positionals: { environment: { kind: 'environment', required: true } },
    options: {
      to: { kind: 'which', value: 'REVISION|TAG', summary: 'this one, before or after' },
    },
  },
  async run({ environment, to }, context) {
    const moved = await context.services.rollback(environment, to, requesterOf(context));
    return { kind: 'move', ...moved };
  },
});
