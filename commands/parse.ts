import { FerryError, userError } from '../src/domain/errors.ts';
import { printable } from '../src/domain/names.ts';
import { type RefusalView, type Reply, refusal } from '../src/domain/reply.ts';
import type { Settings } from '../src/domain/services.ts';
import { closest, type Token, tokenize } from '../src/domain/tokens.ts';
import { plainText } from '../src/domain/typed-text.ts';
import type {
  Command,
  CommandContext,
  Draft,
  Grammar,
  Kind,
  Option,
  ParsedArguments,
} from './command.ts';
import { readForeignCommand } from './foreign.ts';
import { foreignOption } from './foreign-options.ts';
import { KINDS } from './kinds.ts';
import { withoutAddress, withoutInstallers, withoutPrompt } from './pasted-commands.ts';
import { refuseEnvironmentFile } from './pasted-files.ts';
import { specTokens } from './spec-words.ts';

/** A text is a command with checked arguments, nothing at all, or a mistake with its position. */
export type Parsed =
  | { kind: 'command'; command: Command; arguments: ParsedArguments; draft: Draft | null }
  | { kind: 'empty' }
  /** `draft` and `command`: where only some words are wrong. */
  | {
      kind: 'error';
      error: FerryError;
      typed: string;
      command: Command | null;
      draft: Draft | null;
    };

/** What the text after `/conda-env` means. Pure: nothing is looked up and nothing is done. */
export function parseCommand(
  text: string,
  commands: readonly Command[],
  settings: Settings,
): Parsed {
  const parsed = read(text, commands, settings);
  if (parsed.kind !== 'error') return parsed;
  const { error, typed, draft } = parsed;
  const repaired = repairOf(error, typed);
  const right = repaired === null ? null : read(repaired, commands, settings);
  const isRight = right?.kind === 'command';
  const command = repaired ?? '';
  // What is offered goes through: a button never leads to another refusal of words.
  const repairs = isRight
    ? [{ label: command, command }]
    : error.repairs.filter((offer) => read(offer.command, commands, settings).kind !== 'error');
  return {
    ...parsed,
    error: asOne([error, ...error.others], repairs),
    draft: draft && { ...draft, repaired: isRight ? right.draft : null },
  };
}

function read(text: string, commands: readonly Command[], settings: Settings): Parsed {
  const given = withoutAddress(text.trim(), settings.command);
  const typed = withoutPrompt(plainText(given).trim());
  if (typed === '') return { kind: 'empty' };
  try {
    if (/^(?:name|channels|dependencies):/.test(typed)) refuseEnvironmentFile(typed, settings);
    const foreign = readForeignCommand(typed, settings);
    const first = foreign?.command ?? /^\S+/.exec(typed)?.[0] ?? '';
    const command = findCommand(first, commands, settings, typed);
    if (command.grammar.raw) {
      const raw = given
        .replace(/^`+\s*/, '')
        .slice(first.length)
        .trim();
      return { kind: 'command', command, arguments: { rest: [], raw }, draft: null };
    }
    if (takesSpecs(command.grammar)) refuseEnvironmentFile(typed, settings);
    const told = tokenize(typed).slice(foreign?.words ?? 1);
    const words = takesSpecs(command.grammar) ? withoutInstallers(told, typed) : told;
    const draft = parseArguments(command, words, typed, settings);
    if (draft.mistakes.length === 0) {
      return { kind: 'command', command, arguments: draft.arguments, draft };
    }
    return { kind: 'error', error: asOne(draft.mistakes, []), typed, command, draft };
  } catch (error) {
    if (!(error instanceof FerryError)) throw error;
    return { kind: 'error', error, typed, command: null, draft: null };
  }
}

/** The whole command with every mistake mended, or null where one of them cannot be. */
function repairOf(error: FerryError, typed: string): string | null {
  const mistakes = [error, ...error.others];
  const parts = mistakes.flatMap(({ replacement }) => replacement ?? []);
  if (parts.length < mistakes.length) return null;
  const command = parts
    .toSorted((left, right) => right.start - left.start)
    .reduce(
      (text, { start, end, text: instead }) => text.slice(0, start) + instead + text.slice(end),
      typed,
    );
  // On one line it fits a button; a comment ends with its own.
  return command.includes('#') ? command : command.replace(/\s*\n\s*/g, ' ');
}

/** One error for all mistakes of a text, in its order; the first speaks, the others follow it. */
function asOne(mistakes: readonly FerryError[], repairs: FerryError['repairs']): FerryError {
  const [first, ...others] = mistakes.toSorted(
    (left, right) => (left.position?.start ?? 0) - (right.position?.start ?? 0),
  );
  const { code, message, suggestion, position, replacement } = first as FerryError;
  return userError({ code, message, suggestion, position, replacement, others, repairs });
}

/**
 * Parses and runs. A person's mistake comes back as a refusal; anything else that is thrown goes
 * on to the caller, who decides how much of it a person may see.
 */
export async function execute(
  text: string,
  commands: readonly Command[],
  context: CommandContext,
): Promise<Reply> {
  const parsed = parseCommand(text, commands, context.services.settings);
  const refused = await reviewed(parsed, commands, context);
  if (refused) return refused;
  if (parsed.kind === 'error') return refusal(parsed.error, parsed.typed);
  if (parsed.kind === 'empty') return { kind: 'welcome' };
  try {
    return await parsed.command.run(parsed.arguments, context);
  } catch (error) {
    if (error instanceof FerryError && error.kind !== 'defect') return refusal(error, null);
    throw error;
  }
}

/** What would be refused before anything is done, or null; nothing is done in either case. */
export async function review(
  text: string,
  commands: readonly Command[],
  context: CommandContext,
): Promise<RefusalView | null> {
  const parsed = parseCommand(text, commands, context.services.settings);
  const refused = await reviewed(parsed, commands, context);
  if (refused?.kind === 'refusal') return refused.error;
  if (parsed.kind !== 'error') return null;
  const own = refusal(parsed.error, parsed.typed);
  return own.kind === 'refusal' ? own.error : null;
}

/** What commands have to say of a text as a whole; null when they have nothing to add. */
async function reviewed(
  parsed: Parsed,
  commands: readonly Command[],
  context: CommandContext,
): Promise<Reply | null> {
  try {
    return await lookAt(parsed, commands, context);
  } catch (error) {
    if (error instanceof FerryError && error.kind !== 'defect') return refusal(error, null);
    throw error;
  }
}

async function lookAt(
  parsed: Parsed,
  commands: readonly Command[],
  context: CommandContext,
): Promise<Reply | null> {
  if (parsed.kind === 'empty') return null;
  if (parsed.kind === 'error' && parsed.error.code === 'unknown-command') {
    const words = parsed.typed.split(/\s+/);
    for (const { recognize } of commands) {
      const error = await recognize?.(words, context);
      if (error) return refusal(error, null);
    }
    return null;
  }
  if (!parsed.command?.review || parsed.draft === null) return null;
  const error = await parsed.command.review(parsed.draft, context);
  return error && refusal(error, error.position ? parsed.draft.typed : null);
}

function findCommand(
  word: string,
  commands: readonly Command[],
  settings: Settings,
  typed: string,
): Command {
  const wanted = word.toLowerCase();
  const found = commands.find(
    (command) => command.name === wanted || command.aliases.includes(wanted),
  );
  if (found) return found;
  const near = closest(
    wanted,
    commands.flatMap((command) => [command.name, ...command.aliases]),
  );
  const meant = near && `${near}${typed.slice(word.length)}`;
  throw userError({
    code: 'unknown-command',
    repairs: meant ? [{ label: meant, command: meant }] : [],
    message: `There is no command \`${printable(word)}\`.`,
    suggestion: near
      ? `Did you mean \`${settings.command} ${near}\`?`
      : `\`${settings.command} help\` lists the commands.`,
    position: { start: 0, end: word.length },
  });
}

/**
 * Matches words against the grammar; every name of the grammar is present in the result. Wrong
 * words are collected, so that all of them can be told at once.
 */
function parseArguments(
  command: Command,
  words: readonly Token[],
  typed: string,
  settings: Settings,
): Draft {
  const mistakes: FerryError[] = [];
  const grammar = command.grammar;
  const { plain, chosen, rest } = separate(command, words, mistakes);
  const result: ParsedArguments = { rest: rest.map((token) => token.text), raw: typed };
  for (const [name, option] of Object.entries(grammar.options ?? {})) {
    const tokens = chosen.get(name) ?? [];
    const values = valuesOf(option.kind, tokens, settings, mistakes);
    if (!option.many && tokens[1]) {
      mistakes.push(
        userError({
          code: 'repeated-option',
          message: `\`--${name}\` is given twice.`,
          suggestion: `Give \`--${name}\` once.`,
          position: tokens[1],
        }),
      );
    }
    result[name] = option.many ? values : (values[0] ?? null);
  }
  const remaining = [...plain];
  const names = settings.channels.map((channel) => channel.name);
  for (const [name, positional] of Object.entries(grammar.positionals ?? {})) {
    const option = positional.givenBy?.find((name) => chosen.has(name));
    if (option !== undefined) {
      result[name] = result[option];
      continue;
    }
    const taken = positional.many ? remaining.splice(0) : remaining.splice(0, 1);
    const tokens = positional.kind === 'spec' ? specTokens(taken, typed, names) : taken;
    const values = valuesOf(positional.kind, tokens, settings, mistakes);
    if (positional.required && tokens.length === 0 && mistakes.length === 0) {
      mistakes.push(missingArgument(command, name, typed, settings));
    }
    result[name] = positional.many ? values : (values[0] ?? null);
  }
  const [unexpected] = remaining;
  if (unexpected) {
    mistakes.push(
      userError({
        code: 'unexpected-argument',
        message: `\`${printable(unexpected.text)}\` is one word too many.`,
        suggestion: `Usage: \`${settings.command} ${command.usage}\`.`,
        position: unexpected,
      }),
    );
  }
  const told = plain.map(({ text }) => text);
  return { arguments: result, mistakes, typed, words: told, repaired: null };
}

function missingArgument(
  command: Command,
  name: string,
  typed: string,
  settings: Settings,
): FerryError {
  return userError({
    code: 'missing-argument',
    message: `\`${command.name}\` needs ${article(name)}.`,
    suggestion: `Usage: \`${settings.command} ${command.usage}\`, for example \`${settings.command} ${command.examples[0]}\`.`,
    position: { start: typed.length, end: typed.length },
  });
}

/** The values of the words that have one; what is wrong with the others is added to `mistakes`. */
function valuesOf(
  kind: Kind,
  tokens: readonly Token[],
  settings: Settings,
  mistakes: FerryError[],
): unknown[] {
  return tokens.flatMap((token) => attempt(mistakes, () => [KINDS[kind](token, settings)]) ?? []);
}

/** Null where the person made a mistake, which is added to `mistakes`. */
function attempt<T>(mistakes: FerryError[], work: () => T): T | null {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof FerryError) || error.kind !== 'user') throw error;
    mistakes.push(error);
    return null;
  }
}

/**
 * Options of conda and pip that ask for what happens here anyway, or only for other words on a
 * screen: accepted in silence. What would change the environment is not among them.
 */
const ACCEPTED: Readonly<Record<string, 'flag' | 'value'>> = {
  ...{ '-q': 'flag', '--quiet': 'flag', '-v': 'flag', '-vv': 'flag', '-vvv': 'flag' },
  ...{ '--verbose': 'flag', '--json': 'flag', '-yq': 'flag', '-qy': 'flag' },
  ...{ '--override-channels': 'flag', '--no-default-packages': 'flag' },
  ...{ '--strict-channel-priority': 'flag', '--show-channel-urls': 'flag' },
  ...{ '--solver': 'value', '--experimental-solver': 'value' },
  ...{ '-U': 'flag', '--upgrade': 'flag', '--user': 'flag', '--no-cache-dir': 'flag' },
};

/**
 * `-yn x`, `-nx`, `-n=x` and `-cNAME` as words of their own, as argparse reads them for conda: flags
 * of one letter, and at last an option with its value.
 */
function withoutClusters(command: Command, words: readonly Token[]): Token[] {
  const options = Object.entries(command.grammar.options ?? {});
  const end = words.findIndex(({ text, quoted }) => text === '--' && !quoted);
  return words.flatMap((word, index) => {
    const isCluster = /^-[A-Za-z][^\s]/.test(word.text) && !(end >= 0 && index > end);
    const isLong = options.some(([name]) => word.text === `-${name}`);
    if (!isCluster || word.quoted || isLong || word.text in ACCEPTED) return [word];
    const parts: Token[] = [];
    for (let at = 1; at < word.text.length; at += 1) {
      const flag = `-${word.text[at]}`;
      const [, option] = options.find(([, { short }]) => short === flag) ?? [];
      const isFlag = option ? option.kind === 'flag' : ACCEPTED[flag] === 'flag';
      if (!option && !isFlag) return [word];
      parts.push({ ...word, text: flag });
      if (isFlag) continue;
      const value = word.text.slice(at + 1).replace(/^=/, '');
      const start = word.end - value.length;
      return value === '' ? parts : [...parts, { ...word, text: value, start, quoted: true }];
    }
    return parts;
  });
}

/** Splits words into options with their values, plain words, and what follows a lone `--`. */
function separate(command: Command, typed: readonly Token[], mistakes: FerryError[]) {
  const words = withoutClusters(command, typed);
  const plain: Token[] = [];
  const chosen = new Map<string, Token[]>();
  for (let index = 0; index < words.length; index += 1) {
    const word = words[index] as Token;
    if (word.text === '--' && !word.quoted && command.grammar.rest) {
      return { plain, chosen, rest: words.slice(index + 1) };
    }
    if (word.quoted || !/^-[-A-Za-z]/.test(word.text)) {
      plain.push(word);
      continue;
    }
    const equals = word.text.startsWith('--') ? word.text.indexOf('=') : -1;
    const flag = equals < 0 ? word.text : word.text.slice(0, equals);
    const accepted = takesSpecs(command.grammar) ? ACCEPTED[flag] : undefined;
    if (accepted !== undefined) {
      if (accepted === 'value' && equals < 0) index += 1;
      continue;
    }
    const isOwn = Object.entries(command.grammar.options ?? {}).some(
      ([name, { short }]) => flag === `--${name}` || flag === short,
    );
    const foreign = takesSpecs(command.grammar) && !isOwn ? foreignOption(words, index) : null;
    if (foreign) {
      mistakes.push(foreign.error);
      index += foreign.words - 1;
      continue;
    }
    const found = attempt(mistakes, () => findOption(command.grammar, flag, word));
    if (found === null) continue;
    const [name, option] = found;
    let value: Token = word;
    if (option.kind !== 'flag') {
      if (equals >= 0) {
        value = { ...word, text: word.text.slice(equals + 1), start: word.start + equals + 1 };
      } else {
        index += 1;
        const next = words[index];
        if (!next || (!next.quoted && /^--?[A-Za-z]/.test(next.text))) {
          throw userError({
            code: 'missing-value',
            message: `\`${flag}\` needs a value.`,
            suggestion: `Write \`${flag} ${option.value ?? 'VALUE'}\`.`,
            position: word,
          });
        }
        value = next;
      }
    }
    chosen.set(name, [...(chosen.get(name) ?? []), value]);
  }
  return { plain, chosen, rest: [] as Token[] };
}

function takesSpecs({ positionals = {} }: Grammar): boolean {
  return Object.values(positionals).some(({ kind }) => kind === 'spec');
}

function findOption(grammar: Grammar, flag: string, position: Token): [string, Option] {
  const options = Object.entries(grammar.options ?? {});
  const found = options.find(([name, option]) => flag === `--${name}` || flag === option.short);
  if (found) return found;
  const known = options.map(([name]) => `--${name}`);
  const near = closest(flag, known);
  throw userError({
    code: 'unknown-option',
    message: `There is no option \`${printable(flag)}\` here.`,
    suggestion: near
      ? `Did you mean \`${near}\`?`
      : known.length > 0
        ? `The options are ${known.map((option) => `\`${option}\``).join(', ')}.`
        : 'This command takes no options.',
    position,
  });
}

function article(name: string): string {
  const words: Record<string, string> = {
    environment: 'the name of an environment',
    revision: 'the name of an environment',
    build: 'the name of an environment or a build id',
    specs: 'at least one package',
  };
  return words[name] ?? `a ${name}`;
}
