import { userError } from '../src/domain/errors.ts';
import { MOST_ENTRIES } from '../src/domain/pages.ts';
import { defineCommand, requesterOf } from './command.ts';

export const schedule = defineCommand({
  name: 'schedule',
  group: 'lookAfter',
  aliases: ['schedules'],
  summary: 'build an environment by itself when newer packages come; alone, what is scheduled',
  usage: 'schedule [NAME daily|weekly|monthly|off] [--tell-only]',
  examples: ['schedule', 'schedule churn weekly', 'schedule churn off'],
  whoCanUse: 'owner of the environment, operators',
  notes: [
    'At its time, what was asked for is solved with the newest that its constraints allow. Where packages change, it is built as its owner, under all the rules that hold for them, and proven like every build; then its name means the new revision. Where that fails, the name means what it meant.',
    'The owner gets one direct message of what changed, or why it could not be; none where nothing changed, and none again for the same.',
    'People come first: a scheduled build waits behind theirs, and is put off while somebody builds that environment. Nothing that somebody has gone back from with `rollback` is built again.',
    '`--tell-only` builds nothing: the owner hears of what would change.',
  ],
  args: {
    positionals: { environment: { kind: 'environment' }, every: { kind: 'period' } },
    options: { 'tell-only': { kind: 'flag', summary: 'build nothing, only tell its owner' } },
  },
  reads: ({ environment }) => environment === null,
  async run({ environment: name, every, 'tell-only': tells }, context) {
    const { services } = context;
    if (name === null) return { kind: 'schedules', ...(await services.scheduled(MOST_ENTRIES)) };
    if (every === null) {
      throw userError({
        code: 'missing-argument',
        message: '`schedule` needs how often to build.',
        suggestion: `Write \`schedule ${name} weekly\`, or \`daily\`, \`monthly\` or \`off\`.`,
      });
    }
    const tellOnly = tells === true;
    const period = every === 'off' ? null : every;
    await services.schedule(name, period, tellOnly, requesterOf(context));
    const does = tellOnly
      ? `The owner of \`${name}\` hears ${every} of what would change; nothing is built.`
      : `\`${name}\` is built ${every} where newer packages come; its owner hears of it directly.`;
    const text =
      every === 'off'
        ? `\`${name}\` is not scheduled any more.`
        : `${does} The first look is within minutes. \`schedule ${name} off\` ends it.`;
    return { kind: 'notice', tone: 'success', text };
  },
});
