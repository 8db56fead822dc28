/** Runs a script in the sandbox as whoever we are, and prints what it says. Arguments: a folder, the script. */
import { runSandboxed } from '../../../src/adapters/host/sandbox.ts';

const [directory = '', script = ''] = process.argv.slice(2);
const { tail } = await runSandboxed(
  {
    file: '/bin/sh',
    args: ['-c', script],
    readable: [],
    directory,
    named: {},
    signal: new AbortController().signal,
    log: () => undefined,
  },
  'required',
);
process.stdout.write(tail.join('\n'));
