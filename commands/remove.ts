import { removePackages } from '../src/domain/edit.ts';
import { defineCommand } from './command.ts';
import { answerEdit, EDIT_ARGS } from './edit/answer.ts';

export const remove = defineCommand({
  name: 'remove',
  group: 'change',
  onFirstPage: true,
  aliases: ['uninstall'],
  summary: 'take packages out of an environment, with what only they needed',
  usage: 'remove NAME[@REVISION|:TAG] PACKAGE… [--yes]',
  examples: ['remove churn scipy', 'remove churn@2 scipy pandas'],
  whoCanUse: 'its owner and operators',
  notes: [
    'What would change is shown first; a button builds exactly that. `--yes` builds it at once.',
    'What other packages need cannot be removed; the answer says which ones they are.',
  ],
  args: EDIT_ARGS,
  reads: ({ yes }) => !yes,
  run: (args, context) =>
    answerEdit({ verb: 'remove', args, edit: (base) => removePackages(base, args.specs) }, context),
});
