import { type Environment, isLetGo } from '../src/domain/environment.ts';
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
    const there = args.all ? known : known.filter((each) => !isLetGo(each));
    const mine = (some: Environment[]) =>
      args.mine ? some.filter((environment) => environment.owner === user) : some;
    const environments = mine(there);
    const others = args.mine ? there.length - environments.length : null;
    const letGo = mine(known).length - environments.length;
    return { kind: 'environments', environments, others, letGo, reader: await readerOf(context) };
  },
});
