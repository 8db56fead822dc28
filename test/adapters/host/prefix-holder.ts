/**
 * A process that holds prefixes: `hold` takes one and prints its path, `release` gives it back, `work`
 * prints a folder that it works in without end.
 * Arguments: data folder, slots.
 */
import { createInterface } from 'node:readline';
import { inScratch } from '../../../src/adapters/host/scratch.ts';
import { createWorkspace } from '../../../src/adapters/host/workspace.ts';
import type { HeldPrefix } from '../../../src/domain/ports.ts';

const [directory = '', slots = '1'] = process.argv.slice(2);
const workspace = createWorkspace({ directory, slots: Number(slots) });
const { signal } = new AbortController();
let held: HeldPrefix | null = null;

process.stdout.write('ready\n');
for await (const line of createInterface({ input: process.stdin })) {
  if (line === 'hold')
    held = await workspace.acquirePrefix('killed', signal, async () => undefined);
  if (line === 'release') await held?.release();
  if (line === 'work') {
    void inScratch(directory, async (folder) => {
      process.stdout.write(`${folder}\n`);
      await new Promise(() => undefined);
    });
  } else process.stdout.write(`${line === 'hold' ? held?.path : 'released'}\n`);
}
