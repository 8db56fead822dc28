import { addPackages } from '../src/domain/edit.ts';
import type { Revision } from '../src/domain/environment.ts';
import { userError } from '../src/domain/errors.ts';
import { formatRequirement } from '../src/domain/pip.ts';
import { defineCommand } from './command.ts';
import { REQUEST_ARGS } from './create/arguments.ts';
import { answerEdit, EDIT_ARGS } from './edit/answer.ts';

export const add = defineCommand({
  name: 'add',
  group: 'change',
  onFirstPage: true,
  aliases: ['install'],
  summary: 'add packages to an environment, or ask for others of a name; the rest stays as it is',
  usage: 'add NAME[@REVISION|:TAG] [PACKAGE…] [--pip REQUIREMENT] [--yes]',
  examples: ['add churn scipy', 'add churn "numpy<2" --yes', 'add churn --pip "rich>=13"'],
  whoCanUse: 'its owner and operators',
  notes: [
    'What would change is shown first; a button builds exactly that. `--yes` builds it at once.',
    'Channels, code of your own, edges and layout are those of the revision. A package moves only where the new ones cannot be had otherwise.',
    '`add churn "numpy<2"` takes the place of what was asked of `numpy` before.',
  ],
  args: {
    positionals: {
      revision: EDIT_ARGS.positionals.revision,
      specs: { kind: 'spec', many: true },
    },
    options: { pip: REQUEST_ARGS.options.pip, ...EDIT_ARGS.options },
  },
  reads: ({ yes }) => !yes,
  async run(args, context) {
    const { specs, pip } = args;
    if (specs.length + pip.length === 0) {
      throw userError({
        code: 'missing-argument',
        message: '`add` needs at least one package.',
        suggestion: 'Name it behind the environment: `add churn scipy`.',
      });
    }
    const options = pip.map((each) => `--pip "${formatRequirement(each)}"`);
    const edit = (base: Revision) => addPackages(base, specs, pip);
    return answerEdit({ verb: 'add', args, options, edit }, context);
  },
});
