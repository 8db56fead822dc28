import { basename } from 'node:path';
import type { Credential } from '../../domain/credential.ts';
import { outsideError } from '../../domain/errors.ts';
import type { Engine } from '../../domain/ports.ts';
import { networkEnvironment } from '../host/network.ts';
import { findExecutable } from '../host/process.ts';
import type { SandboxPolicy } from '../host/sandbox.ts';
import { CondaEngine } from './conda.ts';
import type { EngineLimits } from './options.ts';
import { RattlerEngine } from './rattler.ts';

export interface EngineChoice {
  configured: 'auto' | 'conda' | 'rattler';
  /** The operator's environment: CONDA_EXE, PATH, proxies and certificates are read from it. */
  environment: Readonly<Record<string, string | undefined>>;
  /** Package caches and the engines' private homes lie here. */
  dataDirectory: string;
  /** The interpreter that has py-rattler; asked for only when rattler is used. */
  python: () => Promise<string>;
  /** What opens private channels. */
  credentials?: readonly Credential[];
  limits?: Partial<EngineLimits>;
  /** Where code of packages runs: left out, in the sandbox alone. */
  sandbox?: SandboxPolicy;
  /** Packages that were not linked for longest are removed above this; left out, none is. */
  cacheBytes?: number;
}

const COMMAND_LINES = ['micromamba', 'mamba', 'conda'];
const LIMITS: EngineLimits = { solveSeconds: 900, createSeconds: 3600, idleSeconds: 900 };

/**
 * CONDA_EXE, or the first of micromamba, mamba and conda on the PATH; else the embedded rattler.
 * Throws `engine-missing` when what the configuration asks for is not there.
 */
export function chooseEngine(choice: EngineChoice): Engine {
  const { configured, environment, dataDirectory, python } = choice;
  const { cacheBytes = Number.POSITIVE_INFINITY, sandbox = 'required', credentials = [] } = choice;
  const network = networkEnvironment(environment);
  const limits = { ...LIMITS, ...choice.limits };
  const found = configured === 'rattler' ? null : findConda(environment);
  const common = { dataDirectory, network, limits, sandbox, cacheBytes, credentials };
  const closed = found && credentials.find((credential) => !canOpen(found.executable, credential));
  if (found && !closed) return new CondaEngine({ ...found, ...common });
  if (found && closed && configured === 'conda') {
    throw outsideError({
      code: 'engine-missing',
      message: `${basename(found.executable)} cannot be told of the ${closed.kind === 'password' ? 'password' : 'token'} that opens ${closed.host}.`,
      suggestion:
        'Set `engine: rattler`, or use conda itself with `usernameFile` and `passwordFile`, or `tokenAs: address`.',
    });
  }
  if (configured === 'conda') {
    throw outsideError({
      code: 'engine-missing',
      message: `The configuration asks for conda, but there is no CONDA_EXE and none of ${COMMAND_LINES.join(', ')} on the PATH.`,
      suggestion: 'Install micromamba, or set `engine: auto` to use the embedded rattler.',
      details: `PATH=${environment.PATH ?? ''}`,
    });
  }
  const reason =
    configured === 'rattler'
      ? 'the configuration asks for it'
      : closed
        ? `embedded, because ${basename(found?.executable ?? '')} cannot be told what opens ${closed.host}`
        : 'embedded, because no conda is on the PATH';
  return new RattlerEngine({ python, reason, ...common });
}

/** conda itself reads passwords from `.netrc`, and tokens of its own form from files; the others have files of theirs. */
function canOpen(executable: string, { kind }: Credential): boolean {
  return !basename(executable).includes('mamba') && kind !== 'header';
}

function findConda(environment: EngineChoice['environment']) {
  const path = environment.PATH ?? '';
  const named = environment.CONDA_EXE;
  if (named) {
    const executable = findExecutable(named, path);
    if (executable) return { executable, reason: 'CONDA_EXE' };
    throw outsideError({
      code: 'engine-missing',
      message: `CONDA_EXE names \`${basename(named)}\`, which is not there or cannot be run.`,
      suggestion: 'Correct CONDA_EXE, or unset it to have one looked for.',
      details: named,
    });
  }
  for (const name of COMMAND_LINES) {
    const executable = findExecutable(name, path);
    if (executable) return { executable, reason: 'found on the PATH' };
  }
  return null;
}
