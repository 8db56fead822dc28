import type { Build } from '../src/domain/build.ts';
import type { Services } from '../src/domain/services.ts';
import { defineCommand } from './command.ts';

const LINES = 40;

export const logs = defineCommand({
  name: 'logs',
  group: 'failure',
  onFirstPage: true,
  aliases: ['log'],
  summary: 'the last lines of a build’s log',
  usage: 'logs NAME[@REVISION|:TAG]|BUILD [--last N]',
  examples: ['logs churn', 'logs churn@2', 'logs churn --last 200'],
  whoCanUse: 'who asked for it, its owner, and operators',
  args: {
    positionals: { build: { kind: 'build', required: true } },
    options: { last: { kind: 'count', value: 'N', summary: `how many lines (default ${LINES})` } },
  },
  reads: true,
  async run(args, { services, user }) {
    const last = args.last ?? LINES;
    const { build, passedOver } = await whoseLog(args.build, services);
    // One more than is shown tells whether there is more to ask for.
    const lines = await services.log(build, last + 1, { user });
    return {
      kind: 'log',
      build,
      passedOver,
      lines: lines.slice(-last),
      last,
      more: lines.length > last,
    };
  },
});

/** How far back a build that did something is looked for. */
const MOST_BUILDS = 50;

/**
 * The build whose log is meant: by id or revision that one; by name the newest that did something, since one
 * that found everything in place, or was cancelled while it waited, has nothing to tell.
 */
async function whoseLog(
  reference: string,
  services: Services,
): Promise<{ build: Build; passedOver: Build | null }> {
  const newest = await services.findBuild(reference);
  const isOne = newest.id === reference || reference !== newest.request.environment;
  if (isOne || didSomething(newest)) return { build: newest, passedOver: null };
  const { environment } = newest.request;
  const builds = await services.builds({ environment, limit: MOST_BUILDS });
  const build = builds.find(didSomething);
  return build ? { build, passedOver: newest } : { build: newest, passedOver: null };
}

function didSomething(build: Build): boolean {
  const foundAll = build.state === 'ready' && build.reused;
  const neverBegan = build.state === 'cancelled' && build.startedAt === null;
  return !foundAll && !neverBegan;
}
