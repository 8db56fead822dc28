import type { Finding } from '../../domain/diagnosis.ts';
import type { Reply } from '../../domain/reply.ts';
import type { Settings } from '../../domain/services.ts';
import {
  block,
  bold,
  code,
  type Document,
  heading,
  marked,
  type Part,
  prose,
  small,
} from '../document.ts';
import { counted } from '../figures.ts';
import { line, passage } from '../outside.ts';

const MOST_FINDINGS = 3;
const MOST_EVIDENCE = 4;
/** A corrected line is shown whole or not at all: one that is cut would be pasted all the same. */
const LONGEST_COMMAND = [2_500, 500, 500];

/** What a log or traceback shows, best first; never a guess dressed as an answer. */
export function describeFindings(
  { findings }: Extract<Reply, { kind: 'findings' }>,
  settings: Settings,
): Document {
  const [best] = findings;
  if (!best) {
    return {
      summary: 'Nothing in this text points to the environment.',
      parts: [
        prose(bold('Nothing in this text points to the environment.')),
        prose(
          'It may be an error of the application itself. Executors write their own logs: ',
          code('yarn logs -applicationId …'),
          ' gives all of them; send that text with ',
          code(`${settings.command} diagnose`),
          '.',
        ),
      ],
    };
  }
  const shown = findings.slice(0, MOST_FINDINGS);
  const hidden = findings.length - shown.length;
  return {
    summary: `${line(best.title, 200)}. ${line(best.fix, 300)}`,
    parts: [
      heading('What went wrong'),
      ...shown.flatMap((finding, index) => describeFinding(finding, index, shown.length)),
      ...(hidden > 0 ? [small(`and ${counted(hidden, 'less likely cause')}`)] : []),
    ],
  };
}

function describeFinding(finding: Finding, index: number, total: number): Part[] {
  const number = total > 1 ? `${index + 1}. ` : '';
  const evidence = finding.evidence
    .slice(0, MOST_EVIDENCE)
    .map((entry) => `${String(entry.line).padStart(5)}  ${line(entry.text, 150)}`)
    .join('\n');
  return [
    ...(index > 0 ? [{ kind: 'divider' as const }] : []),
    prose(bold(`${number}${line(finding.title, 150)}`), ` (${certainty(finding.confidence)})`),
    ...(evidence ? [block(evidence)] : []),
    prose(bold('Why: '), marked(finding.cause, 500)),
    prose(bold('What to do: '), marked(finding.fix, 500)),
    ...(finding.command && finding.command.length <= (LONGEST_COMMAND[index] ?? 0)
      ? [block(passage(finding.command, LONGEST_COMMAND[index] ?? 0))]
      : []),
  ];
}

function certainty(confidence: number): string {
  if (confidence >= 0.85) return 'certain';
  return confidence >= 0.6 ? 'likely' : 'possible';
}
