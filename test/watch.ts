/**
 * What `npm run watch` does: the checks and the fast suites (or the files whose path begins so),
 * again after every change of a source.
 *
 *     node test/watch.ts                 as `npm run fast`
 *     node test/watch.ts test/domain …   only these
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { watch } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..');
/** Editors write several files, or one in several steps. */
const PAUSE_MS = 200;

const parts = process.argv.slice(2);
const words = [join(import.meta.dirname, 'run.ts'), ...(parts.length > 0 ? parts : ['--fast'])];
let running: ChildProcess | null = null;
let isStale = false;

function again(): void {
  if (running !== null) {
    isStale = true;
    return;
  }
  isStale = false;
  running = spawn(process.execPath, words, { cwd: ROOT, stdio: 'inherit' });
  running.once('exit', () => {
    running = null;
    if (isStale) again();
    else process.stdout.write('Waiting for a change; Ctrl-C ends this.\n\n');
  });
}

let pause: NodeJS.Timeout | undefined;
for (const folder of ['commands', 'deploy', 'src', 'test']) {
  watch(join(ROOT, folder), { recursive: true }, (_, name) => {
    // What the tests themselves write there is no change.
    if (name === null || /(^|\/)\.out\//.test(name) || !/\.(ts|json|txt|py|yaml)$/.test(name))
      return;
    clearTimeout(pause);
    pause = setTimeout(again, PAUSE_MS);
  });
}
again();
