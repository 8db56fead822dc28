import { parseCommand } from '../../commands/grammar/parse.ts';
import { commands } from '../../commands/registry.ts';
import { USUAL } from '../domain/defaults.ts';
import type { Settings } from '../domain/services.ts';
import { decodeSlackText } from '../slack/decode.ts';
import {
  CONFIG_OPTION,
  JSON_OPTION,
  readArguments,
  type TerminalCommand,
  writeJson,
} from './command.ts';
import { configuration } from './configuration.ts';

/** Names people use before anything is configured. */
const UNCONFIGURED: Settings = {
  command: '/conda-env',
  channels: [
    { name: 'conda-forge', default: true },
    { name: 'defaults', default: false },
    { name: 'bioconda', default: false },
  ],
  edges: [{ name: 'edge', default: true }],
  indexes: ['pypi'],
  projects: { repositories: [], paths: [] },
  operators: [],
  roles: [],
  approvals: [],
  ...USUAL,
};

const OPTIONS = { json: JSON_OPTION, config: CONFIG_OPTION } as const;

export const command: TerminalCommand = {
  options: OPTIONS,
  async run(words, usage) {
    const { values, positionals } = readArguments(words, OPTIONS, usage);
    // A text may also be given as Slack sends it.
    const parsed = parseCommand(
      decodeSlackText(positionals.join(' ')),
      commands,
      await settings(values.config),
    );
    if (parsed.kind === 'error') throw parsed.error;
    const meaning =
      parsed.kind === 'empty'
        ? { command: 'help', arguments: {} }
        : { command: parsed.command.name, arguments: parsed.arguments };
    if (values.json) writeJson(meaning);
    else {
      process.stdout.write(`${meaning.command}\n`);
      for (const [name, value] of Object.entries(meaning.arguments)) {
        process.stdout.write(`  ${name}: ${JSON.stringify(value)}\n`);
      }
    }
    return 0;
  },
};

async function settings(file: string | undefined): Promise<Settings> {
  const config = await configuration(file);
  if (config === null) return UNCONFIGURED;
  const { settingsOf } = await import('../config.ts');
  return settingsOf(config);
}
