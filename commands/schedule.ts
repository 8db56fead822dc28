import { userError } from '../src/domain/errors.ts';
import { defineCommand, requesterOf } from './command.ts';

/** As many as one answer holds. */
const SHOWN = 30;

export const schedule = defineCommand({
  name: 'schedule',
  group: 'lookAfter',
  aliases: ['schedules'],
  summary:
    'be told when an environment would get newer packages; without anything, what is scheduled',
  usage: 'schedule [NAME daily|weekly|monthly|off]',
  examples: ['schedule', 'schedule churn weekly', 'schedule churn off'],
  whoCanUse: 'owner of the environment, operators',
  notes: [
    'What was asked for is solved again at its time. The owner gets a direct message where packages would change, or where it cannot be solved any more; once for the same, and none where nothing changed. Nothing is built unasked.',
    '`show NAME` has what was found the last time.',
  ],
  args: {
    positionals: { environment: { kind: 'environment' }, every: { kind: 'period' } },
  },
  async run({ environment: name, every }, context) {
    const { services } = context;
    if (name === null) {
      const scheduled = (await services.environments()).filter((each) => each.schedule !== null);
      const rows = scheduled
        .slice(0, SHOWN)
        .map((each) => `\`${each.name}\` ${each.schedule?.every}`);
      const more = scheduled.length > SHOWN ? ` and ${scheduled.length - SHOWN} more` : '';
      const text = rows.length === 0 ? 'Nothing is scheduled.' : `${rows.join(', ')}${more}.`;
      return { kind: 'notice', tone: 'information', text };
    }
    if (every === null) {
      throw userError({
        code: 'missing-argument',
        message: '`schedule` needs how often to look.',
        suggestion: `Write \`schedule ${name} weekly\`, or \`daily\`, \`monthly\` or \`off\`.`,
      });
    }
    await services.schedule(name, every === 'off' ? null : every, requesterOf(context));
    return {
      kind: 'notice',
      tone: 'success',
      text:
        every === 'off'
          ? `Newer packages of \`${name}\` are not looked for any more.`
          : `Newer packages of \`${name}\` are looked for ${every}; its owner hears of them directly. \`schedule ${name} off\` ends it.`,
    };
  },
});
