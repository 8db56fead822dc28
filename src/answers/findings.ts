import type { Finding } from '../domain/diagnosis.ts';
import { revisionLabel } from '../domain/environment.ts';
import type { Repair } from '../domain/errors.ts';
import { counted } from '../domain/figures.ts';
import type { OwnEnvironment, Reply } from '../domain/reply.ts';
import type { Settings } from '../domain/services.ts';
import { answerButton, choicesOf, fitsButton, sayButtons } from './buttons.ts';
import {
  block,
  bold,
  buttons,
  code,
  type Document,
  heading,
  marked,
  type Part,
  prose,
  user,
} from './document.ts';
import { pasted, textToPaste, warnings } from './invocation.ts';
import { andMore } from './lists.ts';
import { line, passage } from './outside.ts';

const MOST_FINDINGS = 3;
const MOST_EVIDENCE = 4;
/** A corrected line is shown whole or not at all: one that is cut would be pasted all the same. */
const LONGEST_LINE = 2_500;
const LONGEST_COMMAND = [2_500, 500, 500];

/** What a log or traceback shows, best first; never a guess dressed as an answer. */
export function describeFindings(
  reply: Extract<Reply, { kind: 'findings' }>,
  settings: Settings,
): Document {
  const { findings } = reply;
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
  const { own, choices, unknown } = reply;
  return {
    summary: `${line(best.title, 200)}. ${line(best.fix, 300)}`,
    parts: [
      heading('What went wrong'),
      ...(own ? whose(own) : []),
      ...(unknown && !own ? [prose('The log names ', code(unknown, 80), NOT_KNOWN)] : []),
      ...shown.flatMap((finding, index) =>
        describeFinding(finding, index, shown.length, own?.line?.text ?? null),
      ),
      ...andMore(hidden, counted(hidden, 'less likely cause')),
      ...(own ? whatToPress(own) : []),
      ...whichOne(choices),
    ],
  };
}

const NOT_KNOWN = ', which is not known here: it was removed, or it is of another Conda Ferry.';

/** Which environment the answer is for, and how that is known. */
function whose(own: OwnEnvironment): Part[] {
  const reasons = {
    log: own.logLine === null ? ', which the log names' : `, named in line ${own.logLine}`,
    thread: ', built in this thread',
    only: ', the only one that is yours',
    said: '',
  };
  const label = revisionLabel(own.environment, own.revision);
  const newer =
    own.newest > own.revision
      ? [`\`${revisionLabel(own.environment, own.newest)}\` is newer.`]
      : [];
  const notes = [...own.notes, ...newer].join(' ');
  return [
    prose('For ', bold(label), ' of ', user(own.owner), `${reasons[own.by]}.`),
    ...(notes ? [prose(marked(notes, 400))] : []),
  ];
}

/** The line, once for all findings, and what leads on. */
function whatToPress({ environment, revision, line: entry, ...own }: OwnEnvironment): Part[] {
  const label = revisionLabel(environment, revision);
  const show = { label: `Show ${environment}`, command: `show ${label}` };
  const says = sayButtons([...own.repairs, show], own.repairs.length > 0 ? 'primary' : null);
  const text = entry ? textToPaste(entry) : '';
  const copy = answerButton('copy_text', 'Line to copy', null, own.lineCommand);
  return [
    ...(entry
      ? [
          prose(
            bold(`The line of ${label}`),
            ` (${line(entry.title, 60)}) on `,
            code(entry.edge, 60),
          ),
        ]
      : []),
    ...(entry && text.length <= LONGEST_LINE ? pasted(entry) : []),
    ...(entry ? warnings([entry]) : []),
    ...buttons([
      ...says.slice(0, -1),
      ...(entry && fitsButton(own.lineCommand) ? [{ ...copy, command: own.lineCommand }] : []),
      ...says.slice(-1),
    ]),
  ];
}

/** Several are theirs: the answer for each is a choice away. */
function whichOne(commands: readonly Repair[]): Part[] {
  const choices = choicesOf(commands);
  if (choices.length === 0) return [];
  return [
    prose(bold('Which environment is it?'), ' The answer then has its line and the build for it.'),
    { kind: 'menu', question: 'Choose an environment', choices },
  ];
}

function describeFinding(
  finding: Finding,
  index: number,
  total: number,
  ownLine: string | null,
): Part[] {
  const number = total > 1 ? `${index + 1}. ` : '';
  const evidence = finding.evidence
    .slice(0, MOST_EVIDENCE)
    .map((entry) => `${String(entry.line).padStart(5)}  ${line(entry.text, 150)}`)
    .join('\n');
  const { command } = finding;
  const isShown = command && command !== ownLine && command.length <= (LONGEST_COMMAND[index] ?? 0);
  return [
    ...(index > 0 ? [{ kind: 'divider' as const }] : []),
    prose(bold(`${number}${line(finding.title, 150)}`), ` (${certainty(finding.confidence)})`),
    ...(evidence ? [block(evidence)] : []),
    prose(bold('Why: '), marked(finding.cause, 500)),
    prose(bold('What to do: '), marked(finding.fix, 500)),
    ...(isShown ? [block(passage(command, LONGEST_COMMAND[index] ?? 0))] : []),
  ];
}

function certainty(confidence: number): string {
  if (confidence >= 0.85) return 'certain';
  return confidence >= 0.6 ? 'likely' : 'possible';
}
