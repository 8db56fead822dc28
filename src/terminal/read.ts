import type { Config } from '../config.ts';
import { usualPlatform } from '../domain/edge-platforms.ts';
import { outsideError } from '../domain/errors.ts';
import type { Platform } from '../domain/lock.ts';
import { isName, nearestName, printable } from '../domain/names.ts';
import { formatRequirement, type PipRequirement } from '../domain/pip.ts';
import { createCommand } from '../domain/request.ts';
import { formatSpec } from '../domain/spec.ts';
import { LONGEST_TEXT } from '../domain/tokens.ts';
import type { FileContent, ReadSettings } from '../reading/content.ts';
import { readPackagesFile } from '../reading/read-file.ts';
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
import { configuration } from './configuration.ts';

const OPTIONS = {
  with: {
    type: 'string',
    multiple: true,
    value: 'GROUP',
    says: 'an extra, dependency group or feature that is wanted, too',
  },
  prefer: {
    type: 'string',
    value: 'conda',
    choices: ['conda'],
    says: 'take from the configured channels what they have of pip’s packages',
  },
  platform: PLATFORM_OPTION,
  json: JSON_OPTION,
  config: CONFIG_OPTION,
} as const;

/** Milliseconds until a channel’s index must have been read. */
const PATIENCE = 120_000;

export const command: TerminalCommand = {
  options: OPTIONS,
  notes: () => [
    'Files: environment.yml, requirements.txt, pyproject.toml, pixi.toml, conda-lock.yml, pixi.lock, and what conda list --export and --explicit write; - reads standard input. Exit 1 when nothing of a file can be had.',
  ],
  async run(words, usage) {
    const { values, positionals } = readArguments(words, OPTIONS, usage);
    const [file, ...more] = positionals;
    if (more.length > 0) throw usageError('Name one file.', usage);
    const config = await configuration(values.config);
    const { name, bytes } = await readPackages(file);
    const settings: ReadSettings = {
      platform: platformNamed(values.platform) ?? usualPlatform({ platform: config?.platform }),
      channels: config?.channels ?? null,
      groups: values.with ?? [],
      has: null,
    };
    let content = readPackagesFile(name, bytes, settings);
    if (values.prefer !== undefined) {
      if (config === null) {
        throw usageError('`--prefer conda` asks the channels of a configuration.', usage);
      }
      content = readPackagesFile(name, bytes, {
        ...settings,
        has: await packagesOf(config, content, settings.platform),
      });
    }
    if (values.json) writeJson(document(content));
    else show(content);
    const isNothing = content.specs.length + content.pip.length === 0;
    return isNothing && content.refused.length > 0 ? 1 : 0;
  },
};

/** What the channels of a file have, or the default ones where it names none. */
async function packagesOf(
  config: Config,
  content: FileContent,
  platform: Platform,
): Promise<(name: string) => boolean> {
  const defaults = config.channels.filter((channel) => channel.default).map(({ name }) => name);
  const wanted = content.channels.length > 0 ? content.channels : defaults;
  // Loaded for whoever asks them only.
  const { createChannels } = await import('../adapters/channels/channels.ts');
  const { prepareNetwork } = await import('../adapters/host/network.ts');
  const channels = createChannels({
    channels: config.channels,
    platform,
    network: await prepareNetwork(process.env, config.network, config.dataDirectory),
    credentials: config.credentials,
    log: () => undefined,
    timing: { patience: PATIENCE },
  });
  try {
    const contents = await channels.read(wanted, []);
    if (contents === null) {
      throw outsideError({
        code: 'channel-unreachable',
        message: `What ${wanted.join(', ')} have cannot be read.`,
        suggestion: 'Leave out `--prefer conda`, or try again later.',
        retryable: true,
      });
    }
    return (name) => contents.some((channel) => channel.has(name));
  } finally {
    channels.close();
  }
}

/** What `--json` prints. */
export function document({ name, channels, specs, pip, lock, refused }: FileContent) {
  return {
    ...{ name, channels },
    specs: (lock?.packages ?? specs).map(({ name, version, build, channel }) => ({
      ...{ name, version, build, channel },
    })),
    pip: pip.map(pipEntry),
    locked: lock !== null,
    refused,
  };
}

function pipEntry({ name, extras, specifier, url, marker }: PipRequirement) {
  return {
    ...{ name, extras, specifier },
    ...(url === null ? {} : { url }),
    ...(marker === null ? {} : { marker }),
  };
}

function show(content: FileContent): void {
  const { format, name, channels, specs, pip, refused, notes } = content;
  const named = name === null ? '' : ` ${printable(name)}`;
  const from = channels.length > 0 ? `, from ${channels.join(', ')}` : '';
  const rows = (title: string, places: readonly { line: number; says: readonly string[] }[]) =>
    places.length === 0
      ? []
      : [
          title,
          ...places.flatMap(({ line, says: [first, ...others] }) => [
            `  line ${line}: ${first}`,
            ...others.map((other) => `    ${other}`),
          ]),
        ];
  const lines = [
    `${format}${named}: ${specs.length} of conda, ${pip.length} of pip${from}`,
    ...specs.map((spec) => `  ${formatSpec(spec)}`),
    ...(pip.length > 0 ? ['Of pip:', ...pip.map((each) => `  ${formatRequirement(each)}`)] : []),
    ...rows(
      'Not possible:',
      refused.map(({ line, text, message, suggestion }) => ({
        line,
        says: [printable(text), message, ...(suggestion === null ? [] : [suggestion])],
      })),
    ),
    ...rows(
      'Left out or changed:',
      notes.map(({ line, text }) => ({ line, says: [text] })),
    ),
    ...(specs.length > 0 ? [typed(content)] : []),
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}

/** The command that builds the packages of a file. */
function typed({ name, specs, pip, channels }: FileContent): string {
  const environment = name !== null && isName(name) ? name : (nearestName(name ?? '') ?? 'my-env');
  const command = createCommand({
    ...{ environment, specs, pip, channels, projects: [], edges: [] },
    ...{ layout: 'local', format: 'auto', packer: 'segments', force: false },
  });
  return command.length <= LONGEST_TEXT
    ? `Type in Slack, or in quotes after conda-ferry exec --: ${command}`
    : `As a command it has ${command.length} characters; one that is typed has at most ${LONGEST_TEXT}.`;
}
