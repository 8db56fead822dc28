import { approvalLabel } from '../src/domain/approval.ts';
import { isScheduled } from '../src/domain/schedule.ts';
import { defineCommand, requesterOf } from './command.ts';

export const approve = defineCommand({
  name: 'approve',
  group: 'lookAfter',
  summary: 'say yes to a build or a tag that waits for approval; without anything, what waits',
  usage: 'approve [NAME|APPROVAL]',
  examples: ['approve', 'approve churn'],
  whoCanUse: 'people of the role that a rule names; never who asked',
  notes: [
    'What is approved is exactly what was shown: other packages or other code need another approval.',
  ],
  isPrivate: true,
  args: { positionals: { approval: { kind: 'build' } } },
  async run(args, context) {
    const { services } = context;
    const requester = requesterOf(context);
    if (args.approval === null) {
      const approvals = await services.waitingApprovals();
      return { kind: 'approvals', approvals, user: requester.user };
    }
    const { approval, isDone, build } = await services.approve(args.approval, requester);
    const name = approvalLabel(approval);
    // The owner of what a schedule asked for hears of its end, and nobody waits for it.
    const isWatched = build !== null && !isScheduled(build);
    // Its live message is where it was asked for; whoever decides is told by a message of its own.
    if (isWatched) return { kind: 'build', build, audience: 'channel' };
    const given = `\`${approval.request.environment}@${approval.tag?.revision}\``;
    const text = isDone
      ? `Approved: \`${name}\` is ${build === null ? given : 'built'} now.`
      : `You have approved \`${name}\`; others have to, too.`;
    return { kind: 'notice', tone: 'success', text };
  },
});
