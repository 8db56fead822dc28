import { isSettled } from '../src/domain/build.ts';
import { latestRevision } from '../src/domain/environment.ts';
import { userError } from '../src/domain/errors.ts';
import { defineCommand } from './command.ts';

export const show = defineCommand({
  name: 'show',
  group: 'look',
  aliases: ['info'],
  summary: 'what is in an environment: packages, revisions, where it is staged',
  usage: 'show NAME[@REVISION]',
  examples: ['show churn', 'show churn@2'],
  args: { positionals: { revision: { kind: 'revision', required: true } } },
  async run(args, { services }) {
    const { environment: name, revision: number } = args.revision;
    const environment = await services.findEnvironment(name);
    const revision =
      number === null
        ? latestRevision(environment)
        : environment.revisions.find((candidate) => candidate.number === number);
    if (revision === undefined) {
      throw userError({
        code: 'revision-not-found',
        message: `\`${name}\` has no revision ${number}.`,
        suggestion: `It has ${environment.revisions.map((known) => `\`${name}@${known.number}\``).join(', ') || 'none yet'}.`,
      });
    }
    const [newest] = await services.builds({ environment: name, limit: 1 });
    const building = newest && !isSettled(newest) ? newest : null;
    return { kind: 'environment', environment, revision, building };
  },
});
