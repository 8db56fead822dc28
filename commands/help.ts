import { userError } from '../src/domain/errors.ts';
import { printable } from '../src/domain/names.ts';
import { closest } from '../src/domain/tokens.ts';
import { defineCommand } from './command.ts';

export const help = defineCommand({
  name: 'help',
  group: 'more',
  aliases: ['?', '-h', '--help'],
  summary: 'what you can say',
  usage: 'help [COMMAND]',
  examples: ['help', 'help create'],
  args: { positionals: { topic: { kind: 'command' } } },
  async run(args, { commands, services }) {
    const topic = commands.find(
      (command) => command.name === args.topic || command.aliases.includes(args.topic ?? ''),
    );
    if (args.topic !== null && !topic) {
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
      command: services.settings.command,
    };
  },
});
