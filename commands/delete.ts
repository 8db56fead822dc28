import { defineCommand, requesterOf } from './command.ts';

export const letGo = defineCommand({
  name: 'delete',
  group: 'leave',
  onFirstPage: true,
  summary: 'let an environment go, or one revision of it; its lock is kept',
  usage: 'delete NAME[@REVISION] [--yes] [--force] [--forget]',
  examples: ['delete churn@2', 'delete churn'],
  whoCanUse: 'its owner and operators',
  notes: [
    'First it says what would go. What a tag means and what is being built is not let go.',
    'Nor is what an application on the cluster used lately, or where the cluster does not say: then an operator may `--force` it.',
    'Its bytes leave the edge nodes, HDFS and the build host. The list of its packages is kept: `restore NAME@REVISION` builds the same archive again.',
    'The name stays yours until `delete NAME --forget`, which drops all that is recorded of it.',
  ],
  args: {
    positionals: { revision: { kind: 'revision', required: true } },
    options: {
      yes: { kind: 'flag', summary: 'without asking first' },
      force: {
        kind: 'flag',
        summary: 'whoever uses it, and with --forget whatever is left on edges; for operators',
      },
      forget: { kind: 'flag', summary: 'make a name free that has nothing behind it any more' },
    },
  },
  async run({ revision: { environment, revision }, yes, force, forget }, context) {
    const { services } = context;
    const requester = requesterOf(context);
    const forced = force ?? false;
    if (forget) {
      const left = await services.forget(environment, forced, requester);
      const where = left.map((path) => `\`${path}\``).join(', ');
      const still = left.length === 0 ? '' : ` What nobody removes any more: ${where}.`;
      const text = `\`${environment}\` is forgotten; the name is free.${still}`;
      return { kind: 'notice', tone: 'success', text };
    }
    if (!yes) {
      const leaving = await services.leaving(environment, revision, forced, requester);
      return { kind: 'leaving', ...leaving };
    }
    return { kind: 'left', ...(await services.letGo(environment, revision, forced, requester)) };
  },
});
