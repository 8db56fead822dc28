import { defineCommand, requesterOf } from './command.ts';

export const tag = defineCommand({
  name: 'tag',
  group: 'share',
  summary: 'give a revision a name that stays: `churn:prod`',
  usage: 'tag NAME[@REVISION|:TAG] TAG',
  examples: ['tag churn@3 prod', 'tag churn:staging prod'],
  whoCanUse: 'its owner and operators',
  notes: [
    'Wherever a revision is asked for, its tag may stand: `run churn:prod`, `show churn:prod`.',
    'A tag that another revision has moves; `show churn` says who moved it, and when. `churn:latest` is always the newest revision.',
  ],
  args: {
    positionals: {
      revision: { kind: 'revision', required: true },
      tag: { kind: 'tag', required: true },
    },
  },
  async run({ revision: { environment, revision }, tag }, context) {
    const { services } = context;
    const moved = await services.tag(environment, revision, tag, requesterOf(context));
    return { kind: 'move', ...moved };
  },
});
