import { check } from '../check.ts';
import { type CheckResult, rowsOf, unknown } from '../domain/doctor.ts';
import { type Foundation, layFoundation } from '../foundation.ts';
import {
  CONFIG_OPTION,
  interruptible,
  JSON_OPTION,
  readArguments,
  type TerminalCommand,
  writeJson,
} from './command.ts';
import { requireConfiguration } from './configuration.ts';

const SIGNS = { ok: '✓', warning: '!', failed: '✗', unknown: '?' } as const;

const OPTIONS = {
  full: {
    type: 'boolean',
    says: 'then make a tiny environment, stage it on every edge, prove it there and remove it again',
  },
  json: JSON_OPTION,
  config: CONFIG_OPTION,
} as const;

export const command: TerminalCommand = {
  options: OPTIONS,
  async run(words, usage) {
    const { values } = readArguments(words, OPTIONS, usage);
    const config = await requireConfiguration(values.config);
    // What is wrong with the file of the log is told with everything else.
    const ofTerminal = { ...config, log: { ...config.log, file: null } };
    const laid = layFoundation(ofTerminal, { quiet: true });
    laid.catch(() => undefined);
    try {
      const looked = await check(config, laid, tellWaiting);
      const checks = values.full ? [...looked, ...(await full(looked, laid))] : looked;
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

/** What comes of an environment that is made for it; it is not begun where something is known to be wrong. */
async function full(
  looked: readonly CheckResult[],
  laid: Promise<Foundation>,
): Promise<CheckResult[]> {
  if (looked.some(({ status }) => status === 'failed')) {
    const text = 'no environment was made to see whether all goes well together';
    return rowsOf('full', { text: '', faults: [unknown(text, 'Mend what fails, then again.')] });
  }
  const { tryAll } = await import('./trial.ts');
  return interruptible(async (signal) => tryAll(await laid, signal));
}

/** One line on a terminal, written anew each time; the last one takes it away. */
function tellWaiting(names: readonly string[]): void {
  const { isTTY, columns = 80 } = process.stderr;
  if (!isTTY) return;
  const line = names.length === 0 ? '' : `Looking at ${names.join(', ')}`;
  const shown = line.length < columns ? line : `${line.slice(0, columns - 2)}…`;
  process.stderr.write(`\r\u001b[K${shown}`);
}
