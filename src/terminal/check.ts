import { check } from '../check.ts';
import { requireConfigFile } from '../config/find.ts';
import { loadConfig } from '../config.ts';
import { layFoundation } from '../foundation.ts';
import {
  CONFIG_OPTION,
  JSON_OPTION,
  readArguments,
  type TerminalCommand,
  writeJson,
} from './command.ts';

const SIGNS = { ok: '✓', warning: '!', failed: '✗' } as const;

const OPTIONS = { json: JSON_OPTION, config: CONFIG_OPTION } as const;

export const command: TerminalCommand = {
  options: OPTIONS,
  async run(words, usage) {
    const { values } = readArguments(words, OPTIONS, usage);
    const file = await requireConfigFile(values.config, process.env);
    const foundation = await layFoundation(await loadConfig({ file, environment: process.env }), {
      quiet: true,
    });
    try {
      const checks = await check(foundation);
      if (values.json) writeJson({ checks });
      else {
        for (const { name, status, text, fix } of checks) {
          process.stdout.write(`${SIGNS[status]} ${name}: ${text}\n${fix ? `    ${fix}\n` : ''}`);
        }
      }
      return checks.some((result) => result.status === 'failed') ? 2 : 0;
    } finally {
      await foundation.stop();
    }
  },
};
