/** Which words of a command are options, and which values are theirs. */
import { type FerryError, userError } from '../../src/domain/errors.ts';
import { printable } from '../../src/domain/names.ts';
import { closest } from '../../src/domain/near-names.ts';
import type { Token } from '../../src/domain/tokens.ts';
import { type Grammar, type Option, takesSpecs } from '../command.ts';
import { foreignOption } from './foreign-options.ts';
import { attempt } from './mistakes.ts';

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
function withoutClusters(grammar: Grammar, words: readonly Token[]): Token[] {
  const options = Object.entries(grammar.options ?? {});
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

/** The words of a command, told apart. */
interface Separated {
  plain: Token[];
  /** By name of an option, the word of each value; of a flag, the flag itself. */
  chosen: Map<string, Token[]>;
  /** What follows a lone `--`. */
  rest: Token[];
}

/** Splits words into options with their values, plain words, and what follows a lone `--`. */
export function separate(
  grammar: Grammar,
  typed: readonly Token[],
  mistakes: FerryError[],
): Separated {
  const words = withoutClusters(grammar, typed);
  const plain: Token[] = [];
  const chosen = new Map<string, Token[]>();
  let index = 0;
  for (let word = words[0]; word; word = words[index]) {
    if (word.text === '--' && !word.quoted && grammar.rest) {
      return { plain, chosen, rest: words.slice(index + 1) };
    }
    if (word.quoted || !/^-[-A-Za-z]/.test(word.text)) {
      plain.push(word);
      index += 1;
      continue;
    }
    const option = readOption(grammar, words, index, word, mistakes);
    index += option.words;
    if (option.name === null) continue;
    chosen.set(option.name, [...(chosen.get(option.name) ?? []), option.value]);
  }
  return { plain, chosen, rest: [] };
}

/** How many words an option takes, and its value; no name where it means nothing here. */
type ReadOption = { words: number; name: null } | { words: number; name: string; value: Token };

function readOption(
  grammar: Grammar,
  words: readonly Token[],
  index: number,
  word: Token,
  mistakes: FerryError[],
): ReadOption {
  const { flag, value } = flagOf(word);
  const accepted = takesSpecs(grammar) ? ACCEPTED[flag] : undefined;
  if (accepted) return { words: accepted === 'value' && value === null ? 2 : 1, name: null };
  const isOwn = Object.entries(grammar.options ?? {}).some(
    ([name, { short }]) => flag === `--${name}` || flag === short,
  );
  const foreign = takesSpecs(grammar) && !isOwn ? foreignOption(words, index) : null;
  if (foreign) {
    mistakes.push(foreign.error);
    return { words: foreign.words, name: null };
  }
  const found = attempt(mistakes, () => findOption(grammar, flag, word));
  if (found === null) return { words: 1, name: null };
  const [name, option] = found;
  if (option.kind === 'flag') return { words: 1, name, value: word };
  if (value !== null) return { words: 1, name, value };
  const next = valueAfter(words[index + 1], flag, option, word);
  const sentence = option.kind === 'sentence' ? sentenceFrom(words.slice(index + 1)) : [next];
  const text = sentence.map((part) => part.text).join(' ');
  const end = sentence.at(-1)?.end ?? next.end;
  return { words: 1 + sentence.length, name, value: { ...next, text, end } };
}

/** `--name=churn` has its value with it. */
function flagOf(word: Token): { flag: string; value: Token | null } {
  const equals = word.text.startsWith('--') ? word.text.indexOf('=') : -1;
  if (equals < 0) return { flag: word.text, value: null };
  const value = { ...word, text: word.text.slice(equals + 1), start: word.start + equals + 1 };
  return { flag: word.text.slice(0, equals), value };
}

/** The words up to the next option. */
function sentenceFrom(words: readonly Token[]): readonly Token[] {
  const end = words.findIndex(({ text, quoted }) => !quoted && /^--?[A-Za-z]/.test(text));
  return end < 0 ? words : words.slice(0, end);
}

function valueAfter(next: Token | undefined, flag: string, option: Option, word: Token): Token {
  if (next && (next.quoted || !/^--?[A-Za-z]/.test(next.text))) return next;
  throw userError({
    code: 'missing-value',
    message: `\`${flag}\` needs a value.`,
    suggestion: `Write \`${flag} ${option.value ?? 'VALUE'}\`.`,
    position: word,
  });
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
