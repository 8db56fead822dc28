import { spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { closeSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/** A process that the lab started. `mark` is a word of its command line, by which it is known again. */
export interface LabProcess {
  name: string;
  pid: number;
  mark: string;
}

/**
 * Who ends a process. `parent`: the kernel does when this Node process is gone, however it went
 * (`prctl(PR_SET_PDEATHSIG)` through `setpriv`). `nobody`: it runs on until `endProcesses`.
 */
export type Owner = 'parent' | 'nobody';

export interface StartOptions {
  name: string;
  command: string;
  args: string[];
  env: NodeJS.ProcessEnv;
  /** Standard output and error are appended here. */
  logFile: string;
  /** A word among `command` and `args` that no other process has. */
  mark: string;
  owner: Owner;
}

/** Starts a server process in the background. Throws when the command does not exist. */
export async function startProcess(options: StartOptions): Promise<LabProcess> {
  const { name, command, args, mark, owner } = options;
  const log = openSync(options.logFile, 'a');
  const [file, fileArgs] =
    owner === 'parent' ? ['setpriv', ['--pdeathsig', 'TERM', command, ...args]] : [command, args];
  try {
    const child = spawn(file, fileArgs, {
      env: options.env,
      stdio: ['ignore', log, log],
      detached: owner === 'nobody',
    });
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve);
      child.once('error', reject);
    });
    child.unref();
    return { name, pid: child.pid as number, mark };
  } finally {
    closeSync(log);
  }
}

/** Is this still the process that was started, and not another one that was given its number? */
export function isRunning({ pid, mark }: LabProcess): boolean {
  const line = commandLine(pid);
  // In the middle of an exec a process has no command line; one that has ended has none for good.
  return line === '' ? !hasEnded(pid) : line.includes(mark);
}

/** Also true of a process that nobody has waited for yet (a zombie). */
function hasEnded(pid: number): boolean {
  try {
    const status = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const [state] = status.slice(status.lastIndexOf(')') + 2).split(' ');
    return state === 'Z' || state === 'X';
  } catch {
    return true;
  }
}

/** Empty for a process that is gone or has ended without being waited for (a zombie). */
function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
  } catch {
    return '';
  }
}

/** Asks the processes to end, and makes those that have not after `patience` ms. */
export async function endProcesses(processes: LabProcess[], patience = 5000): Promise<void> {
  const left = (): LabProcess[] => processes.filter(isRunning);
  for (const { pid } of left()) signal(pid, 'SIGTERM');
  const deadline = Date.now() + patience;
  while (left().length > 0 && Date.now() < deadline) await delay(20);
  for (const { pid } of left()) signal(pid, 'SIGKILL');
  while (left().length > 0) await delay(5);
}

/**
 * Ends every process of this user whose environment says that it belongs here. For what outlives its
 * parent: a YARN container runs in its own session, and so does a command that SSH started. Answers
 * which: a killed process takes a moment to be gone.
 */
export function endWhere(belongs: (environment: string[]) => boolean): number[] {
  const ended: number[] = [];
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    try {
      const environment = readFileSync(`/proc/${entry}/environ`, 'utf8').split('\0');
      if (!belongs(environment)) continue;
      signal(Number(entry), 'SIGKILL');
      ended.push(Number(entry));
    } catch {
      // Another user's process, or one that ended while we looked.
    }
  }
  return ended;
}

/** Waits until killed processes are gone, for `patience` ms at the most. */
export async function untilGone(pids: readonly number[], patience = 5000): Promise<void> {
  const deadline = Date.now() + patience;
  while (!pids.every(hasEnded) && Date.now() < deadline) await delay(5);
}

/** Ends the processes started, at any depth, by `parent`. */
export function endDescendants(parent: number): void {
  for (const pid of descendantsOf(parent)) signal(pid, 'SIGKILL');
}

/** The processes started, at any depth, by `parent`; whoever was started comes before who started it. */
export function descendantsOf(parent: number): number[] {
  const children = new Map<number, number[]>();
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    try {
      // pid (name) state ppid …, and the name may hold spaces and parentheses.
      const status = readFileSync(`/proc/${entry}/stat`, 'utf8');
      const ppid = Number(status.slice(status.lastIndexOf(')') + 2).split(' ')[1]);
      children.set(ppid, [...(children.get(ppid) ?? []), Number(entry)]);
    } catch {
      // It ended while we looked.
    }
  }
  const below = (pid: number): number[] =>
    (children.get(pid) ?? []).flatMap((child) => [...below(child), child]);
  return below(parent);
}

/** Sends a signal to a process, which may be gone. */
export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It has just ended.
  }
}

/** Below the range from which Linux gives ports to outgoing connections (ip_local_port_range). */
const PORTS = { first: 15_000, last: 32_000 };

/**
 * `count` TCP ports of 127.0.0.1 that were free a moment ago, all different. A port the system
 * chooses would be one that any outgoing connection may be given before its server has it.
 */
export async function freePorts(count: number): Promise<number[]> {
  const ports = new Set<number>();
  while (ports.size < count) {
    const port = randomInt(PORTS.first, PORTS.last);
    if (await isFree(port)) ports.add(port);
  }
  return [...ports];
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

/** Does something accept connections on this port of 127.0.0.1? */
export function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

/**
 * Waits until `condition` holds. Throws, with the end of the process's log, when the process ends
 * first or `seconds` pass.
 */
export async function waitUntil(
  condition: () => boolean | Promise<boolean>,
  { process, logFile, seconds }: { process: LabProcess; logFile: string; seconds: number },
): Promise<void> {
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    if (await condition()) return;
    const ended = !isRunning(process);
    if (ended || Date.now() > deadline) {
      const end = readFileSync(logFile, 'utf8').split('\n').slice(-25).join('\n');
      const what = ended ? 'ended while starting' : `was not ready after ${seconds} s`;
      throw new Error(`${process.name} ${what}. The end of ${logFile}:\n${end}`);
    }
    await delay(25);
  }
}
