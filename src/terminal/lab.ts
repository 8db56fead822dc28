import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { JSON_OPTION, type TerminalCommand } from './command.ts';

const LAB = join(import.meta.dirname, '..', '..', 'deploy', 'lab', 'lab.ts');

export const command: TerminalCommand = {
  options: { json: JSON_OPTION },
  // A process of its own, because nothing in src may import the lab.
  async run(words) {
    const child = spawn(process.execPath, [LAB, ...words], { stdio: 'inherit' });
    const [code] = await once(child, 'exit');
    return (code as number | null) ?? 2;
  },
};
