import { MOST_ENTRIES, pagesOf, startOf } from '../src/domain/pages.ts';
import { defineCommand, readerOf } from './command.ts';

export const list = defineCommand({
  name: 'list',
  group: 'use',
  onFirstPage: true,
  aliases: ['ls'],
  summary: 'all environments, or only yours',
  usage: 'list [--mine] [--all] [--page N]',
  examples: ['list', 'list --mine'],
  args: {
    options: {
      mine: { kind: 'flag', summary: 'only what you own' },
      all: { kind: 'flag', summary: 'also what was let go' },
      page: { kind: 'count', value: 'N', summary: 'the next ones, where there are many' },
    },
  },
  reads: true,
  async run(args, context) {
    const { services, user } = context;
    const { mine, all } = { mine: args.mine === true, all: args.all === true };
    const owner = mine ? { owner: user } : {};
    const known = await services.countEnvironments(mine ? user : undefined);
    const count = all ? known.there + known.letGo : known.there;
    const page = Math.min(args.page ?? 1, pagesOf(count));
    const asked = { ...owner, letGo: all, start: startOf(page), limit: MOST_ENTRIES };
    const everybodys = mine ? await services.countEnvironments() : null;
    const others = everybodys && everybodys.there + (all ? everybodys.letGo : 0) - count;
    return {
      ...{ kind: 'environments', environments: await services.environments(asked) },
      ...{ page, count, mine, all, others, letGo: all ? 0 : known.letGo },
      reader: await readerOf(context),
    };
  },
});
