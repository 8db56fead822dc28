import { defineCommand, requesterOf } from './command.ts';

export const retry = defineCommand({
  name: 'retry',
  group: 'failure',
  summary: 'run a failed or cancelled build again, from where it stopped',
  usage: 'retry NAME|BUILD',
  examples: ['retry churn'],
  whoCanUse: 'who asked for the build, and operators',
  args: { positionals: { build: { kind: 'build', required: true } } },
  async run(args, context) {
    const build = await context.services.findBuild(args.build);
    const again = await context.services.retry(build, requesterOf(context));
    // Where there is a live message it goes on, and everyone sees it there.
    const audience = again.message === null ? 'channel' : 'requester';
    return { kind: 'build', build: again, audience };
  },
});
