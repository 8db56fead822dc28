import { type Command, describeCommand } from './command.ts';
import * as registered from './registered.ts';

/** Every command, by name: help shows each in its group. */
export const commands: readonly Command[] = refuseDuplicates(Object.values(registered));

export const commandHelp = commands.map(describeCommand);

function refuseDuplicates(all: readonly Command[]): readonly Command[] {
  const taken = new Set<string>();
  for (const word of all.flatMap((command) => [command.name, ...command.aliases])) {
    if (taken.has(word)) throw new Error(`two commands answer to "${word}"`);
    taken.add(word);
  }
  return all;
}
