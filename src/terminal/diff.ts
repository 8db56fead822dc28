import { userInfo } from 'node:os';
import { sideOfFile } from '../../commands/diff/side.ts';
import { sideOfRevision } from '../../commands/diff.ts';
import { describeComparison } from '../answers/comparison.ts';
import { textOf } from '../answers/text.ts';
import type { Config } from '../config.ts';
import { compareSides, type Side } from '../domain/comparison.ts';
import { parseReference } from '../domain/reference.ts';
import { VERSION } from '../version.ts';
import { styleOn } from './colour.ts';
import {
  CONFIG_OPTION,
  JSON_OPTION,
  readArguments,
  readPackages,
  type TerminalCommand,
  usageError,
  writeJson,
} from './command.ts';
import { configuration, requireConfiguration } from './configuration.ts';

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
    const [from, to] =
      isFile(first) && isFile(second)
        ? await sidesOfFiles(first, second, await configuration(values.config))
        : await sidesFromStore(first, second, await requireConfiguration(values.config));
    const reply = { kind: 'comparison', from, to, compared: compareSides(from, to) } as const;
    if (values.json) writeJson(reply);
    else process.stdout.write(`${textOf(describeComparison(reply), styleOn(process.stdout))}\n`);
    return 0;
  },
};

const isFile = (word: string): boolean => word === '-' || /[./\\]/.test(word);

async function fileSide(word: string, config: Config | null): Promise<Side> {
  const file = await readPackages(word, 'Name a file of packages, or a revision: churn@3.');
  return sideOfFile(file, { platform: config?.platform });
}

async function sidesOfFiles(
  first: string,
  second: string,
  config: Config | null,
): Promise<[Side, Side]> {
  return [await fileSide(first, config), await fileSide(second, config)];
}

/** What a store knows of is read from there. */
async function sidesFromStore(
  first: string,
  second: string,
  config: Config,
): Promise<[Side, Side]> {
  const { layFoundation, openServices } = await import('../foundation.ts');
  const foundation = await layFoundation(config, { quiet: true });
  const { services, store, close } = openServices(foundation, userInfo().username);
  const side = async (word: string): Promise<Side> => {
    if (isFile(word)) return fileSide(word, config);
    const { environment, revision } = parseReference(word);
    return sideOfRevision(await services.findRevision(environment, revision));
  };
  try {
    await store.requireFormat(VERSION);
    return [await side(first), await side(second)];
  } finally {
    await close();
    await foundation.stop();
  }
}
