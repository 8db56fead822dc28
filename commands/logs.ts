import { defineCommand } from './command.ts';

const LINES = 40;

export const logs = defineCommand({
  name: 'logs',
  aliases: ['log'],
  summary: 'the last lines of a build’s log',
  usage: 'logs NAME|BUILD [--last N]',
  examples: ['logs churn', 'logs churn --last 200'],
  args: {
    positionals: { build: { kind: 'build', required: true } },
    options: { last: { kind: 'count', value: 'N', summary: `how many lines (default ${LINES})` } },
  },
  async run(args, { services }) {
    const build = await services.findBuild(args.build);
    const last = args.last ?? LINES;
    return { kind: 'log', build, lines: await services.log(build.id, last), last };
  },
});
