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

const SIGNS = { ok: '✓', warning: '!', failed: '✗', unknown: '?' } as const;

const OPTIONS = { json: JSON_OPTION, config: CONFIG_OPTION } as const;

export const command: TerminalCommand = {
  options: OPTIONS,
  async run(words, usage) {
    const { values } = readArguments(words, OPTIONS, usage);
    const file = await requireConfigFile(values.config, process.env);
    const config = await loadConfig({ file, environment: process.env });
    // What is wrong with the file of the log is told with everything else.
    const ofTerminal = { ...config, log: { ...config.log, file: null } };
    const laid = layFoundation(ofTerminal, { quiet: true });
    laid.catch(() => undefined);
    try {
      const checks = await check(config, laid, tellWaiting);
      if (values.json) writeJson({ checks });
      else {
        for (const { name, status, text, fix } of checks) {
          process.stdout.write(`${SIGNS[status]} ${name}: ${text}\n${fix ? `    ${fix}\n` : ''}`);
        }
      }
      return checks.some(({ status }) => status === 'failed') ? 2 : 0;
    } finally {
      const foundation = await laid.catch(() => null);
      await foundation?.stop();
    }
  },
};

/** One line on a terminal, written anew each time; the last one takes it away. */
function tellWaiting(names: readonly string[]): void {
  const { isTTY, columns = 80 } = process.stderr;
  if (!isTTY) return;
  const line = names.length === 0 ? '' : `Looking at ${names.join(', ')}`;
  const shown = line.length < columns ? line : `${line.slice(0, columns - 2)}…`;
  process.stderr.write(`\r\u001b[K${shown}`);
}
