import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '../..');
export const MAIN = join(ROOT, 'src/main.js');

/** A command that does not end by itself must not hold up the tests. */
const LIMIT_MS = 120_000;

/** Everything the product may know of this machine: no conda on the PATH, no home of anybody. */
export type Environment = Record<string, string>;

/** One `conda-ferry` process: exactly what an operator starts. */
export interface Product {
  readonly pid: number;
  /** What it has printed so far: its log, one JSON document a line. */
  output(): string;
  /** How it ended; null while it runs. */
  exit(): { code: number | null; signal: string | null } | null;
  kill(signal: NodeJS.Signals): void;
  /** Resolves when it has ended, with its exit code. */
  readonly ended: Promise<number | null>;
}

/** What an operator types to start the sources. */
const SOURCES = [process.execPath, MAIN];

/** Starts `conda-ferry WORDS…`, by another `program` where one is given. The kernel ends it with us, however we go. */
export function startProduct(
  words: readonly string[],
  environment: Environment,
  program: readonly string[] = SOURCES,
): Product {
  const child = spawn('setpriv', ['--pdeathsig', 'TERM', ...program, ...words], {
    env: environment,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  let exit: ReturnType<Product['exit']> = null;
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  const ended = untilEnd(child).then((how) => {
    exit = how;
    return how.code;
  });
  return {
    pid: child.pid ?? 0,
    output: () => output,
    exit: () => exit,
    kill: (signal) => void child.kill(signal),
    ended,
  };
}

/** Asks it to end as an operator does, and makes it after a while. */
export async function endProduct(product: Product): Promise<void> {
  if (product.exit() !== null) return;
  product.kill('SIGTERM');
  const impatience = setTimeout(() => product.kill('SIGKILL'), 20_000);
  await product.ended;
  clearTimeout(impatience);
}

export interface Finished {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** Runs `conda-ferry WORDS…` to its end; the code is null when it had to be ended. */
export async function runProduct(
  words: readonly string[],
  environment: Environment,
  options: { input?: string; directory?: string; program?: readonly string[] } = {},
): Promise<Finished> {
  const { program = SOURCES } = options;
  const child = spawn('setpriv', ['--pdeathsig', 'TERM', ...program, ...words], {
    env: environment,
    cwd: options.directory ?? ROOT,
    stdio: ['pipe', 'pipe', 'pipe'],
    timeout: LIMIT_MS,
    killSignal: 'SIGKILL',
  });
  child.stdin.end(options.input ?? '');
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const { code } = await untilEnd(child);
  return { code, stdout, stderr };
}

function untilEnd(child: ChildProcess): Promise<{ code: number | null; signal: string | null }> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve({ code, signal }));
  });
}
