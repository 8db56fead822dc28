import { defineCommand, requesterOf } from './command.ts';

export const untag = defineCommand({
  name: 'untag',
  group: 'use',
  summary: 'take a tag away; the revision stays',
  usage: 'untag NAME TAG',
  examples: ['untag churn prod'],
  whoCanUse: 'owner of the environment, operators',
  args: {
    positionals: {
      environment: { kind: 'environment', required: true },
      tag: { kind: 'tag', required: true },
    },
  },
  async run({ environment, tag }, context) {
    const moved = await context.services.untag(environment, tag, requesterOf(context));
    return { kind: 'move', ...moved };
  },
});
