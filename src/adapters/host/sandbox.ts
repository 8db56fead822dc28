import { lstatSync, readlinkSync } from 'node:fs';
import { chmod, chown, lstat, readdir } from 'node:fs/promises';
import { constants, totalmem } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type FerryError, outsideError, userError } from '../../domain/errors.ts';
import { openGroup } from './cgroup.ts';
import { type CommandResult, cleanEnvironment, findExecutable, run } from './process.ts';
import { isAbove } from './process-memory.ts';

/** `required`: refuse without a sandbox; `preferred`: go on without one and say so; `off`: never use one. */
export type SandboxPolicy = 'required' | 'preferred' | 'off';

/** Somebody else's code to run: it sees the system, what is named here, and nothing more. */
export interface SandboxedCommand {
  file: string;
  args: readonly string[];
  /** Folders it may read, at the paths they have outside. */
  readable: readonly string[];
  /** The one folder it may write, and starts in; its whole size is limited. */
  directory: string;
  named: Readonly<Record<string, string>>;
  /** Folders of programs before the system's. */
  path?: readonly string[];
  input?: string;
  signal: AbortSignal;
  log: (line: string) => void;
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
const PROGRAMS = '/usr/sbin:/usr/bin:/sbin:/bin';
const WATCH_MILLISECONDS = 250;
const MEMORY_WATCH_MILLISECONDS = 50;
const TEMPORARY_BYTES = GIGABYTE;
/** Of what processes share by name; containers usually have as much. */
const SHARED_BYTES = GIGABYTE / 16;
/** `nobody`. The kernel counts no processes for root, so as root we become somebody else. */
const NOBODY = 65534;

/** Null when commands can be sandboxed here, otherwise the reason why not. */
export async function available(): Promise<string | null> {
  const needed = isRoot() ? ['bwrap', 'prlimit', 'setpriv'] : ['bwrap', 'prlimit'];
  const missing = needed.filter((name) => findExecutable(name, PROGRAMS) === null);
  if (missing.length > 0) return `${missing.join(' and ')} not found on this build host`;
  const [file = '', ...args] = [...sandbox([], null), ...identity(LIMITS), '/bin/true'];
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

/**
 * Runs a command without network, home or secrets, with one writable folder and within limits;
 * whatever it started is gone when the call returns.
 * Throws `sandbox-missing`, `project-too-large`, `project-too-much-memory`, `program-hung` or `Cancelled`.
 */
export async function runSandboxed(
  command: SandboxedCommand,
  policy: SandboxPolicy,
  { lookForProblem = available, openGroup: open = openGroup } = {},
): Promise<CommandResult> {
  const limits = { ...LIMITS, ...command.limits };
  const problem = policy === 'off' ? 'the configuration turns it off' : await lookForProblem();
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
      idleSeconds: null,
      onLine: command.log,
      ...(command.input === undefined ? {} : { input: command.input }),
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
  }
}

/** By a signal that is not ours; bubblewrap and shells tell it as 128 and its number. */
const wasKilled = ({ code, signal }: CommandResult): boolean =>
  signal === 'SIGKILL' || code === 128 + constants.signals.SIGKILL;

async function chooseWrapper(
  command: SandboxedCommand,
  limits: SandboxLimits,
  policy: SandboxPolicy,
  problem: string | null,
): Promise<string[]> {
  if (problem === null) {
    if (isRoot()) await giveAway(command.directory);
    return [...sandbox(command.readable, command.directory), ...identity(limits)];
  }
  if (policy === 'required') {
    throw outsideError({
      code: 'sandbox-missing',
      message: `Code is built in a sandbox only, and there is none: ${problem}.`,
      suggestion:
        'Install bubblewrap on the build host (apt-get install bubblewrap), then run `conda-ferry check`.',
      details: problem,
    });
  }
  command.log(`no sandbox: ${problem}`);
  return prlimit(limits);
}

/** bubblewrap and what it shows; everything not named is not there. */
function sandbox(readable: readonly string[], directory: string | null): string[] {
  return [
    join('/usr/bin', 'bwrap'),
    ...['--unshare-ipc', '--unshare-pid', '--unshare-net', '--unshare-uts', '--unshare-cgroup-try'],
    // As root no user namespace is needed, and inside one we could not become somebody else.
    ...(isRoot() ? ['--cap-drop', 'ALL', ...CAPABILITIES] : ['--unshare-user']),
    ...['--die-with-parent', '--new-session', '--hostname', 'sandbox'],
    ...['--ro-bind', '/usr', '/usr'],
    ...['/bin', '/sbin', '/lib', '/lib32', '/lib64', '/libx32'].flatMap(systemFolder),
    ...['--proc', '/proc', '--dev', '/dev'],
    ...temporary('/dev/shm', SHARED_BYTES),
    ...temporary('/tmp', TEMPORARY_BYTES),
    ...waysTo([...CONFIGURATION, ...readable, ...(directory === null ? [] : [directory])]),
    ...CONFIGURATION.flatMap((path) => ['--ro-bind-try', path, path]),
    ...readable.flatMap((path) => ['--ro-bind', path, path]),
    ...(directory === null ? [] : ['--bind', directory, directory, '--chdir', directory]),
    // Both are in memory, without a limit, and everybody's own where we are not root.
    ...['--remount-ro', '/dev', '--remount-ro', '/', '--'],
  ];
}

/** A folder in memory for everybody in the sandbox. */
const temporary = (path: string, bytes: number): string[] => [
  ...['--perms', '1777', '--size', `${bytes}`, '--tmpfs', path],
];

/** The loader's cache, and the links behind names such as `cc`. */
const CONFIGURATION = ['/etc/ld.so.cache', '/etc/alternatives'];

/** What setpriv needs to leave root behind; it drops these too. */
const CAPABILITIES = ['CAP_SETUID', 'CAP_SETGID', 'CAP_SETPCAP'].flatMap((name) => [
  '--cap-add',
  name,
]);

/** The limits, under an identity for which the kernel enforces them. */
function identity(limits: SandboxLimits): string[] {
  if (!isRoot()) return prlimit(limits);
  return [
    '/usr/bin/setpriv',
    ...['--reuid', `${NOBODY}`, '--regid', `${NOBODY}`, '--clear-groups'],
    ...['--inh-caps=-all', '--bounding-set=-all', '--no-new-privs', '--'],
    ...prlimit(limits),
  ];
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

/** Empty folders on the way to what is shown; bubblewrap would make them for root alone. */
function waysTo(paths: readonly string[]): string[] {
  const folders = new Set<string>();
  for (const path of paths) {
    for (let at = dirname(path); at !== '/' && at !== '/tmp'; at = dirname(at)) folders.add(at);
  }
  return [...folders].sort().flatMap((folder) => ['--perms', '0755', '--dir', folder]);
}

/** `/bin` is a link into `/usr` on a merged system, and a folder on others. */
function systemFolder(path: string): string[] {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return [];
  return found.isSymbolicLink()
    ? ['--symlink', readlinkSync(path), path]
    : ['--ro-bind', path, path];
}

function isRoot(): boolean {
  return process.getuid?.() === 0;
}

async function giveAway(directory: string): Promise<void> {
  await chown(directory, NOBODY, NOBODY);
  // bubblewrap enters it while it is root without root's rights.
  await chmod(directory, 0o755);
  for (const entry of await readdir(directory, { withFileTypes: true, recursive: true })) {
    if (!entry.isSymbolicLink()) await chown(join(entry.parentPath, entry.name), NOBODY, NOBODY);
  }
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
