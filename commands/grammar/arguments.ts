/** Words → the arguments a grammar names. */
import { type FerryError, userError } from '../../src/domain/errors.ts';
import { printable } from '../../src/domain/names.ts';
import type { Settings } from '../../src/domain/services.ts';
import type { Token } from '../../src/domain/tokens.ts';
import type { Command, Draft, Kind } from '../command.ts';
import { KINDS } from './kinds.ts';
import { attempt } from './mistakes.ts';
import { separate } from './options.ts';
import { specTokens } from './spec-words.ts';

/** What all steps of one parse know; what is wrong is added to `mistakes`. */
interface Reading {
  command: Command;
  typed: string;
  settings: Settings;
  mistakes: FerryError[];
}

/**
 * Matches words against the grammar; every name of the grammar is present in the result. Wrong
 * words are collected, so that all of them can be told at once.
 */
export function parseArguments(
  command: Command,
  words: readonly Token[],
  typed: string,
  settings: Settings,
): Draft {
  const mistakes: FerryError[] = [];
  const reading = { command, typed, settings, mistakes };
  const { plain, chosen, rest } = separate(command.grammar, words, mistakes);
  const options = optionValues(reading, chosen);
  const positionals = positionalValues(reading, plain, options, new Set(chosen.keys()));
  return {
    arguments: {
      ...{ rest: rest.map(({ text }) => text), raw: typed, lock: null, file: null },
      ...options,
      ...positionals,
    },
    mistakes,
    typed,
    words: plain.map(({ text }) => text),
    repaired: null,
  };
}

function optionValues(
  reading: Reading,
  chosen: ReadonlyMap<string, readonly Token[]>,
): Record<string, unknown> {
  const options = Object.entries(reading.command.grammar.options ?? {});
  return Object.fromEntries(
    options.map(([name, option]) => {
      const tokens = chosen.get(name) ?? [];
      const values = valuesOf(reading, option.kind, tokens);
      if (!option.many && tokens[1]) reading.mistakes.push(repeatedOption(name, tokens[1]));
      return [name, option.many ? values : (values[0] ?? null)];
    }),
  );
}

/** Each takes from the plain words what is its; those that are left over are a mistake. */
function positionalValues(
  reading: Reading,
  plain: readonly Token[],
  options: Readonly<Record<string, unknown>>,
  chosen: ReadonlySet<string>,
): Record<string, unknown> {
  const { command, typed, settings, mistakes } = reading;
  const channels = settings.channels.map((channel) => channel.name);
  const remaining = [...plain];
  const result: Record<string, unknown> = {};
  for (const [name, positional] of Object.entries(command.grammar.positionals ?? {})) {
    const option = positional.givenBy?.find((name) => chosen.has(name));
    if (option !== undefined) {
      result[name] = options[option];
      continue;
    }
    if (remaining.length > 1 && remaining[0]?.text === positional.after) remaining.shift();
    const taken = positional.many ? remaining.splice(0) : remaining.splice(0, 1);
    const tokens = positional.kind === 'spec' ? specTokens(taken, typed, channels) : taken;
    const values = valuesOf(reading, positional.kind, tokens);
    if (positional.required && tokens.length === 0 && mistakes.length === 0) {
      mistakes.push(missingArgument(reading, name));
    }
    result[name] = positional.many ? values : (values[0] ?? null);
  }
  const [unexpected] = remaining;
  if (unexpected) mistakes.push(unexpectedArgument(reading, unexpected));
  return result;
}

/** The values of the words that have one. */
function valuesOf(
  { settings, mistakes }: Reading,
  kind: Kind,
  tokens: readonly Token[],
): unknown[] {
  return tokens.flatMap((token) => attempt(mistakes, () => [KINDS[kind](token, settings)]) ?? []);
}

function repeatedOption(name: string, position: Token): FerryError {
  return userError({
    code: 'repeated-option',
    message: `\`--${name}\` is given twice.`,
    suggestion: `Give \`--${name}\` once.`,
    position,
  });
}

function missingArgument({ command, typed, settings }: Reading, name: string): FerryError {
  return userError({
    code: 'missing-argument',
    message: `\`${command.name}\` needs ${NEEDED[name] ?? `a ${name}`}.`,
    suggestion: `Usage: \`${settings.command} ${command.usage}\`, for example \`${settings.command} ${command.examples[0]}\`.`,
    position: { start: typed.length, end: typed.length },
  });
}

/** Positionals in words, where their name says too little. */
const NEEDED: Readonly<Record<string, string>> = {
  environment: 'the name of an environment',
  revision: 'the name of an environment',
  build: 'the name of an environment or an id',
  specs: 'at least one package',
  as: 'a name for the copy, such as `my-churn`',
  tag: 'a tag, such as `prod`',
};

function unexpectedArgument({ command, settings }: Reading, position: Token): FerryError {
  if (command.grammar.rest) return withoutDashes(position);
  return userError({
    code: 'unexpected-argument',
    message: `\`${printable(position.text)}\` is one word too many.`,
    suggestion: `Usage: \`${settings.command} ${command.usage}\`.`,
    position,
  });
}

/** A word that can only be the application's, before which the dashes are missing. */
function withoutDashes(position: Token): FerryError {
  const { text, start } = position;
  return userError({
    code: 'unexpected-argument',
    message: `Your application and its arguments come after \`--\`, and there is none before \`${printable(text)}\`.`,
    suggestion: `Did you mean \`-- ${printable(text)}\`?`,
    position,
    replacement: { text: '-- ', start, end: start },
  });
}
