import { parseCommand } from '../../commands/parse.ts';
import { commands } from '../../commands/registry.ts';
import { findConfigFile, loadConfig } from '../config.ts';
import type { Settings } from '../domain/services.ts';
import { settingsOf } from '../foundation.ts';
import { readArguments, type TerminalCommand, writeJson } from './command.ts';

const usage = "conda-ferry parse [--json] [--config FILE] -- 'TEXT'";

/** Names people use before anything is configured. */
const UNCONFIGURED: Settings = {
  command: '/conda-env',
  channels: [
    { name: 'conda-forge', default: true },
    { name: 'defaults', default: false },
    { name: 'bioconda', default: false },
  ],
  edges: [{ name: 'edge', default: true }],
  projects: { repositories: [], paths: [] },
  operators: [],
  globalAlias: 'MYGLOBALENV',
};

export const command: TerminalCommand = {
  usage,
  summary: 'what the text after /conda-env means, without doing it',
  async run(words) {
    const { values, positionals } = readArguments(
      words,
      { json: { type: 'boolean' }, config: { type: 'string' } },
      usage,
    );
    const parsed = parseCommand(positionals.join(' '), commands, await settings(values.config));
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
  const found = file ?? (await findConfigFile(process.env));
  return found
    ? settingsOf(await loadConfig({ file: found, environment: process.env }))
    : UNCONFIGURED;
}
