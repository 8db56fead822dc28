import { isLetGo } from '../src/domain/environment.ts';
import { defineCommand, readerOf } from './command.ts';

export const list = defineCommand({
  name: 'list',
  group: 'use',
  onFirstPage: true,
  aliases: ['ls'],
  summary: 'all environments, or only yours',
  usage: 'list [--mine] [--all]',
  examples: ['list', 'list --mine'],
  args: {
    options: {
      mine: { kind: 'flag', summary: 'only what you own' },
      all: { kind: 'flag', summary: 'also what was let go' },
    },
  },
  reads: true,
  async run(args, context) {
    const { services, user } = context;
    const known = await services.environments();
    const all = args.all ? known : known.filter((each) => !isLetGo(each));
    const environments = args.mine ? all.filter((environment) => environment.owner === user) : all;
    const others = args.mine ? all.length - environments.length : null;
    return { kind: 'environments', environments, others, reader: await readerOf(context) };
  },
});
