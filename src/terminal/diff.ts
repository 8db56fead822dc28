import { userInfo } from 'node:os';
import { basename } from 'node:path';
import { sideOfFile } from '../../commands/diff/side.ts';
import { sideOfRevision } from '../../commands/diff.ts';
import { describeComparison } from '../answers/comparison.ts';
import { textOf } from '../answers/text.ts';
import { requireConfigFile } from '../config/find.ts';
import { compareSides, type Side } from '../domain/comparison.ts';
import type { Platform } from '../domain/lock.ts';
import { parseReference } from '../domain/reference.ts';
import {
  CONFIG_OPTION,
  JSON_OPTION,
  readArguments,
  readBytes,
  type TerminalCommand,
  usageError,
  writeJson,
} from './command.ts';
import { configuration } from './configuration.ts';

const OPTIONS = { json: JSON_OPTION, config: CONFIG_OPTION } as const;

export const command: TerminalCommand = {
  options: OPTIONS,
  notes: () => [
    'Each is a file of packages (a word with a dot or a slash in it, or -) or a revision: churn, churn@3, churn:prod. Two files need no Redis. Exit 0 whatever differs.',
  ],
  async run(words, usage) {
    const { values, positionals } = readArguments(words, OPTIONS, usage);
    const [first, second, ...more] = positionals;
    if (first === undefined || second === undefined || more.length > 0) {
      throw usageError('Name two files, two revisions, or one of each.', usage);
    }
    const platform = (await configuration(values.config))?.platform;
    const sides =
      isFile(first) && isFile(second)
        ? [await fileSide(first, platform), await fileSide(second, platform)]
        : await sidesFromStore([first, second], values.config);
    const [from, to] = sides as [Side, Side];
    const reply = { kind: 'comparison', from, to, compared: compareSides(from, to) } as const;
    if (values.json) writeJson(reply);
    else process.stdout.write(`${textOf(describeComparison(reply))}\n`);
    return 0;
  },
};

const isFile = (word: string): boolean => word === '-' || /[./\\]/.test(word);

async function fileSide(word: string, platform: Platform | undefined): Promise<Side> {
  const bytes = await readBytes(word, 'Name a file of packages, or a revision: churn@3.');
  const name = word === '-' ? null : basename(word);
  return sideOfFile({ name, bytes }, { platform });
}

/** What a store knows of is read from there. */
async function sidesFromStore(
  words: readonly string[],
  named: string | undefined,
): Promise<Side[]> {
  const [{ layFoundation, openServices }, { loadConfig }] = await Promise.all([
    import('../foundation.ts'),
    import('../config.ts'),
  ]);
  const file = await requireConfigFile(named, process.env);
  const config = await loadConfig({ file, environment: process.env });
  const foundation = await layFoundation(config, { quiet: true });
  const { services, close } = openServices(foundation, userInfo().username);
  try {
    const sides: Side[] = [];
    for (const word of words) {
      if (isFile(word)) sides.push(await fileSide(word, config.platform));
      else {
        const { environment, revision } = parseReference(word);
        sides.push(sideOfRevision(await services.findRevision(environment, revision)));
      }
    }
    return sides;
  } finally {
    await close();
    await foundation.stop();
  }
}
