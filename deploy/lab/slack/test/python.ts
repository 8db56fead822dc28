/** Runs our Python scripts with Slack's Python packages. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

const PRIVATE = join(import.meta.dirname, '../../../../.lab/python/bin/python');
const PYTHON = process.env.LAB_PYTHON ?? PRIVATE;

const importable = (): boolean =>
  spawnSync(PYTHON, ['-c', 'import slack_sdk, slack_bolt'], { stdio: 'ignore' }).status === 0;

/** Why Python cannot run here, or false: for a test's `skip`. */
export const cannotRunPython: string | false = !existsSync(PYTHON)
  ? 'no Python with slack_sdk and slack_bolt: run `sh deploy/lab/prepare`, or set LAB_PYTHON'
  : !importable()
    ? `${PYTHON} cannot import slack_sdk and slack_bolt: run \`sh deploy/lab/prepare\``
    : false;

const script = (name: string): string => join(import.meta.dirname, 'python', name);

/** Runs a script to its end. */
export function runPython(
  name: string,
  args: string[],
  env: Record<string, string> = {},
): { status: number | null; output: string } {
  const { status, stdout, stderr } = spawnSync(PYTHON, [script(name), ...args], {
    encoding: 'utf8',
    env: { ...process.env, ...env },
  });
  return { status, output: stdout + stderr };
}

/** Starts a script that prints a JSON object a line; the caller ends it by closing its input. */
export function startPython(
  name: string,
  args: string[],
  env: Record<string, string>,
): ChildProcess {
  return spawn(PYTHON, [script(name), ...args], {
    env: { ...process.env, ...env },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
}
