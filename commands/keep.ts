import { defineCommand, requesterOf } from './command.ts';

export const keep = defineCommand({
  name: 'keep',
  group: 'leave',
  summary: 'keep an environment that would be let go because nobody builds it',
  usage: 'keep NAME [--days N]',
  examples: ['keep churn', 'keep churn --days 90'],
  whoCanUse: 'its owner and operators',
  notes: [
    'Without `--days` it is kept as long as one that was just built. A tag keeps a revision for ever: `tag churn prod`.',
  ],
  args: {
    positionals: { environment: { kind: 'environment', required: true } },
    options: { days: { kind: 'count', value: 'N', summary: 'for so many days from now' } },
  },
  async run({ environment: name, days }, context) {
    const { keptUntil } = await context.services.keep(name, days, requesterOf(context));
    const date = new Date(keptUntil ?? 0).toISOString().slice(0, 10);
    return { kind: 'notice', tone: 'success', text: `\`${name}\` is kept until ${date}.` };
  },
});
