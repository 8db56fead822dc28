import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { userError } from '../domain/errors.ts';
import { printable } from '../domain/names.ts';
import { meantOf } from '../domain/near-names.ts';
import { ROOT } from '../root.ts';
import { JSON_OPTION, type TerminalCommand } from './command.ts';

const DEEDS = ['up', 'down', 'status'];
const LAB = join(ROOT, 'deploy', 'lab', 'lab.ts');

export const command: TerminalCommand = {
  options: { json: JSON_OPTION },
  // A process of its own, because nothing in src may import the lab.
  async run(words, usage) {
    const [said = ''] = words.filter((word) => !word.startsWith('-'));
    if (!DEEDS.includes(said)) {
      throw userError({
        code: 'usage',
        message:
          said === '' ? 'Nothing is said to the lab.' : `The lab knows no \`${printable(said)}\`.`,
        suggestion: said === '' ? `Usage: ${usage}` : meantOf(said, DEEDS).suggestion,
      });
    }
    if (!existsSync(LAB)) {
      throw userError({
        code: 'no-lab',
        message: 'The lab is no part of the installed package; it is in a clone of the repository.',
        suggestion: 'In a clone type `sh deploy/lab/prepare && src/conda-ferry lab up`',
      });
    }
    const child = spawn(process.execPath, [LAB, ...words], { stdio: 'inherit' });
    const [code] = await once(child, 'exit');
    return (code as number | null) ?? 2;
  },
};
