import { updatePackages } from '../src/domain/edit.ts';
import { userError } from '../src/domain/errors.ts';
import { defineCommand } from './command.ts';
import { answerEdit, EDIT_ARGS } from './edit/answer.ts';

export const update = defineCommand({
  name: 'update',
  group: 'change',
  onFirstPage: true,
  aliases: ['upgrade'],
  summary: 'newer versions of the packages named, or of all that was asked for',
  usage: 'update NAME[@REVISION|:TAG] [PACKAGE…] [--latest] [--yes]',
  examples: ['update churn numpy', 'update churn', 'update churn --latest'],
  whoCanUse: 'its owner and operators',
  notes: [
    'What would change is shown first; a button builds exactly that. `--yes` builds it at once.',
    'Constraints hold: `numpy=1.26` stays 1.26, and `update churn "numpy>=2"` asks for another one.',
    'Packages that are not named move only where the newer ones need it; with `--latest` all may, those that only came along, too.',
  ],
  args: {
    positionals: {
      revision: EDIT_ARGS.positionals.revision,
      specs: { kind: 'spec', many: true },
    },
    options: {
      latest: {
        kind: 'flag',
        summary: 'every package as new as there is, those that came along too',
      },
      ...EDIT_ARGS.options,
    },
  },
  reads: ({ yes }) => !yes,
  async run(args, context) {
    const latest = args.latest === true;
    if (latest && args.specs.length > 0) {
      throw userError({
        code: 'latest-of-some',
        message: '`--latest` lifts every package, and some are named.',
        suggestion: 'Leave `--latest` out for those alone, or name none.',
      });
    }
    const options = latest ? ['--latest'] : [];
    const edit = (base: Parameters<typeof updatePackages>[0]) =>
      updatePackages(base, args.specs, latest);
    return answerEdit({ verb: 'update', args, options, edit }, context);
  },
});
