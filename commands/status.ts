import { userError } from '../src/domain/errors.ts';
import { defineCommand } from './command.ts';

export const status = defineCommand({
  name: 'status',
  group: 'make',
  onFirstPage: true,
  summary: 'how a build is doing; without a name, the newest builds',
  usage: 'status [NAME|BUILD] [--all]',
  examples: ['status churn', 'status'],
  args: {
    positionals: { build: { kind: 'build' } },
    options: { all: { kind: 'flag', summary: 'all that runs, and where; for operators' } },
  },
  reads: true,
  async run(args, context) {
    const { services } = context;
    if (args.all === true) {
      if (args.build !== null) throw notOfOne();
      return { kind: 'operations', operations: await services.operations(context) };
    }
    if (args.build === null)
      return { kind: 'builds', builds: await services.builds({ limit: 10 }) };
    const build = await services.findBuild(args.build);
    // Asked for by one person, so only they see it: the live message is where it was.
    const outlook = await services.outlook(build);
    return { kind: 'build', build, audience: 'requester', outlook };
  },
});

function notOfOne() {
  return userError({
    code: 'too-much',
    message: '`--all` is of everything that runs, and of no single build.',
    suggestion: 'Leave out one of the two.',
  });
}
