import { revisionLabel } from '../src/domain/environment.ts';
import { lockFile } from '../src/domain/lock-file.ts';
import { defineCommand } from './command.ts';

export const lock = defineCommand({
  name: 'lock',
  group: 'share',
  onFirstPage: true,
  aliases: ['export'],
  summary: 'a file that makes the same environment anywhere',
  usage: 'lock NAME[@REVISION|:TAG] [--as FORMAT]',
  examples: ['lock churn', 'lock churn:prod --as environment.yml'],
  notes: [
    '`explicit` has every address with its sha256, for `conda create --file`; `environment.yml` every version with its build; `requirements.txt` what pip installed; `cyclonedx` is a bill of materials.',
    'In a terminal the file is all that is printed: `conda-ferry exec -- "lock churn" > churn.explicit.txt`.',
  ],
  args: {
    positionals: { revision: { kind: 'revision', required: true } },
    options: {
      as: {
        kind: 'lockFormat',
        value: 'explicit|environment.yml|requirements.txt|conda-lock|pixi|cyclonedx',
        summary: 'the kind of file (default explicit)',
      },
    },
  },
  reads: true,
  async run({ revision: { environment: name, revision: which }, as }, { services }) {
    const { number, lock, projects } = await services.findRevision(name, which);
    const label = revisionLabel(name, number);
    return { kind: 'file', file: lockFile({ label, name, lock, projects }, as ?? 'explicit') };
  },
});
