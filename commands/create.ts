import { defineCommand, requesterOf } from './command.ts';
import { answerTo, whileSolving } from './create/answer.ts';
import { REQUEST_ARGS, requestOf, reviewRequest } from './create/arguments.ts';
import { recognizeCreate } from './create/review.ts';

export const create = defineCommand({
  name: 'create',
  group: 'make',
  onFirstPage: true,
  aliases: ['build'],
  summary: 'build an environment, ship it to the cluster and get the line that uses it',
  usage: 'create NAME PACKAGE… [options]',
  examples: [
    'create my-local-env python=3.11 numpy scipy pandas',
    'create churn python=3.11 "numpy>=1.26,<2" pandas --layout global',
  ],
  notes: [
    'With no arguments a form opens.',
    'Packages without a name are asked back; `-n numpy` and `-p numpy` say that `numpy` is the name.',
    'Packages are conda specs: `numpy`, `python=3.11`, `numpy >=1.26,<2`, `conda-forge::pandas=2.2`, `numpy[build=py311*]`; with spaces, commas or line breaks between them.',
    'Packages that conda has not come from pip, with `--pip REQUIREMENT` for each; they never replace what conda brings.',
    'As in conda `python=3.11` is any 3.11, and `python 3.11` is 3.11 exactly.',
    'A file may name the packages: paste an `environment.yml` behind the name, or attach it, a `requirements.txt`, a `pyproject.toml` or a lock to the message.',
    'It is solved first: what cannot be is answered to you alone. The same packages again are answered at once; other packages make the next revision.',
    'The article’s own words work too: `create -n my-global-env --copy -y …` is the global layout, `create -p my-local-env --yes …` the local one.',
    'Eggs (`--py-files x.egg`) are not offered: compiled code in an egg has to be unpacked on every node, often into a home that is not writable. Use `--project`.',
  ],
  args: REQUEST_ARGS,
  review: reviewRequest,
  recognize: recognizeCreate,
  async run(args, context) {
    const request = requestOf(args);
    const requester = requesterOf(context);
    const creating = context.services.createPlanned(request, requester, args.lock);
    return answerTo(await whileSolving(request.environment, creating, context.tell));
  },
});
