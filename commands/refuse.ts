import { approvalLabel } from '../src/domain/approval.ts';
import { defineCommand, requesterOf } from './command.ts';

export const refuse = defineCommand({
  name: 'refuse',
  group: 'lookAfter',
  summary: 'say no to what waits for approval',
  usage: 'refuse NAME|APPROVAL [--why TEXT]',
  examples: ['refuse churn --why Use openssl 3.5'],
  whoCanUse: 'people of the role that a rule names',
  isPrivate: true,
  args: {
    positionals: { build: { kind: 'build', required: true } },
    options: { why: { kind: 'sentence', value: 'TEXT', summary: 'told to whoever asked' } },
  },
  async run({ build, why }, context) {
    const { services } = context;
    const reason = why ?? 'no reason was given';
    const refused = await services.refuse(build, reason, requesterOf(context));
    return {
      kind: 'notice',
      tone: 'information',
      text: `Refused: \`${approvalLabel(refused)}\` stays as it is. Whoever asked is told.`,
    };
  },
});
