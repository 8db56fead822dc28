import { userError } from '../src/domain/errors.ts';
import { printable } from '../src/domain/names.ts';
import { closest } from '../src/domain/tokens.ts';
import { defineCommand, readerOf } from './command.ts';

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
    const topic = commands.find(
      (command) => command.name === args.topic || command.aliases.includes(args.topic ?? ''),
    );
    if (args.topic !== null && !isOverview && !topic) {
      const near = closest(
        args.topic,
        commands.map((command) => command.name),
      );
      throw userError({
        code: 'unknown-command',
        message: `There is no command \`${printable(args.topic)}\`.`,
        suggestion: near ? `Did you mean \`help ${near}\`?` : '`help` lists the commands.',
      });
    }
    return {
      kind: 'help',
      topic: topic ?? null,
      commands: [...commands],
      all: args.topic === ALL,
      command: services.settings.command,
    };
  },
});
