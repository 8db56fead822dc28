import { exitCodeFor, FerryError, toFailure, userError } from '../domain/errors.ts';
import { InvocationRefusal } from '../domain/invocation/refusal.ts';
import { printable } from '../domain/names.ts';
import { closest } from '../domain/near-names.ts';
import { quote } from '../domain/shell.ts';
import { ROOT } from '../root.ts';
import { CATALOGUE, usageOf } from './catalogue.ts';
import { styleOn } from './colour.ts';
import { Interrupted, writeJson } from './command.ts';
import { helpDocument, helpOf, overview, overviewDocument } from './help.ts';

const isHelp = (word: string): boolean => word === '--help' || word === '-h';

async function main(words: readonly string[]): Promise<number> {
  const [name, ...rest] = words;
  const isJson = wantsJson(words);
  const show = (text: string, document: unknown) =>
    isJson ? writeJson(document) : void process.stdout.write(`${text}\n`);
  if (name === undefined || isHelp(name) || (name === 'help' && rest.every(isJsonOption))) {
    show(overview(), overviewDocument());
    return name === undefined ? 1 : 0;
  }
  if (name === '--version' || name === '-V') {
    const { inWords, running } = await import('./version.ts');
    const document = await running();
    show(`conda-ferry ${inWords(document)}`, document);
    return 0;
  }
  // `help parse` is `parse --help`.
  const asked = name === 'help' ? (rest[0] ?? name) : name;
  const entry = Object.hasOwn(CATALOGUE, asked) ? CATALOGUE[asked] : undefined;
  if (entry === undefined) throw await noCommand(asked, name === 'help' ? [] : rest);
  const isHelpWanted = name === 'help' || optionsOf(rest).some(isHelp);
  if (entry.isService && !isHelpWanted) {
    // Before much is loaded, as that is loaded again.
    (await import('./secrets-aside.ts')).putSecretsAside(entry.nodeOptions);
  }
  const { command } = await entry.load();
  if (isHelpWanted) {
    show(helpOf(asked, entry, command), helpDocument(asked, entry, command));
    return 0;
  }
  return command.run(rest, usageOf(asked));
}

const isJsonOption = (word: string): boolean => word === '--json';
const wantsJson = (words: readonly string[]): boolean => optionsOf(words).some(isJsonOption);

/** A sub-command that there is not: one that is near, or what is said to the bot. */
async function noCommand(name: string, rest: readonly string[]): Promise<FerryError> {
  const { commandNamed } = await import('../../commands/named.ts');
  const { commands } = await import('../../commands/registry.ts');
  const all = [...Object.keys(CATALOGUE), ...commands.map((command) => command.name)];
  const near = closest(name, all);
  const isNearSaid = near !== null && !Object.hasOwn(CATALOGUE, near);
  const saidAs = commandNamed(name, commands) ? name : isNearSaid && near;
  return userError({
    code: 'unknown-command',
    message: name.startsWith('-')
      ? `There is no option \`${printable(name)}\` before a command.`
      : `There is no command \`${printable(name)}\`.`,
    suggestion: saidAs
      ? `It is said to the bot: \`conda-ferry exec -- ${quote([saidAs, ...rest].join(' '))}\``
      : near
        ? `Did you mean \`conda-ferry ${near}\`?`
        : 'All there are: `conda-ferry --help`',
  });
}

/** What stands behind a lone `--` is text for the command. */
function optionsOf(words: readonly string[]): readonly string[] {
  return words.includes('--') ? words.slice(0, words.indexOf('--')) : words;
}

/** One JSON document on standard output for `--json`, prose on standard error otherwise. */
function report(error: unknown, isJson: boolean): number {
  if (error instanceof InvocationRefusal) {
    const { code, message, suggestion } = error;
    return print({ code, message, suggestion }, isJson, 1);
  }
  if (error instanceof Interrupted) {
    const { message, exitCode } = error;
    return print({ code: 'interrupted', message, suggestion: null }, isJson, exitCode);
  }
  const told = notInstalled(error) ?? error;
  const failure = toFailure(told);
  const { code, message, suggestion, kind } = failure;
  const { position, others, repairs } = told instanceof FerryError ? told : NO_PLACE;
  if (kind === 'defect') process.stderr.write(`${failure.details}\n`);
  return print(
    {
      ...{ code, message, ...(position ? { position } : {}), suggestion },
      ...(repairs.length > 0 ? { repairs } : {}),
      ...(others.length > 0 ? { others: others.map(mistakeOf) } : {}),
    },
    isJson,
    exitCodeFor(failure),
  );
}

/** What Node says where a package is missing: in a clone in which nobody has installed them, or not these. */
const MISSING = /^Cannot find (?:package|module) '((?:@[^/']+\/)?[^@./'][^/']*)/;

function notInstalled(error: unknown): FerryError | null {
  const name = error instanceof Error ? MISSING.exec(error.message)?.[1] : undefined;
  if (name === undefined) return null;
  return new FerryError('outside', {
    code: 'not-installed',
    message: `The package ${name} is not installed, or not all of it.`,
    suggestion: ROOT.includes('/node_modules/')
      ? 'Install conda-ferry again.'
      : `In ${ROOT} type \`npm install\``,
  });
}

const NO_PLACE = { position: null, others: [], repairs: [] };

function mistakeOf({ code, message, position, suggestion }: FerryError) {
  return { code, message, ...(position ? { position } : {}), suggestion };
}

function print(
  error: {
    code: string;
    message: string;
    suggestion: string | null;
    others?: readonly { message: string; suggestion: string | null }[];
  },
  isJson: boolean,
  exitCode: number,
): number {
  if (isJson) writeJson({ error });
  else {
    const { fold } = styleOn(process.stderr);
    for (const { message, suggestion } of [error, ...(error.others ?? [])]) {
      process.stderr.write(
        `${fold(`conda-ferry: ${message}${suggestion ? `\n${suggestion}` : ''}`)}\n`,
      );
    }
  }
  return exitCode;
}

// Whoever reads only the beginning (`| head`) has what he wants: that is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
});
// Nor is a complaint that nobody reads (`2>&1 | head`): the exit code still tells of it.
process.stderr.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});

const words = process.argv.slice(2);
try {
  process.exitCode = await main(words);
} catch (error) {
  process.exitCode = report(error, wantsJson(words));
}
