import { defineCommand, requesterOf } from './command.ts';

export const clone = defineCommand({
  name: 'clone',
  group: 'share',
  onFirstPage: true,
  aliases: ['copy', 'cp'],
  summary: 'copy a revision, with its very packages, under a name of your own',
  usage: 'clone NAME[@REVISION|:TAG] [as] MINE',
  examples: ['clone churn as my-churn', 'clone churn:prod as my-churn'],
  notes: [
    'Nothing is solved: the copy has the same packages and the same code, to the byte. From then on it is yours, and what becomes of the other one does not change it.',
  ],
  args: {
    positionals: {
      revision: { kind: 'revision', required: true },
      as: { kind: 'environment', required: true, after: 'as' },
    },
    options: {
      edge: {
        kind: 'edge',
        many: true,
        value: 'NAME',
        summary: 'the edge nodes it goes to, instead of those of the other one',
      },
    },
  },
  async run({ revision: { environment: name, revision: which }, as, edge }, context) {
    const { services } = context;
    const { build, joined } = await services.clone({ name, which }, as, edge, requesterOf(context));
    return { kind: 'build', build, audience: joined ? 'requester' : 'channel' };
  },
});
