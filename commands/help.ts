import { defineCommand, readerOf } from './command.ts';
import { requireNamed } from './named.ts';

/** Said in the place of a command: the overview of every one. */
const ALL = 'all';

export const help = defineCommand({
  name: 'help',
  group: 'lookAfter',
  aliases: ['?', '-h', '--help'],
  summary: 'what you can say',
  usage: 'help [COMMAND|all]',
  examples: ['help', 'help create', 'help all'],
  notes: ['What you may not use is left out; `help COMMAND` tells of it all the same.'],
  args: { positionals: { topic: { kind: 'command' } } },
  reads: true,
  async run(args, context) {
    const { commands: all, services } = context;
    const { withheld } = await readerOf(context);
    const isOverview = args.topic === null || args.topic === ALL;
    const commands = all.filter(({ name }) => !isOverview || !withheld.includes(name));
    const instead = (near: string | null) =>
      near ? `Did you mean \`help ${near}\`?` : '`help` lists the commands.';
    return {
      kind: 'help',
      topic: isOverview ? null : requireNamed(args.topic, all, instead),
      commands: [...commands],
      all: args.topic === ALL,
      command: services.settings.command,
    };
  },
});
