import { defineCommand } from './command.ts';

export const list = defineCommand({
  name: 'list',
  group: 'look',
  aliases: ['ls'],
  summary: 'all environments, or only yours',
  usage: 'list [--mine]',
  examples: ['list', 'list --mine'],
  args: { options: { mine: { kind: 'flag', summary: 'only what you own' } } },
  async run(args, { services, user }) {
    const all = await services.environments();
    const environments = args.mine ? all.filter((environment) => environment.owner === user) : all;
    const others = args.mine ? all.length - environments.length : null;
    return { kind: 'environments', environments, others };
  },
});
