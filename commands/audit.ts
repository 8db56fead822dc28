import { defineCommand } from './command.ts';

const DAY_MS = 24 * 3600 * 1000;
/** As many as one answer holds, and as many as a file may have. */
const SHOWN = 20;
const EXPORTED = 10_000;

export const audit = defineCommand({
  name: 'audit',
  group: 'lookAfter',
  summary: 'who did what, when and from where',
  usage: 'audit [--user U] [--environment NAME] [--since 7d] [--last N] [--export json|csv]',
  examples: ['audit', 'audit --environment churn --since 30d', 'audit --since 24h --export csv'],
  notes: [
    'Shown is what you did yourself and what was done to your environments; operators see everything.',
  ],
  isPrivate: true,
  args: {
    options: {
      user: { kind: 'user', value: 'U', summary: 'only what this person did' },
      environment: { kind: 'environment', value: 'NAME', summary: 'only what was done to it' },
      since: { kind: 'age', value: '7d', summary: 'how far back: `24h`, `7d` (default), `4w`' },
      last: { kind: 'count', value: 'N', summary: 'the newest so many' },
      export: { kind: 'export', value: 'json|csv', summary: 'every field, for other programs' },
    },
  },
  async run(args, { services, user, channel, team }) {
    const format = args.export;
    const limit = args.last ?? (format === null ? SHOWN : EXPORTED);
    const { environment } = args;
    const filter = { user: args.user, environment, withinMs: args.since ?? 7 * DAY_MS, limit };
    const { entries, more } = await services.audit(filter, { user, channel, team });
    return { kind: 'audit', entries, more, limit, format };
  },
});
