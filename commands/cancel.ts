import { defineCommand, requesterOf } from './command.ts';

export const cancel = defineCommand({
  name: 'cancel',
  group: 'make',
  aliases: ['stop'],
  summary: 'stop a build',
  usage: 'cancel NAME|BUILD',
  examples: ['cancel churn'],
  whoCanUse: 'who asked for the build, and operators',
  args: { positionals: { build: { kind: 'build', required: true } } },
  async run(args, context) {
    const { services } = context;
    const build = await services.findBuild(args.build);
    await services.cancel(build, requesterOf(context));
    return {
      kind: 'notice',
      tone: 'information',
      text: `Stopping the build of \`${build.request.environment}\`. Its message says when it has stopped.`,
    };
  },
});
