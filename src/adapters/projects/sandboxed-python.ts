import { join } from 'node:path';
import type { InstallPin, InstallTarget, Progress } from '../../domain/ports.ts';
import { runSandboxed, type SandboxLimits, type SandboxPolicy } from '../host/sandbox.ts';

export interface Installation extends InstallTarget {
  pins: readonly InstallPin[];
  /** Holds the bytes of every pin under its sha256, already checked. */
  directory: string;
  dataDirectory: string;
  policy: SandboxPolicy;
  limits: Partial<SandboxLimits>;
  progress: Progress;
}

/** How the environment's own pip is called. */
export const PIP = ['-m', 'pip', '--no-input', '--disable-pip-version-check', '--no-cache-dir'];
/** The first moment a zip file can express: wheels built twice are the same bytes. */
const EPOCH = '315532800';

/**
 * Runs the environment's own Python in the sandbox, where the prefix can be read only. A package
 * may hold code that starts with every Python, so even pip is trusted with no more than one folder.
 */
export function runPython(
  args: readonly string[],
  work: string,
  { prefix, policy, limits, progress }: Installation,
  { input, named = {} }: { input?: string; named?: Readonly<Record<string, string>> } = {},
) {
  const bytecode = join(work, 'bytecode');
  const command = {
    file: join(prefix, 'bin', 'python'),
    args: ['-I', '-X', `pycache_prefix=${bytecode}`, ...args],
    readable: [prefix],
    directory: work,
    path: [join(prefix, 'bin')],
    named: {
      SOURCE_DATE_EPOCH: EPOCH,
      PYTHONNOUSERSITE: '1',
      // For the Pythons that pip starts: compiled once in all steps, and nothing beside sources.
      PYTHONPYCACHEPREFIX: bytecode,
      ...named,
    },
    signal: progress.signal,
    log: (line: string) => progress.log(line),
    limits,
    ...(input === undefined ? {} : { input }),
  };
  return runSandboxed(command, policy);
}
