import { type CommandContext, defineCommand, requesterOf } from './command.ts';
import { requireNamed } from './named.ts';

const DAY_MS = 24 * 3600 * 1000;
/** As many as one answer holds, and as many as a file may have. */
const SHOWN = 20;
const EXPORTED = 10_000;

export const audit = defineCommand({
  name: 'audit',
  group: 'lookAfter',
  summary: 'who did what, when and from where',
  usage:
    'audit [--who U] [--what COMMAND] [--environment NAME] [--since 7d] [--last N] [--export json|csv]',
  examples: [
    'audit',
    'audit --environment churn --since 30d',
    'audit --what tag --since 24h --export csv',
  ],
  notes: [
    'Shown is what you did yourself and what was done to your environments; operators see everything.',
  ],
  isPrivate: true,
  args: {
    options: {
      who: {
        ...{ kind: 'user', short: '--user', value: 'U' },
        summary: 'only what this person did',
      },
      what: { kind: 'command', value: 'COMMAND', summary: 'only what was done by it: `tag`' },
      environment: { kind: 'environment', value: 'NAME', summary: 'only what was done to it' },
      since: { kind: 'age', value: '7d', summary: 'how far back: `24h`, `7d` (default), `4w`' },
      last: { kind: 'count', value: 'N', summary: 'the newest so many' },
      export: { kind: 'export', value: 'json|csv', summary: 'every field, for other programs' },
    },
  },
  async run(args, context) {
    const { services } = context;
    const format = args.export;
    const limit = args.last ?? (format === null ? SHOWN : EXPORTED);
    const { environment } = args;
    const deed = args.what === null ? null : wordOf(args.what, context.commands);
    const withinMs = args.since ?? 7 * DAY_MS;
    const filter = { user: args.who, deed, environment, withinMs, limit };
    const { entries, more } = await services.audit(filter, requesterOf(context));
    return { kind: 'audit', entries, more, limit, format };
  },
});

/** The name of the command that a word means. */
function wordOf(word: string, commands: CommandContext['commands']): string {
  const instead = (near: string | null) =>
    near ? `Did you mean \`--what ${near}\`?` : '`help all` lists the commands.';
  return requireNamed(word, commands, instead).name;
}
