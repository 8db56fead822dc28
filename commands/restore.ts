import { defineCommand, requesterOf } from './command.ts';

export const restore = defineCommand({
  name: 'restore',
  group: 'leave',
  summary: 'build a revision that was let go again, exactly as it was',
  usage: 'restore NAME[@REVISION]',
  examples: ['restore churn@2'],
  whoCanUse: 'its owner and operators',
  notes: ['Nothing is solved: the lock that was kept gives the same archive, to the byte.'],
  args: { positionals: { revision: { kind: 'revision', required: true } } },
  async run({ revision: { environment, revision } }, context) {
    const { services } = context;
    const requester = requesterOf(context);
    const { build, joined } = await services.restore(environment, revision, requester);
    return { kind: 'build', build, audience: joined ? 'requester' : 'channel' };
  },
});
