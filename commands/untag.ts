import { userError } from '../src/domain/errors.ts';
import { defineCommand, requesterOf } from './command.ts';

export const untag = defineCommand({
  name: 'untag',
  group: 'share',
  summary: 'take a tag away; the revision stays',
  usage: 'untag NAME:TAG',
  examples: ['untag churn:prod', 'untag churn prod'],
  whoCanUse: 'its owner and operators',
  args: {
    positionals: {
      revision: { kind: 'revision', required: true },
      tag: { kind: 'tag' },
    },
  },
  async run({ revision: { environment, revision }, tag }, context) {
    const tags = [tag, revision].filter((each) => typeof each === 'string');
    const [named, second] = tags;
    if (named === undefined || second !== undefined) {
      throw userError({
        code: 'missing-argument',
        message: `\`untag\` needs one tag of \`${environment}\`.`,
        suggestion: `Write \`untag ${environment}:prod\`; \`show ${environment}\` says which it has.`,
      });
    }
    const moved = await context.services.untag(environment, named, requesterOf(context));
    return { kind: 'move', ...moved };
  },
});
