import { userInfo } from 'node:os';
import { sideOfFile } from '../../commands/diff/side.ts';
import { sideOfRevision } from '../../commands/diff.ts';
import { describeComparison } from '../answers/comparison.ts';
import { textOf } from '../answers/text.ts';
import type { Config } from '../config.ts';
import { compareSides, type Side } from '../domain/comparison.ts';
import type { Platform } from '../domain/lock.ts';
import { parseReference } from '../domain/reference.ts';
import { VERSION } from '../version.ts';
import { styleOn } from './colour.ts';
import {
  CONFIG_OPTION,
  JSON_OPTION,
  PLATFORM_OPTION,
  platformNamed,
  readArguments,
  readPackages,
  type TerminalCommand,
  usageError,
  writeJson,
} from './command.ts';
import { configuration, requireConfiguration } from './configuration.ts';

const OPTIONS = { platform: PLATFORM_OPTION, json: JSON_OPTION, config: CONFIG_OPTION } as const;

export const command: TerminalCommand = {
  options: OPTIONS,
  notes: () => [
    'Each is a file of packages (a word with a dot or a slash in it, or -) or a revision: churn, churn@3, churn:prod. Two files need no Redis. Beside a revision a file is read for its platform. Exit 0 whatever differs.',
  ],
  async run(words, usage) {
    const { values, positionals } = readArguments(words, OPTIONS, usage);
    const [first, second, ...more] = positionals;
    if (first === undefined || second === undefined || more.length > 0) {
      throw usageError('Name two files, two revisions, or one of each.', usage);
    }
    const named = platformNamed(values.platform);
    const [from, to] =
      isFile(first) && isFile(second)
        ? await sidesOfFiles(first, second, named ?? (await configuration(values.config))?.platform)
        : await sidesFromStore(first, second, {
            config: await requireConfiguration(values.config),
            named,
          });
    const reply = { kind: 'comparison', from, to, compared: compareSides(from, to) } as const;
    if (values.json) writeJson(reply);
    else process.stdout.write(`${textOf(describeComparison(reply), styleOn(process.stdout))}\n`);
    return 0;
  },
};

const isFile = (word: string): boolean => word === '-' || /[./\\]/.test(word);

/** `platform`: the usual one where nobody says it. */
async function fileSide(word: string, platform: Platform | undefined): Promise<Side> {
  const file = await readPackages(word, 'Name a file of packages, or a revision: churn@3.');
  return sideOfFile(file, { platform });
}

async function sidesOfFiles(
  first: string,
  second: string,
  platform: Platform | undefined,
): Promise<[Side, Side]> {
  return [await fileSide(first, platform), await fileSide(second, platform)];
}

/** What a store knows of is read from there; a file beside it for `named`, else for the platform of the revision. */
async function sidesFromStore(
  first: string,
  second: string,
  { config, named }: { config: Config; named: Platform | undefined },
): Promise<[Side, Side]> {
  const { layFoundation, openServices } = await import('../foundation.ts');
  const foundation = await layFoundation(config, { quiet: true });
  const { services, store, close } = openServices(foundation, userInfo().username);
  const find = async (word: string) => {
    if (isFile(word)) return null;
    const { environment, revision } = parseReference(word);
    return services.findRevision(environment, revision);
  };
  try {
    await store.requireFormat(VERSION);
    const [from, to] = [await find(first), await find(second)];
    const platform = named ?? (from ?? to)?.lock.platform;
    return [
      from === null ? await fileSide(first, platform) : sideOfRevision(from),
      to === null ? await fileSide(second, platform) : sideOfRevision(to),
    ];
  } finally {
    await close();
    await foundation.stop();
  }
}
