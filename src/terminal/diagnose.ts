import { diagnose } from '../domain/diagnosis.ts';
import { styleOn } from './colour.ts';
import {
  JSON_OPTION,
  readArguments,
  readText,
  type TerminalCommand,
  writeJson,
} from './command.ts';

/** Below the words of a cause. */
const INDENT = ' '.repeat('  Cause: '.length);

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
    const { colour, fold } = styleOn(process.stdout);
    for (const finding of findings) {
      const sure = `(${finding.id}, ${Math.round(finding.confidence * 100)} % sure)`;
      process.stdout.write(
        `${colour('title', finding.title)} ${colour('aside', sure)}\n` +
          `${fold(`  Cause: ${finding.cause}`, INDENT)}\n${fold(`  Fix:   ${finding.fix}`, INDENT)}\n` +
          `  Type:  ${colour('copy', finding.command)}\n` +
          finding.evidence
            .map(({ line, text }) => `  ${colour('aside', `line ${line}:`)} ${text}\n`)
            .join(''),
      );
    }
    return 0;
  },
};
