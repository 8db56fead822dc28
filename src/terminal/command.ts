import { readFile } from 'node:fs/promises';
import { constants } from 'node:os';
import { basename } from 'node:path';
import { type ParseArgsConfig, parseArgs } from 'node:util';
import type { PackagesFile } from '../../commands/command.ts';
import { userError } from '../domain/errors.ts';
import type { Platform } from '../domain/lock.ts';
import { printable } from '../domain/names.ts';
import { closest, meantOf } from '../domain/near-names.ts';
import { namesPeople, plainPhrase } from '../domain/phrase.ts';
import { PLATFORMS } from '../domain/platform.ts';

/** An option as `util.parseArgs` reads it, with what help says of it. */
type Option = NonNullable<ParseArgsConfig['options']>[string] & {
  /** What stands for its value in help: `FILE`. */
  value?: string;
  /** What its value may be; else anything that the sub-command understands. */
  choices?: readonly string[];
  says: string;
};
export type Options = Readonly<Record<string, Option>>;

/** Options of several sub-commands. */
export const CONFIG_OPTION = {
  type: 'string',
  value: 'FILE',
  says: 'the configuration; else CONDA_FERRY_CONFIG, else conda-ferry.yaml in this folder',
} as const satisfies Option;
export const JSON_OPTION = {
  type: 'boolean',
  says: 'one JSON document on standard output, and nothing else there',
} as const satisfies Option;

/** What a file asks for may depend on it. */
export const PLATFORM_OPTION = {
  type: 'string',
  value: 'P',
  choices: PLATFORMS,
  says: `which machines files are read for: ${PLATFORMS.join(' or ')}`,
} as const satisfies Option;

/** What that option names; undefined where it was left out. */
export const platformNamed = (value: string | undefined): Platform | undefined =>
  PLATFORMS.find((platform) => platform === value);

/** One sub-command of `conda-ferry`: a composition root of its own. `catalogue.ts` has its usage. */
export interface TerminalCommand {
  options: Options;
  /** Further paragraphs of its help. */
  notes?(): readonly string[];
  /**
   * Does it with the words after its name; `usage` is for what is said of wrong ones. Returns the
   * exit code; throws FerryError for everything people should read.
   */
  run(words: readonly string[], usage: string): Promise<number>;
}

/** What is told of a sub-command before it is loaded. */
export interface Entry {
  /** What is typed after its name. */
  words: string;
  summary: string;
  /** It stays, with secrets that other programs of its user are not to read. */
  isService?: true;
  /** What a service wants of Node itself; an operator's NODE_OPTIONS come first. */
  nodeOptions?: readonly string[];
  load(): Promise<{ command: TerminalCommand }>;
}

/**
 * `util.parseArgs`, with its errors turned into ours: `usage`, and `unknown-NAME` for a value of the option NAME
 * that is none of its choices.
 */
export function readArguments<const O extends Options>(
  words: readonly string[],
  options: O,
  usage: string,
) {
  const read = parsed(words, options, usage);
  for (const [name, value] of Object.entries(read.values)) {
    for (const each of [value].flat()) requireChoice(name, each, options[name]?.choices);
  }
  return read;
}

function requireChoice(name: string, value: unknown, choices: readonly string[] | undefined): void {
  if (typeof value !== 'string' || choices === undefined || choices.includes(value)) return;
  throw userError({
    code: `unknown-${name}`,
    message: `\`--${name}\` takes no \`${printable(value)}\`.`,
    suggestion: meantOf(value, choices).suggestion,
  });
}

function parsed<const O extends Options>(words: readonly string[], options: O, usage: string) {
  try {
    return parseArgs({ args: [...words], options, allowPositionals: true, strict: true });
  } catch (error) {
    const unknown = unknownOption(error as NodeJS.ErrnoException);
    const near = unknown === null ? null : closest(unknown, Object.keys(options));
    throw userError({
      code: 'usage',
      message: unknown === null ? (error as Error).message : `There is no option \`--${unknown}\`.`,
      suggestion: near === null ? `Usage: ${usage}` : `Did you mean \`--${near}\`?`,
    });
  }
}

/** Node tells it in a sentence alone. */
function unknownOption({ code, message }: NodeJS.ErrnoException): string | null {
  if (code !== 'ERR_PARSE_ARGS_UNKNOWN_OPTION') return null;
  return /'--([^'=]+)/.exec(message)?.[1] ?? null;
}

export function usageError(message: string, usage: string): Error {
  return userError({ code: 'usage', message, suggestion: `Usage: ${usage}` });
}

/** The one document of `--json`. People in our words are named in it as in a log. */
export function writeJson(document: unknown): void {
  const text = JSON.stringify(document, (_key, value: unknown) =>
    namesPeople(value) ? plainPhrase(value) : value,
  );
  process.stdout.write(`${text}\n`);
}

/**
 * A text a command was given: a file's, or standard input for `-` and for none.
 * Errors: `file-unreadable`, with `suggestion` as what to do instead.
 */
export async function readText(file: string | undefined, suggestion: string): Promise<string> {
  const bytes = await readBytes(file, suggestion);
  if (bytes[0] === 0x1f && bytes[1] === 0x8b && file !== undefined) {
    throw userError({
      code: 'file-unreadable',
      message: `\`${file}\` is compressed with gzip.`,
      suggestion: `Unpack it on the way: \`zcat ${file} |\` in front, and no file name.`,
    });
  }
  return bytes.toString('utf8');
}

/** The same as bytes, for whoever reads the encoding himself. */
async function readBytes(file: string | undefined, suggestion: string): Promise<Buffer> {
  if (file === undefined || file === '-') return readStandardInput();
  try {
    return await readFile(file);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? '';
    throw userError({
      code: 'file-unreadable',
      message: `\`${file}\` cannot be read: ${UNREADABLE[code] ?? (error as Error).message}.`,
      suggestion,
    });
  }
}

/** Public keys whose signatures count, a line each as ssh-keygen reads them. */
export const readSigners = (file: string): Promise<string> =>
  readText(file, 'Name a file with the public keys whose signatures count.');

/** A file of packages as it is: standard input has no name. */
export async function readPackages(
  file: string | undefined,
  suggestion = 'Name a file of packages, or pipe it in.',
): Promise<PackagesFile> {
  const bytes = await readBytes(file, suggestion);
  return { name: file === undefined || file === '-' ? null : basename(file), bytes };
}

const UNREADABLE: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  ENOTDIR: 'there is no such file',
  EISDIR: 'it is a folder',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  ELOOP: 'its links lead in a circle',
  ENAMETOOLONG: 'the name is too long',
  ERR_FS_FILE_TOO_LARGE: 'it is larger than 2 GiB',
  ERR_STRING_TOO_LONG: 'it is larger than 512 MiB',
};

/** All of standard input. */
async function readStandardInput(): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/**
 * Resolves with the signal's name at the first SIGINT or SIGTERM. The process goes on listening:
 * while a program of ours runs, execa would otherwise see itself as the only listener and end this
 * process at once, with nothing put back.
 */
export function untilStopped(): Promise<string> {
  return new Promise((resolve) => {
    for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, () => resolve(name));
  });
}

/** A person or the system ended the command with a signal. */
export class Interrupted extends Error {
  /** What shells report for it: 128 and the signal's number. */
  readonly exitCode: number;
  readonly #signal: StopSignal;

  /** `left` ends the sentence: what there is by now because of the command. */
  constructor(signal: StopSignal, left = '; nothing is left behind.') {
    super(`stopped by ${signal}${left}`);
    this.name = 'Interrupted';
    this.#signal = signal;
    this.exitCode = 128 + constants.signals[signal];
  }

  /** The same of a command that leaves something. */
  leaving(left: string): Interrupted {
    return new Interrupted(this.#signal, left);
  }
}

const STOP_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
type StopSignal = (typeof STOP_SIGNALS)[number];

/**
 * Runs work that must clean up when it is interrupted: its signal is aborted with `Interrupted` at
 * the first Ctrl-C, SIGTERM or SIGHUP, and the process lives on until the work has ended.
 */
export async function interruptible<Result>(
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const controller = new AbortController();
  const stops = STOP_SIGNALS.map(
    (name) => [name, () => controller.abort(new Interrupted(name))] as const,
  );
  for (const [name, stop] of stops) process.on(name, stop);
  try {
    return await work(controller.signal);
  } finally {
    for (const [name, stop] of stops) process.off(name, stop);
  }
}

/** The work's result, or, once the signal is aborted, its reason; the work itself goes on. */
export function untilAborted<Result>(work: Promise<Result>, signal: AbortSignal): Promise<Result> {
  const aborted = Promise.withResolvers<never>();
  const abort = () => aborted.reject(signal.reason);
  if (signal.aborted) abort();
  signal.addEventListener('abort', abort, { once: true });
  return Promise.race([work, aborted.promise]).finally(() =>
    signal.removeEventListener('abort', abort),
  );
}
