import { type ParseArgsConfig, parseArgs } from 'node:util';
import { userError } from '../domain/errors.ts';

/** One sub-command of `conda-ferry`: a composition root of its own. */
export interface TerminalCommand {
  usage: string;
  summary: string;
  /** Returns the exit code; throws FerryError for everything people should read. */
  run(words: readonly string[]): Promise<number>;
}

/** `util.parseArgs`, with its errors turned into ours. */
export function readArguments<const O extends NonNullable<ParseArgsConfig['options']>>(
  words: readonly string[],
  options: O,
  usage: string,
) {
  try {
    return parseArgs({ args: [...words], options, allowPositionals: true, strict: true });
  } catch (error) {
    throw userError({
      code: 'usage',
      message: (error as Error).message,
      suggestion: `Usage: ${usage}`,
    });
  }
}

export function usageError(message: string, usage: string): Error {
  return userError({ code: 'usage', message, suggestion: `Usage: ${usage}` });
}

export function writeJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

/** All of standard input, for `invoke` and `diagnose`. */
export async function readStandardInput(): Promise<string> {
  process.stdin.setEncoding('utf8');
  let text = '';
  for await (const chunk of process.stdin) text += chunk;
  return text;
}

/** Resolves with the signal's name at the first SIGINT or SIGTERM. */
export function untilStopped(): Promise<string> {
  return new Promise((resolve) => {
    for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => resolve(name));
  });
}
