import { EXIT_CODES, FerryError, toFailure } from './domain/errors.ts';
import { InvocationRefusal } from './domain/invocation.ts';
import { closest } from './domain/tokens.ts';
import { Interrupted, type TerminalCommand } from './terminal/command.ts';

/** Loaded only when asked for, so that `parse` does not wait for Slack's packages. */
const COMMANDS: Readonly<Record<string, () => Promise<{ command: TerminalCommand }>>> = {
  start: () => import('./terminal/start.ts'),
  bot: () => import('./terminal/bot.ts'),
  worker: () => import('./terminal/worker.ts'),
  check: () => import('./terminal/check.ts'),
  exec: () => import('./terminal/exec.ts'),
  parse: () => import('./terminal/parse.ts'),
  pack: () => import('./terminal/pack.ts'),
  lint: () => import('./terminal/lint.ts'),
  invoke: () => import('./terminal/invoke.ts'),
  diagnose: () => import('./terminal/diagnose.ts'),
  lab: () => import('./terminal/lab.ts'),
};

async function main(words: readonly string[]): Promise<number> {
  const [name, ...rest] = words;
  if (name === undefined || name === 'help' || name === '--help' || name === '-h') {
    process.stdout.write(`${await usage()}\n`);
    return name === undefined ? 1 : 0;
  }
  const load = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (load === undefined) {
    const near = closest(name, Object.keys(COMMANDS));
    process.stderr.write(
      `conda-ferry: there is no command \`${name}\`.${near ? ` Did you mean \`${near}\`?` : ''}\n\n${await usage()}\n`,
    );
    return 1;
  }
  const { command } = await load();
  if (rest.includes('--help')) {
    process.stdout.write(`${command.usage}\n\n${command.summary}\n`);
    return 0;
  }
  return command.run(rest);
}

async function usage(): Promise<string> {
  const loaded = await Promise.all(Object.values(COMMANDS).map((load) => load()));
  const lines = loaded.map(({ command }) => `  ${command.usage}\n      ${command.summary}`);
  return `Usage:\n${lines.join('\n')}\n\nExit codes: 0 done, 1 your mistake, 2 a failure outside, 128 + n stopped by signal n, 70 a defect.`;
}

/** One JSON document on standard output for `--json`, prose on standard error otherwise. */
function report(error: unknown, isJson: boolean): number {
  if (error instanceof InvocationRefusal) {
    const { code, message, suggestion } = error;
    return print({ code, message, suggestion }, isJson, 1);
  }
  if (error instanceof Interrupted) {
    const { message, exitCode } = error;
    const words = { code: 'interrupted', message: `${message}; nothing is left behind.` };
    return print({ ...words, suggestion: null }, isJson, exitCode);
  }
  const failure = toFailure(error);
  const { code, message, suggestion, kind } = failure;
  const { position, others, repairs } = error instanceof FerryError ? error : NO_PLACE;
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
const options = words.includes('--') ? words.slice(0, words.indexOf('--')) : words;
try {
  process.exitCode = await main(words);
} catch (error) {
  process.exitCode = report(error, options.includes('--json'));
}
