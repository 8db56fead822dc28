import { EXIT_CODES, FerryError, toFailure } from '../domain/errors.ts';
import { InvocationRefusal } from '../domain/invocation/refusal.ts';
import { closest } from '../domain/tokens.ts';
import { ROOT } from '../root.ts';
import { CATALOGUE, usageOf } from './catalogue.ts';
import { Interrupted } from './command.ts';
import { helpOf, overview } from './help.ts';

const isHelp = (word: string): boolean => word === '--help' || word === '-h';

async function main(words: readonly string[]): Promise<number> {
  const [name, ...rest] = words;
  if (name === undefined || isHelp(name) || (name === 'help' && rest.length === 0)) {
    process.stdout.write(`${overview()}\n`);
    return name === undefined ? 1 : 0;
  }
  if (name === '--version' || name === '-V') {
    process.stdout.write(`conda-ferry ${await (await import('./version.ts')).version()}\n`);
    return 0;
  }
  // `help parse` is `parse --help`.
  const asked = name === 'help' ? (rest[0] ?? name) : name;
  const entry = Object.hasOwn(CATALOGUE, asked) ? CATALOGUE[asked] : undefined;
  if (entry === undefined) {
    const near = closest(asked, Object.keys(CATALOGUE));
    process.stderr.write(
      `conda-ferry: there is no command \`${asked}\`.${near ? ` Did you mean \`${near}\`?` : ''}\n\n${overview()}\n`,
    );
    return 1;
  }
  const isHelpWanted = name === 'help' || optionsOf(rest).some(isHelp);
  if (entry.isService && !isHelpWanted) {
    // Before much is loaded, as that is loaded again.
    (await import('./secrets-aside.ts')).putSecretsAside(entry.nodeOptions);
  }
  const { command } = await entry.load();
  if (isHelpWanted) {
    process.stdout.write(`${helpOf(asked, entry, command)}\n`);
    return 0;
  }
  return command.run(rest, usageOf(asked));
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
    EXIT_CODES[kind],
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
      : `In ${ROOT} type: npm install`,
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
  if (isJson) process.stdout.write(`${JSON.stringify({ error })}\n`);
  else {
    for (const { message, suggestion } of [error, ...(error.others ?? [])]) {
      process.stderr.write(`conda-ferry: ${message}${suggestion ? `\n${suggestion}` : ''}\n`);
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
  process.exitCode = report(error, optionsOf(words).includes('--json'));
}
