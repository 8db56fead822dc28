import { FerryError, userError } from '../../src/domain/errors.ts';
import { printable } from '../../src/domain/names.ts';
import { closest } from '../../src/domain/near-names.ts';
import type { Settings } from '../../src/domain/services.ts';
import { type Token, tokenize } from '../../src/domain/tokens.ts';
import { plainText } from '../../src/domain/typed-text.ts';
import {
  type Command,
  type Draft,
  type PackagesFile,
  type ParsedArguments,
  takesRequest,
  takesSpecs,
} from '../command.ts';
import { withFile } from '../create/file.ts';
import { commandNamed } from '../named.ts';
import { parseArguments } from './arguments.ts';
import { readForeignCommand } from './foreign-commands.ts';
import { asOne, repairOf } from './mistakes.ts';
import { withoutAddress, withoutInstallers, withoutPrompt } from './pasted-commands.ts';
import { pastedFile } from './pasted-files.ts';

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

/**
 * What the text after `/conda-env` means, and a file that came with it. Pure: nothing is looked up
 * and nothing is done.
 */
export function parseCommand(
  text: string,
  commands: readonly Command[],
  settings: Settings,
  file: PackagesFile | null = null,
): Parsed {
  const parsed = read(text, commands, settings, file);
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
    error: asOne(error, error.others, repairs),
    draft: draft && { ...draft, repaired: isRight ? right.draft : null },
  };
}

function read(
  text: string,
  commands: readonly Command[],
  settings: Settings,
  attached: PackagesFile | null = null,
): Parsed {
  const given = withoutAddress(text.trim(), settings.command);
  const pasted = attached === null ? pastedFile(plainText(given)) : null;
  const file = pasted ? { name: null, bytes: new TextEncoder().encode(pasted.text) } : attached;
  const said = withoutPrompt((pasted?.before ?? plainText(given)).trim());
  // A file alone is looked at before anything is built.
  const typed = said === '' && file ? 'plan' : said;
  if (typed === '') return { kind: 'empty' };
  try {
    const foreign = readForeignCommand(typed, settings);
    const first = foreign?.command ?? /^\S+/.exec(typed)?.[0] ?? '';
    const command = findCommand(first, commands, settings, typed);
    if (command.grammar.raw) {
      const raw = given
        .replace(/^`+\s*/, '')
        .slice(first.length)
        .trim();
      return {
        kind: 'command',
        command,
        arguments: { rest: [], raw, lock: null, file: null },
        draft: null,
      };
    }
    const told = tokenize(typed).slice(foreign?.words ?? 1);
    const words = takesSpecs(command.grammar) ? withoutInstallers(told, typed) : told;
    const draft = file
      ? draftBeside(file, command, words, typed, settings)
      : parseArguments(command, words, typed, settings);
    const [mistake, ...more] = draft.mistakes;
    if (!mistake) return { kind: 'command', command, arguments: draft.arguments, draft };
    // What would do instead of each does for all only where each has something.
    const offers = draft.mistakes.map(({ repairs }) => repairs);
    const repairs = offers.every(({ length }) => length > 0) ? (offers.at(-1) ?? []) : [];
    return { kind: 'error', error: asOne(mistake, more, repairs), typed, command, draft };
  } catch (error) {
    if (!(error instanceof FerryError)) throw error;
    return { kind: 'error', error, typed, command: null, draft: null };
  }
}

/** What a file says need not be typed; commands that take packages have the grammar of a request. */
function draftBeside(
  file: PackagesFile,
  command: Command,
  words: readonly Token[],
  typed: string,
  settings: Settings,
): Draft {
  const isRequest = takesRequest(command.grammar);
  if (!isRequest && !command.grammar.file) return parseArguments(command, words, typed, settings);
  const positionals = Object.entries(command.grammar.positionals ?? {}).map(
    ([name, positional]) => [name, { ...positional, required: false }] as const,
  );
  const grammar = { ...command.grammar, positionals: Object.fromEntries(positionals) };
  const draft = parseArguments({ ...command, grammar }, words, typed, settings);
  if (!isRequest) return { ...draft, arguments: { ...draft.arguments, file } };
  return withFile(draft as unknown as Parameters<typeof withFile>[0], file, settings) as Draft;
}

function findCommand(
  word: string,
  commands: readonly Command[],
  settings: Settings,
  typed: string,
): Command {
  const wanted = word.toLowerCase();
  const found = commandNamed(wanted, commands);
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
