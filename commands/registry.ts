import { cancel } from './cancel.ts';
import { type Command, describeCommand } from './command.ts';
import { create } from './create.ts';
import { diagnose } from './diagnose.ts';
import { help } from './help.ts';
import { list } from './list.ts';
import { logs } from './logs.ts';
import { retry } from './retry.ts';
import { run } from './run.ts';
import { show } from './show.ts';
import { status } from './status.ts';
import { verify } from './verify.ts';

/** Every command, in the order help shows them. */
export const commands: readonly Command[] = refuseDuplicates([
  create,
  run,
  status,
  list,
  show,
  verify,
  diagnose,
  logs,
  cancel,
  retry,
  help,
]);

export const commandHelp = commands.map(describeCommand);

function refuseDuplicates(all: readonly Command[]): readonly Command[] {
  const taken = new Set<string>();
  for (const word of all.flatMap((command) => [command.name, ...command.aliases])) {
    if (taken.has(word)) throw new Error(`two commands answer to "${word}"`);
    taken.add(word);
  }
  return all;
}
