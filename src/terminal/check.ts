import { check } from '../check.ts';
import { loadConfig, requireConfigFile } from '../config.ts';
import { layFoundation } from '../foundation.ts';
import { readArguments, type TerminalCommand, writeJson } from './command.ts';

const usage = 'conda-ferry check [--json] [--config FILE]';
const SIGNS = { ok: '✓', warning: '!', failed: '✗' } as const;

export const command: TerminalCommand = {
  usage,
  summary:
    'the doctor: configuration, Redis, engine, sandbox, every edge, Slack; names each failure and its fix',
  async run(words) {
    const { values } = readArguments(
      words,
      { json: { type: 'boolean' }, config: { type: 'string' } },
      usage,
    );
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
