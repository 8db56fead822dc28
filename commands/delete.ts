import { defineCommand, requesterOf } from './command.ts';

export const letGo = defineCommand({
  name: 'delete',
  group: 'leave',
  onFirstPage: true,
  summary: 'let an environment go, or one revision of it; its lock is kept',
  usage: 'delete NAME[@REVISION] [--yes] [--forget]',
  examples: ['delete churn@2', 'delete churn'],
  whoCanUse: 'its owner and operators',
  notes: [
    'First it says what would go. What a tag means and what is being built is not let go.',
    'Its bytes leave the edge nodes, HDFS and the build host. The list of its packages is kept: `restore NAME@REVISION` builds the same archive again.',
    'The name stays yours until `delete NAME --forget`, which drops all that is recorded of it.',
  ],
  args: {
    positionals: { revision: { kind: 'revision', required: true } },
    options: {
      yes: { kind: 'flag', summary: 'without asking first' },
      forget: { kind: 'flag', summary: 'make a name free that has nothing behind it any more' },
    },
  },
  async run({ revision: { environment, revision }, yes, forget }, context) {
    const { services } = context;
    const requester = requesterOf(context);
    if (forget) {
      await services.forget(environment, requester);
      const text = `\`${environment}\` is forgotten; the name is free.`;
      return { kind: 'notice', tone: 'success', text };
    }
    if (!yes) {
      return { kind: 'leaving', ...(await services.leaving(environment, revision, requester)) };
    }
    return { kind: 'left', ...(await services.letGo(environment, revision, requester)) };
  },
});
