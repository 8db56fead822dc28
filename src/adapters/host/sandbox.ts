import { lstat, readdir } from 'node:fs/promises';
import { totalmem } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { FerryError, outsideError, userError } from '../../domain/errors.ts';
import { bubblewrap, giveAway, NEEDED, PROGRAMS, takeBack, type View } from './bubblewrap.ts';
import { openGroup } from './cgroup.ts';
import type { OutputWish } from './output.ts';
import {
  type CommandResult,
  cleanEnvironment,
  findExecutable,
  type Program,
  run,
  signalOf,
} from './process.ts';
import { isAbove } from './process-memory.ts';

/** `required`: refuse without a sandbox; `preferred`: go on without one and say so; `off`: never use one. */
export type SandboxPolicy = 'required' | 'preferred' | 'off';

/** Somebody else's code to run: it sees the system, what is named here, and nothing more. */
export interface SandboxedCommand {
  file: string;
  args: readonly string[];
  /** Files and folders it may read, at the paths they have outside. */
  readable: readonly string[];
  /** The folder it may write, and starts in; its whole size is limited. */
  directory: string;
  /** Folders besides which it may write, and whose size nothing limits. What lies in them already is not its own. */
  writable?: readonly string[];
  named: Readonly<Record<string, string>>;
  /** Folders of programs before the system's. */
  path?: readonly string[];
  input?: string;
  signal: AbortSignal;
  log: NonNullable<OutputWish['onLine']>;
  /** It is ended when it has written nothing for so long; left out for programs that work in silence. */
  idleSeconds?: number;
  outputLimit?: number;
  limits?: Partial<SandboxLimits>;
}

export interface SandboxLimits {
  seconds: number;
  /** Address space of one process. */
  memoryBytes: number;
  /** Memory of all processes together. */
  totalBytes: number;
  processes: number;
  /** One file. */
  fileBytes: number;
  /** Everything in the folder it may write. */
  directoryBytes: number;
  directoryEntries: number;
}

const GIGABYTE = 1024 ** 3;
const LIMITS: SandboxLimits = {
  seconds: 900,
  memoryBytes: 8 * GIGABYTE,
  totalBytes: Math.min(8 * GIGABYTE, totalmem() / 2),
  processes: 256,
  fileBytes: 2 * GIGABYTE,
  directoryBytes: 4 * GIGABYTE,
  directoryEntries: 200_000,
};
const WATCH_MILLISECONDS = 250;
const MEMORY_WATCH_MILLISECONDS = 50;
const TURNED_OFF = 'the configuration turns it off';

/** Null when commands can be sandboxed here, otherwise the reason why not. */
export async function available(): Promise<string | null> {
  const missing = NEEDED.filter((name) => findExecutable(name, PROGRAMS) === null);
  if (missing.length > 0) return `${missing.join(' and ')} not found on this build host`;
  const view = { readable: [], writable: [], directory: null, hasNetwork: false };
  const [file = '', ...args] = [...bubblewrap(view, 'nobody'), ...prlimit(LIMITS), '/bin/true'];
  const result = await run({
    file,
    args,
    cwd: '/',
    env: cleanEnvironment({ home: '/' }),
    signal: AbortSignal.timeout(30_000),
    timeoutSeconds: 30,
    idleSeconds: null,
  });
  return result.code === 0 ? null : `bubblewrap does not work here: ${result.tail.join(' ')}`;
}

let isKnownToWork = false;

/** The same; once commands could be sandboxed here, they can. */
async function problemHere(): Promise<string | null> {
  if (isKnownToWork) return null;
  const problem = await available();
  isKnownToWork = problem === null;
  return problem;
}

/**
 * A program of ours that handles what others wrote, such as their packages, and runs none of it: it sees the
 * system, what `view` names, and nothing more, and has no rights. Where there is no sandbox it is the program
 * as it was, and `log` is told.
 */
export async function confine(
  program: Program,
  view: View,
  policy: SandboxPolicy,
  log: (line: string) => void,
  lookForProblem = problemHere,
): Promise<Program> {
  const problem = policy === 'off' ? TURNED_OFF : await lookForProblem();
  if (problem !== null) {
    log(`no sandbox: ${problem}`);
    return program;
  }
  for (const folder of view.writable) await takeBack(folder);
  const [file = '', ...words] = bubblewrap(view, 'ourselves');
  return { ...program, file, args: [...words, program.file, ...program.args] };
}

/**
 * Runs a command without network, home or secrets, with folders that it may write and within limits;
 * whatever it started is gone when the call returns.
 * Throws `sandbox-missing`, `project-too-large`, `project-too-much-memory`, `program-hung` or `Cancelled`.
 */
export async function runSandboxed(
  command: SandboxedCommand,
  policy: SandboxPolicy,
  { lookForProblem = problemHere, openGroup: open = openGroup } = {},
): Promise<CommandResult> {
  const limits = { ...LIMITS, ...command.limits };
  const problem = policy === 'off' ? TURNED_OFF : await lookForProblem();
  const wrapper = await chooseWrapper(command, limits, policy, problem);
  const group = await open(limits.totalBytes);
  const overflow = new AbortController();
  const signal = AbortSignal.any([command.signal, overflow.signal]);
  const done = new AbortController();
  const { directory } = command;
  const watches = [
    watch(WATCH_MILLISECONDS, done.signal, overflow, async () =>
      (await isOver(directory, limits, done.signal)) ? tooLarge(limits) : null,
    ),
    // Without a group nobody but us holds it, so we look more often.
    watch(
      group ? WATCH_MILLISECONDS : MEMORY_WATCH_MILLISECONDS,
      done.signal,
      overflow,
      async () =>
        (await (group ? group.ranOut() : isAbove(limits.totalBytes, directory)))
          ? tooMuchMemory(limits)
          : null,
    ),
  ];
  const [file = '', ...args] = [
    ...(group?.wrapper ?? []),
    ...wrapper,
    ...[command.file, ...command.args],
  ];
  try {
    const result = await run({
      file,
      args,
      cwd: directory,
      env: cleanEnvironment({
        home: directory,
        path: [...(command.path ?? []), PROGRAMS].join(':'),
        named: { TMPDIR: '/tmp', ...command.named },
      }),
      signal,
      timeoutSeconds: limits.seconds,
      idleSeconds: command.idleSeconds ?? null,
      onLine: command.log,
      ...(command.input === undefined ? {} : { input: command.input }),
      ...(command.outputLimit === undefined ? {} : { outputLimit: command.outputLimit }),
    });
    if (group && result.code !== 0 && ((await group.ranOut()) ?? wasKilled(result))) {
      throw tooMuchMemory(limits, result.tail);
    }
    return result;
  } catch (error) {
    if (overflow.signal.aborted && !command.signal.aborted) throw overflow.signal.reason;
    throw error;
  } finally {
    done.abort();
    await Promise.all(watches);
    await group?.close();
    for (const folder of command.writable ?? []) await takeBack(folder);
  }
}

/** By a signal that is not ours. */
const wasKilled = (result: CommandResult): boolean => signalOf(result) === 'SIGKILL';

async function chooseWrapper(
  command: SandboxedCommand,
  limits: SandboxLimits,
  policy: SandboxPolicy,
  problem: string | null,
): Promise<string[]> {
  if (problem === null) {
    const { readable, writable = [], directory } = command;
    await giveAway(directory, writable);
    const view = { readable, writable, directory, hasNetwork: false };
    return [...bubblewrap(view, 'nobody'), ...prlimit(limits)];
  }
  if (policy === 'required') {
    throw outsideError({
      code: 'sandbox-missing',
      message: `Code of others runs in a sandbox only, and there is none: ${problem}.`,
      suggestion:
        'Install bubblewrap on the build host (apt-get install bubblewrap), then run `conda-ferry check`.',
      details: problem,
    });
  }
  command.log(`no sandbox: ${problem}`, 'stderr');
  return prlimit(limits);
}

function prlimit(limits: SandboxLimits): string[] {
  return [
    '/usr/bin/prlimit',
    `--as=${limits.memoryBytes}`,
    `--nproc=${limits.processes}`,
    `--fsize=${limits.fileBytes}`,
    ...['--core=0', '--nofile=1024', '--'],
  ];
}

/** Ends a command for the reason that `look` finds: limits of one file or process do not bound many. */
async function watch(
  milliseconds: number,
  done: AbortSignal,
  overflow: AbortController,
  look: () => Promise<FerryError | null>,
): Promise<void> {
  while (!done.aborted && !overflow.signal.aborted) {
    const problem = await look().catch((error: Error) => error);
    if (problem) overflow.abort(problem);
    else await sleep(milliseconds, null, { signal: done }).catch(() => null);
  }
}

async function isOver(root: string, limits: SandboxLimits, done: AbortSignal): Promise<boolean> {
  const folders = [root];
  let bytes = 0;
  let entries = 0;
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    // Files come and go while we look.
    for (const entry of await readdir(folder, { withFileTypes: true }).catch(() => [])) {
      const path = join(folder, entry.name);
      entries += 1;
      if (entry.isDirectory()) folders.push(path);
      else bytes += (await lstat(path).catch(() => null))?.blocks ?? 0;
      if (done.aborted) return false;
      if (bytes * 512 > limits.directoryBytes || entries > limits.directoryEntries) return true;
    }
  }
  return false;
}

/** Whether a command was ended because it took more memory or disk than it may. */
export function isTooMuch(error: unknown): error is FerryError {
  return error instanceof FerryError && /^project-too-(?:large|much-memory)$/.test(error.code);
}

function tooLarge(limits: SandboxLimits): FerryError {
  const gigabytes = (limits.directoryBytes / GIGABYTE).toFixed(1);
  return userError({
    code: 'project-too-large',
    message: `The project wrote more than a build may: ${gigabytes} GB or ${limits.directoryEntries} files.`,
    suggestion: 'Leave large data out of the package and read it from HDFS instead.',
  });
}

function tooMuchMemory(limits: SandboxLimits, tail: readonly string[] = []): FerryError {
  const gigabytes = (limits.totalBytes / GIGABYTE).toFixed(1);
  return userError({
    code: 'project-too-much-memory',
    message: `The build of the project needed more memory than a build may have: ${gigabytes} GB for all its processes together.`,
    suggestion:
      'Build with fewer processes at a time, or attach a wheel that is built already. The operator sets `projects.memoryGigabytes`.',
    details: tail.join('\n'),
  });
}
