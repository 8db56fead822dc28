import { MOST_ENTRIES, pagesOf, startOf } from '../src/domain/pages.ts';
import { defineCommand } from './command.ts';

export const search = defineCommand({
  name: 'search',
  group: 'use',
  summary: 'which environments have a package',
  usage: 'search PACKAGE… [--all] [--page N]',
  examples: ['search openssl', 'search "openssl<3.0.15"', 'search numpy=1.26 pandas --all'],
  notes: [
    'Looked through is everything that is installed, what only came along too, of conda and of pip: in the revisions that names and tags mean.',
    'Of several packages, environments that have one of them are shown.',
  ],
  args: {
    positionals: { specs: { kind: 'spec', many: true, required: true } },
    options: {
      all: { kind: 'flag', summary: 'also older revisions, and those let go' },
      page: { kind: 'count', value: 'N', summary: 'the next ones, where there are many' },
    },
  },
  reads: true,
  async run({ specs, all, page: asked }, { services }) {
    const find = (page: number) =>
      services.search(specs, { all: all === true, start: startOf(page), limit: MOST_ENTRIES });
    const result = await find(asked ?? 1);
    const page = Math.min(asked ?? 1, pagesOf(result.count.revisions));
    const shown = page === (asked ?? 1) ? result : await find(page);
    return { kind: 'search', specs, all: all === true, page, ...shown };
  },
});
