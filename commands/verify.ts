import { defineCommand, requesterOf } from './command.ts';

export const verify = defineCommand({
  name: 'verify',
  group: 'use',
  aliases: ['prove'],
  summary: 'run the environment on the cluster again and bring back what the executors say',
  usage: 'verify NAME[@REVISION|:TAG]',
  examples: ['verify churn', 'verify churn@2', 'verify churn:prod'],
  whoCanUse: 'who asked for it, its owner, and operators',
  args: { positionals: { revision: { kind: 'revision', required: true } } },
  async run(args, context) {
    const { services } = context;
    const { environment, revision: number } = args.revision;
    const revision = await services.findRevision(environment, number);
    const known = await services.findBuild(revision.buildId);
    const build = await services.verify(known, requesterOf(context));
    if (build.message === null) {
      return {
        kind: 'notice',
        tone: 'information',
        text: `Verifying \`${environment}@${revision.number}\` on the cluster. \`status ${environment}\` shows the evidence.`,
      };
    }
    return {
      kind: 'notice',
      tone: 'information',
      text: `Verifying \`${environment}@${revision.number}\` on the cluster. The evidence will stand in its message.`,
    };
  },
});
