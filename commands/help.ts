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
  async run(args, { commands: all, services, user }) {
    // While it cannot be known, everything is shown: a refusal says more than a missing line.
    const hidden = await services.standing({ user }).then(
      ({ withheld }) => withheld.commands,
      (): readonly string[] => [],
    );
    const commands = all.filter(({ name }) => args.topic !== null || !hidden.includes(name));
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
