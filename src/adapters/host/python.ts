import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type FerryError, outsideError } from '../../domain/errors.ts';
import { networkEnvironment } from './network.ts';
import { cleanEnvironment, findExecutable, run } from './process.ts';

export interface PythonRequest {
  /** An interpreter the operator made ready; nothing is installed into it. */
  existing?: string | null;
  /** The Python to make the virtual environment with: a name on the PATH, or an absolute path. */
  python3: string;
  /** Folder that holds the virtual environments, one for each content of the requirements file. */
  directory: string;
  /** Pinned requirements: `deploy/requirements.txt`. */
  requirementsFile: string;
  log: (line: string) => void;
  signal?: AbortSignal;
  /** PATH, HOME, proxies and pip's own settings are read from it. */
  environment?: Readonly<Record<string, string | undefined>>;
}

const INSTALL_SECONDS = 900;

/**
 * The interpreter that has py-rattler, uv and the Redis-compatible server: the operator's, or one in
 * a private virtual environment made once. Its name holds the sha256 of the requirements, so a
 * new version of the product makes a new one. Two processes may ask at the same time.
 * Throws `python-missing`, `venv-missing` or `python-packages`.
 */
export async function ensurePython(request: PythonRequest): Promise<{ python: string }> {
  const environment = request.environment ?? process.env;
  const path = environment.PATH ?? '';
  if (request.existing) {
    const python = findExecutable(request.existing, path);
    if (python === null) throw missing(request.existing);
    return { python };
  }
  const requirements = await readFile(request.requirementsFile);
  const digest = createHash('sha256').update(requirements).digest('hex').slice(0, 16);
  const home = join(request.directory, `python-${digest}`);
  const python = join(home, 'bin', 'python');
  if (existsSync(python)) return { python };

  const python3 = findExecutable(request.python3, path);
  if (python3 === null) throw missing(request.python3);
  request.log('making the private Python environment; this happens once');
  await mkdir(request.directory, { recursive: true });
  const part = await mkdtemp(join(request.directory, `python-${digest}.part-`));
  const execute = (file: string, args: readonly string[]) =>
    run({
      file,
      args,
      cwd: part,
      // The operator's own home: pip reads its index and certificates from there.
      env: cleanEnvironment({
        home: environment.HOME ?? part,
        path,
        named: networkEnvironment(environment),
      }),
      signal: request.signal ?? new AbortController().signal,
      timeoutSeconds: INSTALL_SECONDS,
      idleSeconds: null,
      onLine: request.log,
    });
  try {
    const made = await execute(python3, ['-m', 'venv', part]);
    if (made.code !== 0) throw noVenv(made.tail.join('\n'));
    const pip = ['-m', 'pip', 'install', '--quiet', '--no-input', '--only-binary', ':all:'];
    const source = ['--requirement', request.requirementsFile];
    const installed = await execute(join(part, 'bin', 'python'), [...pip, ...source]);
    if (installed.code !== 0) throw noPackages(request.requirementsFile, installed.tail.join('\n'));
    await publish(part, home);
  } finally {
    await rm(part, { recursive: true, force: true });
  }
  return { python };
}

/**
 * Scripts in a virtual environment name the folder it was made in, but its interpreter does not,
 * and only the interpreter is ever run.
 */
async function publish(part: string, home: string): Promise<void> {
  try {
    await rename(part, home);
  } catch (error) {
    // Another process was faster; its environment is as good as ours.
    if (!existsSync(join(home, 'bin', 'python'))) throw error;
  }
}

function missing(python3: string): FerryError {
  return outsideError({
    code: 'python-missing',
    message: `There is no Python to run: \`${python3}\` is not there or cannot be run.`,
    suggestion: 'Install Python 3.11 or newer, or name one as `python` in the configuration.',
  });
}

function noVenv(details: string): FerryError {
  return outsideError({
    code: 'venv-missing',
    message: 'Python could not make a virtual environment.',
    suggestion: 'On Debian: apt-get install python3-venv.',
    details,
  });
}

function noPackages(requirementsFile: string, details: string): FerryError {
  return outsideError({
    code: 'python-packages',
    message: 'The Python packages of the embedded engine could not be installed.',
    suggestion: `Give pip a way to its index, or install ${requirementsFile} elsewhere and name that interpreter as \`python\`.`,
    details,
    retryable: true,
  });
}
