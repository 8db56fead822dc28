/** Commands by the words that mean them. */
import { userError } from '../src/domain/errors.ts';
import { printable } from '../src/domain/names.ts';
import { closest } from '../src/domain/near-names.ts';

interface Named {
  name: string;
  aliases: readonly string[];
}

/** The command of this name, or of this other name. */
export function commandNamed<C extends Named>(word: string, commands: readonly C[]): C | undefined {
  return commands.find(({ name, aliases }) => name === word || aliases.includes(word));
}

/** The same. Throws `unknown-command`; `instead`: what to do, with the name that may be meant. */
export function requireNamed<C extends Named>(
  word: string,
  commands: readonly C[],
  instead: (near: string | null) => string,
): C {
  const found = commandNamed(word, commands);
  if (found) return found;
  const names = commands.map(({ name }) => name);
  throw userError({
    code: 'unknown-command',
    message: `There is no command \`${printable(word)}\`.`,
    suggestion: instead(closest(word, names)),
  });
}
