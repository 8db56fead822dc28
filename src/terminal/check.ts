import { check } from '../check.ts';
import { type CheckResult, rowsOf, unknown } from '../domain/doctor.ts';
import { type Foundation, layFoundation } from '../foundation.ts';
import { whileShown } from './block.ts';
import { colourOn } from './colour.ts';
import {
  CONFIG_OPTION,
  interruptible,
  JSON_OPTION,
  readArguments,
  type TerminalCommand,
  writeJson,
} from './command.ts';
import { requireConfiguration } from './configuration.ts';

const SIGNS = {
  ok: { sign: '✓', role: 'good' },
  warning: { sign: '!', role: 'doubtful' },
  failed: { sign: '✗', role: 'bad' },
  unknown: { sign: '?', role: 'aside' },
} as const;

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
      const looked = await whileShown('Looking', (tell) =>
        check(config, laid, (names, all) =>
          tell(`${all - names.length} of ${all}; waiting for ${names.join(', ')}`),
        ),
      );
      const checks = values.full ? [...looked, ...(await full(looked, laid))] : looked;
      if (values.json) writeJson({ checks });
      else {
        for (const { name, status, text, fix } of checks) {
          const { sign, role } = SIGNS[status];
          const colour = colourOn(process.stdout);
          process.stdout.write(
            `${colour(role, `${sign} ${name}`)}: ${text}\n${fix ? `    ${fix}\n` : ''}`,
          );
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
