import { addPackages } from '../src/domain/edit.ts';
import { defineCommand } from './command.ts';
import { answerEdit, EDIT_ARGS } from './edit/answer.ts';

export const add = defineCommand({
  name: 'add',
  group: 'use',
  summary: 'add packages to an environment, or ask for others of a name; the rest stays as it is',
  usage: 'add NAME[@REVISION|:TAG] PACKAGE… [--yes]',
  examples: ['add churn scipy', 'add churn "numpy<2" --yes'],
  whoCanUse: 'its owner and operators',
  notes: [
    'What would change is shown first; a button builds exactly that. `--yes` builds it at once.',
    'Channels, code of your own, edges and layout are those of the revision. A package moves only where the new ones cannot be had otherwise.',
    '`add churn "numpy<2"` takes the place of what was asked of `numpy` before.',
  ],
  args: EDIT_ARGS,
  run: (args, context) =>
    answerEdit({ verb: 'add', args, edit: (base) => addPackages(base, args.specs) }, context),
});
