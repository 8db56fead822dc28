/**
 * How benchmarks measure and tell. Contestants take turns, so that a machine that is busy for a while is
 * so for all of them; a figure is the median of the rounds. Only ratios within one run mean something.
 * The last line a benchmark prints is JSON with all that its tables show, and the machine.
 */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus, loadavg, totalmem } from 'node:os';

/** Processor time in `/proc` is counted in hundredths of a second on Linux. */
const TICKS = 100;

export interface Contestant {
  name: string;
  /** Runs before each measured run, unmeasured. */
  prepare?(): Promise<unknown> | unknown;
  run(): Promise<unknown>;
}

export interface Measured {
  name: string;
  seconds: number;
  /** Processor time of the processes that it ran, user and system; 0 for what runs elsewhere. */
  cpuSeconds: number;
  /** The most memory that a program it ran had at once, in its worst round; 0 where it ran none. */
  peakMegabytes: number;
}

export interface Machine {
  processor: string;
  processors: number;
  memoryGigabytes: number;
  node: string;
  /** Of the last minute, when the benchmark began. */
  load: number;
}

export function describeMachine(): Machine {
  return {
    processor: cpus()[0]?.model ?? 'unknown',
    processors: cpus().length,
    memoryGigabytes: Math.round(totalmem() / 1e9),
    node: process.version,
    load: rounded(loadavg()[0] ?? 0),
  };
}

export const machineInWords = ({ processors, processor, memoryGigabytes, load }: Machine): string =>
  `${processors} × ${processor}, ${memoryGigabytes} GB, load ${load}`;

/** Runs all in turns, `rounds` times; the medians, in the order given. */
export async function measure(
  contestants: readonly Contestant[],
  rounds: number,
): Promise<Measured[]> {
  const times = contestants.map(() => ({
    seconds: [] as number[],
    cpu: [] as number[],
    peaks: [0],
  }));
  for (let round = 0; round < rounds; round += 1) {
    for (const [at, { prepare, run }] of contestants.entries()) {
      await prepare?.();
      const cpu = cpuOfChildren();
      const started = performance.now();
      peakBytes = 0;
      await run();
      times[at]?.peaks.push(peakBytes);
      times[at]?.seconds.push((performance.now() - started) / 1000);
      times[at]?.cpu.push(cpuOfChildren() - cpu);
    }
  }
  return contestants.map(({ name }, at) => ({
    name,
    seconds: rounded(median(times[at]?.seconds ?? [])),
    cpuSeconds: rounded(median(times[at]?.cpu ?? [])),
    peakMegabytes: Math.round(Math.max(...(times[at]?.peaks ?? [])) / 1e6),
  }));
}

/** The upper one of two middles; NaN of nothing. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((left, right) => left - right);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

export const rounded = (value: number, digits = 2): number => Number(value.toFixed(digits));

/** Of the programs that `runQuietly` ran since this was set to 0. */
let peakBytes = 0;
const LOOK_MS = 20;

/** Notes again and again the most that a process has had; the kernel remembers it for us. */
function watchMemory(pid: number | undefined): NodeJS.Timeout {
  return setInterval(() => {
    try {
      const [, kilobytes = '0'] =
        /^VmHWM:\s*(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
      peakBytes = Math.max(peakBytes, Number(kilobytes) * 1024);
    } catch {
      // It has just ended.
    }
  }, LOOK_MS);
}

/** Runs a program to its end, without its output; throws when it does not end with 0. */
export async function runQuietly(
  program: string,
  words: readonly string[],
  options: { cwd?: string } = {},
): Promise<void> {
  const child = spawn(program, words, { ...options, stdio: ['ignore', 'ignore', 'pipe'] });
  const watch = watchMemory(child.pid);
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const code = await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  }).finally(() => clearInterval(watch));
  if (code !== 0) throw new Error(`${[program, ...words].join(' ')}: ${code}\n${said}`);
}

/** Megabytes that a process has, and the most that it has had. */
export function memoryOf(pid: number): { now: number; most: number } {
  const text = readFileSync(`/proc/${pid}/status`, 'utf8');
  const megabytes = (field: string) =>
    Math.round(Number(new RegExp(`^${field}:\\s*(\\d+) kB$`, 'm').exec(text)?.[1]) / 1000);
  return { now: megabytes('VmRSS'), most: megabytes('VmHWM') };
}

/** The last line: for programs, and to be kept. */
export function printJson(result: Record<string, unknown> & { machine: Machine }): void {
  process.stdout.write(`${JSON.stringify(result)}\n`);
}

/** Processor seconds of all processes that we have waited for, with those that they waited for. */
export function cpuOfChildren(): number {
  const text = readFileSync('/proc/self/stat', 'utf8');
  // The name before it may hold blanks and brackets.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const [user, system] = [fields[13], fields[14]].map(Number);
  return ((user ?? 0) + (system ?? 0)) / TICKS;
}

/** The value of an option that is a number of at least 1. */
export function countOf(option: string, value: string): number {
  const count = Number(value);
  if (!Number.isInteger(count) || count < 1) {
    console.error(`--${option} must be a number of at least 1, and is \`${value}\`.`);
    process.exit(2);
  }
  return count;
}
