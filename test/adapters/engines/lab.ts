import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Channel, Progress } from '../../../src/domain/ports.ts';
import { execFileSync } from '../../harness/command.ts';

/** What the lab has put on this machine, and the reason to skip a test where it has not. */

const root = join(import.meta.dirname, '..', '..', '..');
const lab = join(root, '.lab');

export const labPython = join(lab, 'python', 'bin', 'python');
export const labChannel: Channel = {
  name: 'lab',
  url: pathToFileURL(join(lab, 'channel')).href,
};

export function whyNoLabPython(): string | false {
  return existsSync(labPython) ? false : 'the lab has no Python: run deploy/lab/prepare';
}

export function whyNoLabChannel(): string | false {
  const index = join(lab, 'channel', 'linux-64', 'repodata.json');
  return existsSync(index) ? false : 'the lab has no channel: run deploy/lab/prepare';
}

const condaExecutable = join(lab, 'conda-real', 'bin', 'conda-real');
const condaInstaller = join(root, '..', 'shared', 'lab', 'conda', 'install-conda.sh');

/** No registry serves conda itself: it is either installed here already or its recipe lies beside the project. */
export function whyNoConda(): string | false {
  const isThere = existsSync(condaExecutable) || existsSync(condaInstaller);
  return isThere ? false : 'there is no conda on this machine, and no recipe beside the project';
}

/** Path of a real conda, installed on first use; about ten seconds. */
export function prepareConda(): string {
  if (!existsSync(condaExecutable)) {
    // Test files run side by side: the second waits for the first, and finds it done.
    const install = '[ -x "$1" ] || bash "$2" "$3"';
    const words = ['sh', condaExecutable, condaInstaller, join(lab, 'conda-real')];
    execFileSync('flock', [`${lab}/conda-real.lock`, 'sh', '-c', install, ...words]);
  }
  return condaExecutable;
}

/** Progress that is kept, and a signal of its own. */
export function recordProgress(signal: AbortSignal = new AbortController().signal) {
  const lines: string[] = [];
  const details: string[] = [];
  const progress: Progress = {
    signal,
    log: (line) => lines.push(line),
    detail: (text) => details.push(text),
  };
  return { progress, lines, details };
}
