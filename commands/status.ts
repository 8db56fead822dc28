import { defineCommand } from './command.ts';

export const status = defineCommand({
  name: 'status',
  group: 'make',
  onFirstPage: true,
  summary: 'how a build is doing; without a name, the newest builds',
  usage: 'status [NAME|BUILD]',
  examples: ['status churn', 'status'],
  args: { positionals: { build: { kind: 'build' } } },
  reads: true,
  async run(args, { services }) {
    if (args.build === null)
      return { kind: 'builds', builds: await services.builds({ limit: 10 }) };
    const build = await services.findBuild(args.build);
    // Asked for by one person, so only they see it: the live message is where it was.
    const outlook = await services.outlook(build);
    return { kind: 'build', build, audience: 'requester', outlook };
  },
});
