import { diagnose } from '../domain/diagnosis.ts';
import {
  JSON_OPTION,
  readArguments,
  readText,
  type TerminalCommand,
  writeJson,
} from './command.ts';

const OPTIONS = { json: JSON_OPTION } as const;

export const command: TerminalCommand = {
  options: OPTIONS,
  async run(words, usage) {
    const { values, positionals } = readArguments(words, OPTIONS, usage);
    const [file] = positionals;
    const text = await readText(file, 'Name a log file, or pipe the log in.');
    const findings = diagnose(text);
    if (values.json) writeJson({ findings });
    else if (findings.length === 0) {
      process.stdout.write(
        'Nothing here points at the environment. Look at the application’s own error.\n',
      );
    }
    if (values.json) return 0;
    for (const finding of findings) {
      process.stdout.write(
        `${finding.title} (${finding.id}, ${Math.round(finding.confidence * 100)} % sure)\n` +
          `  Cause: ${finding.cause}\n  Fix:   ${finding.fix}\n  Type:  ${finding.command}\n` +
          finding.evidence.map(({ line, text }) => `  line ${line}: ${text}\n`).join(''),
      );
    }
    return 0;
  },
};
