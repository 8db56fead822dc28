import { constants as access, accessSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { constants } from 'node:os';
import { delimiter, isAbsolute, join } from 'node:path';
import type { Options } from 'execa';
import { FerryError, outsideError, stoppedBy, throwIfStopped } from '../../domain/errors.ts';
import { Output, type OutputWish } from './output.ts';

const require = createRequire(import.meta.url);

/** Loaded for the first program: who only asks the store starts none, and it is a hundred files. */
const load = (): typeof import('execa') => require('execa');

/** A program to run. The argument list reaches it literally: no shell is ever involved. */
export interface Command extends OutputWish {
  /** Absolute path, or a name looked up on `env.PATH`. */
  file: string;
  args: readonly string[];
  cwd: string;
  /** The whole environment: nothing is inherited. Made by `cleanEnvironment`. */
  env: Readonly<Record<string, string>>;
  signal: AbortSignal;
  /** The command is ended after this time, whatever it does. */
  timeoutSeconds: number;
  /** The command is ended when it has written nothing for this long; null for programs that work in silence. */
  idleSeconds: number | null;
  /** Written to standard input, which is closed after it. Without it standard input is empty. */
  input?: string;
}

/** What of a command is the program itself. */
export type Program = Pick<Command, 'file' | 'args' | 'cwd' | 'env'>;

export interface CommandResult {
  /** null when a signal that is not ours ended the program. */
  code: number | null;
  signal: string | null;
  /** Standard output up to `outputLimit`, invalid UTF-8 replaced. */
  stdout: string;
  /** True when standard output was longer than `outputLimit`. */
  truncated: boolean;
  /** The last lines of both streams, oldest first. */
  tail: readonly string[];
  seconds: number;
}

export const STANDARD_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
/** From the polite signal to SIGKILL; conda takes about a second to tidy up. */
const FORCE_KILL_MILLISECONDS = 3000;
/** A descendant that left the process group may keep our pipe open for ever after the program ended. */
const PIPE_GRACE_MILLISECONDS = 2000;

/** A complete environment: PATH, HOME, LANG and what is named. */
export function cleanEnvironment(environment: {
  home: string;
  path?: string;
  named?: Readonly<Record<string, string>>;
}): Record<string, string> {
  return {
    PATH: environment.path ?? STANDARD_PATH,
    HOME: environment.home,
    LANG: 'C.UTF-8',
    ...environment.named,
  };
}

/** Absolute path of a program, or null when no folder of `path` has it. */
export function findExecutable(name: string, path: string): string | null {
  if (name.includes('/')) return isAbsolute(name) && isExecutable(name) ? name : null;
  for (const folder of path.split(delimiter)) {
    if (isAbsolute(folder) && isExecutable(join(folder, name))) return join(folder, name);
  }
  return null;
}

/**
 * Runs a program to its end and returns its exit code, zero or not. Memory stays bounded whatever
 * it writes, and no process of its group outlives the call.
 * Throws `Cancelled` when `signal` aborts; otherwise `program-missing` or `program-hung` (over its
 * time, or silent for `idleSeconds`).
 */
export async function run(command: Command): Promise<CommandResult> {
  const startedAt = performance.now();
  const watch = new Watch(command);
  try {
    const output = new Output(command, () => watch.heard());
    const child = start(command, watch.signal, 'KILL');
    output.read(child.subprocess.stdout, 'stdout');
    output.read(child.subprocess.stderr, 'stderr');
    const ended = await child.ended;
    output.finish();
    watch.throwIfStopped(command, output.tail);
    const seconds = (performance.now() - startedAt) / 1000;
    const { stdout, truncated, tail } = output;
    return { ...ended, stdout, truncated, tail, seconds };
  } finally {
    watch.close();
  }
}

/** The signal that ended a program; shells and bubblewrap tell of theirs by a code, 128 and its number. */
export function signalOf({ code, signal }: Pick<CommandResult, 'code' | 'signal'>): string | null {
  const named = Object.entries(constants.signals).find(([, number]) => code === 128 + number);
  return signal ?? named?.[0] ?? null;
}

/** A program that stays: it runs until it is stopped or ends by itself. */
export interface Service {
  pid: number;
  /** Settles when the program has ended, whatever the cause. */
  ended: Promise<ServiceEnd>;
  /** Asks the whole group to end (SIGTERM), forces it after a while, and waits. */
  stop(): Promise<ServiceEnd>;
}

export interface ServiceEnd {
  code: number | null;
  signal: string | null;
  /** The last lines it wrote. */
  tail: readonly string[];
}

/** Starts a program that stays. Throws `program-missing`. It is ended with our own process. */
export function spawnService(command: Program & Pick<OutputWish, 'onLine'>): Service {
  const output = new Output({ ...command, outputLimit: 0 }, () => {});
  const { subprocess, service } = startService(command, 'TERM', output);
  output.read(subprocess.stdout, 'stdout');
  output.read(subprocess.stderr, 'stderr');
  return service;
}

/** The same for who reads its streams: `output` is finished when it has ended, and its tail told. */
export function startService(
  launch: Omit<Launch, 'input'>,
  deathSignal: 'TERM' | 'KILL',
  output: Output,
) {
  const stop = new AbortController();
  const child = start(launch, stop.signal, deathSignal);
  const ended = child.ended.then(({ code, signal }) => {
    output.finish();
    return { code, signal, tail: output.tail };
  });
  const service: Service = {
    pid: child.subprocess.pid as number,
    ended,
    stop() {
      stop.abort();
      return ended;
    },
  };
  return { subprocess: child.subprocess, service };
}

/** What is started; one that `talks` is written to while it runs. */
type Launch = Program & Pick<Command, 'input'> & { talks?: boolean };

/**
 * Spawns the program as the leader of its own process group; `signal` ends the whole group, and
 * `deathSignal` reaches the program when we die by kill -9, where no code of ours runs.
 */
function start(command: Launch, signal: AbortSignal, deathSignal: 'TERM' | 'KILL') {
  const file = findExecutable(command.file, command.env.PATH ?? '');
  if (file === null) throw missing(command.file);
  const setpriv = findExecutable('setpriv', STANDARD_PATH);
  const [launcher, args] =
    setpriv === null
      ? [file, command.args]
      : [setpriv, ['--pdeathsig', deathSignal, '--', file, ...command.args]];
  const options = {
    cwd: command.cwd,
    env: command.env,
    extendEnv: false,
    ...(command.input === undefined
      ? ({ stdin: command.talks ? 'pipe' : 'ignore' } as const)
      : { input: command.input }),
    buffer: false,
    reject: false,
    killDescendants: true,
    forceKillAfterDelay: FORCE_KILL_MILLISECONDS,
    cancelSignal: signal,
  } as const satisfies Options;
  const subprocess = load().execa(launcher, args, options);
  subprocess.nodeChildProcess.once('exit', () => {
    setTimeout(() => {
      subprocess.stdout?.destroy();
      subprocess.stderr?.destroy();
    }, PIPE_GRACE_MILLISECONDS).unref();
  });
  const ended = subprocess.then((result) => {
    if (subprocess.pid === undefined) throw missing(command.file, result);
    // A member that ignored SIGTERM must not outlive its leader. The group id cannot be reused
    // while a member lives.
    killGroup(subprocess.pid);
    return { code: result.exitCode ?? null, signal: result.signal ?? null };
  });
  return { subprocess, ended };
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // The usual case: nobody is left.
  }
}

/** The reasons to end a program before it ends itself, as one signal. */
class Watch {
  readonly #stop = new AbortController();
  readonly #command: Command;
  readonly #deadline: NodeJS.Timeout;
  readonly #onAbort = () => this.#stop.abort('cancelled');
  #idle: NodeJS.Timeout | null = null;

  constructor(command: Command) {
    this.#command = command;
    throwIfStopped(command.signal);
    command.signal.addEventListener('abort', this.#onAbort);
    this.#deadline = setTimeout(() => this.#stop.abort('timeout'), command.timeoutSeconds * 1000);
    const { idleSeconds } = command;
    if (idleSeconds !== null) {
      this.#idle = setTimeout(() => this.#stop.abort('idle'), idleSeconds * 1000);
    }
  }

  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  heard(): void {
    if (!this.#stop.signal.aborted) this.#idle?.refresh();
  }

  throwIfStopped(command: Command, tail: readonly string[]): void {
    const { aborted, reason } = this.#stop.signal;
    if (!aborted) return;
    if (reason === 'cancelled') throw stoppedBy(command.signal);
    const name = nameOf(command.file);
    const waited =
      reason === 'idle'
        ? `wrote nothing for ${command.idleSeconds} s`
        : `was not done after ${command.timeoutSeconds} s`;
    throw outsideError({
      code: 'program-hung',
      message: `${name} ${waited} and was ended.`,
      details: tail.join('\n'),
      retryable: true,
    });
  }

  close(): void {
    this.#command.signal.removeEventListener('abort', this.#onAbort);
    clearTimeout(this.#deadline);
    if (this.#idle) clearTimeout(this.#idle);
  }
}

/** Whether a program was ended because it took too long, or was silent for too long. */
export function isHung(error: unknown): error is FerryError {
  return error instanceof FerryError && error.code === 'program-hung';
}

function missing(file: string, cause?: unknown): FerryError {
  return outsideError(
    {
      code: 'program-missing',
      message: `The program \`${nameOf(file)}\` is not on this build host.`,
      suggestion: `Install \`${nameOf(file)}\`, then run \`conda-ferry check\`.`,
      details: `looked for: ${file}`,
    },
    cause,
  );
}

function nameOf(file: string): string {
  return file.slice(file.lastIndexOf('/') + 1);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, access.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
