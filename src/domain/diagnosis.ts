/**
 * From a log or traceback to causes, fixes and the line that works. The catalogue is data:
 * `diagnosis/clues.ts` says which wordings point to which cause, `diagnosis/causes.ts` what to do.
 */
import { environmentOf, FAILURE_CAUSES, type Known } from './diagnosis/causes.ts';
import { CLUES, type Clue } from './diagnosis/clues.ts';
import { FAILURE_IDS, type FailureId, type Finding } from './diagnosis/finding.ts';
import { type LogLine, LogReader } from './diagnosis/log.ts';
import { withoutSecrets } from './diagnosis/redact.ts';
import type { InvocationRequest } from './invocation.ts';

export { FAILURE_CAUSES, type FailureCause } from './diagnosis/causes.ts';
export { type Evidence, FAILURE_IDS, type FailureId, type Finding } from './diagnosis/finding.ts';

export interface DiagnosisContext {
  /** How the failing job was, or should have been, started: makes the command concrete. */
  invocationRequest?: InvocationRequest | null;
  /** The environment, when no request is known. */
  environment?: string | null;
  /** The bot's command, `/conda-env` unless it was renamed. */
  bot?: string;
}

const MAXIMUM_EVIDENCE = 3;
const EVIDENCE_LENGTH = 300;
/** A wording seen again says nothing new; beyond this many places it is not looked at any more. */
const MAXIMUM_TRIES = 500;
const MAXIMUM_KNOWN = 5000;

interface Trace {
  clues: Set<Clue>;
  evidence: { line: number; text: string }[];
  subject: string | null;
  /** Whether the job went on after the last place. */
  isFollowedByProgress: () => boolean;
  /** Seen as more than a warning. */
  isFatal: boolean;
}

/**
 * The causes a text shows, surest first; empty when nothing fits. One pass over the text: time
 * grows with its length.
 */
export function diagnose(text: string, context: DiagnosisContext = {}): Finding[] {
  const traces = collect(text);
  const found = FAILURE_IDS.filter((id) => traces.has(id));
  return found
    .filter((id) => !FAILURE_CAUSES[id].explainedBy.some((other) => traces.has(other)))
    .map((id) => findingOf(id, traces.get(id) as Trace, context))
    .sort((a, b) => b.confidence - a.confidence || firstLine(a) - firstLine(b));
}

function collect(text: string): Map<FailureId, Trace> {
  const traces = new Map<FailureId, Trace>();
  const tries = new Map<Clue, number>();
  // Logs repeat themselves: what a message says is found out once.
  const known = new Map<string, readonly Clue[]>();
  const consider = (line: LogLine): void => {
    const clues = known.get(line.message) ?? cluesIn(line.message);
    if (known.size < MAXIMUM_KNOWN) known.set(line.message, clues);
    for (const clue of clues) {
      const tried = (tries.get(clue) ?? 0) + 1;
      if (tried > MAXIMUM_TRIES) continue;
      tries.set(clue, tried);
      const match = clue.pattern.exec(line.message);
      // What one line of a sentence says alone has been seen there.
      if (match === null || line.parts.some((part) => clue.pattern.test(part))) continue;
      const isAccepted = !line.isCaught() && (clue.accept?.(line.place(match)) ?? true);
      if (isAccepted) note(traces, clue, match, line);
    }
  };
  for (const line of new LogReader(text).lines()) {
    consider(line);
    for (const sentence of line.sentences()) consider(sentence);
  }
  for (const [id, trace] of traces) {
    const mayRecover = [...trace.clues].every((clue) => clue.mayRecover === true);
    if (mayRecover && !trace.isFatal && trace.isFollowedByProgress()) traces.delete(id);
  }
  return traces;
}

function cluesIn(message: string): readonly Clue[] {
  return CLUES.filter(
    ({ needle, pattern }) =>
      (typeof needle === 'string'
        ? message.includes(needle)
        : needle.some((one) => message.includes(one))) && pattern.test(message),
  );
}

function note(
  traces: Map<FailureId, Trace>,
  clue: Clue,
  match: RegExpExecArray,
  line: LogLine,
): void {
  const trace = traces.get(clue.id) ?? {
    clues: new Set(),
    evidence: [],
    subject: null,
    isFollowedByProgress: line.isFollowedByProgress,
    isFatal: false,
  };
  traces.set(clue.id, trace);
  const isNew = !trace.clues.has(clue);
  trace.clues.add(clue);
  trace.isFollowedByProgress = line.isFollowedByProgress;
  trace.subject ??= match[1] ?? null;
  if (clue.mayRecover === true && !trace.isFatal) trace.isFatal = !line.isWarning();
  const isKnownLine = trace.evidence.some(({ line: number }) => number === line.number);
  // The first places matter most, and every further wording is worth a line.
  if (isKnownLine || trace.evidence.length >= (isNew ? MAXIMUM_EVIDENCE + 2 : MAXIMUM_EVIDENCE)) {
    return;
  }
  trace.evidence.push({ line: line.number, text: quoteAround(line.message, match.index) });
}

/** At most 300 characters of the line around the match, without secrets. */
function quoteAround(message: string, index: number): string {
  // Cut at a blank, so that no half of a secret escapes its pattern.
  const from = index <= 100 ? 0 : message.lastIndexOf(' ', index - 60) + 1;
  const kept = withoutSecrets(message.slice(from, from + 1000)).trim();
  return kept.length > EVIDENCE_LENGTH ? `${kept.slice(0, EVIDENCE_LENGTH - 1)}…` : kept;
}

function findingOf(id: FailureId, trace: Trace, context: DiagnosisContext): Finding {
  const cause = FAILURE_CAUSES[id];
  const request = context.invocationRequest ?? null;
  const subject = trace.subject === null ? null : withoutSecrets(trace.subject);
  const known: Known = {
    request,
    subject,
    environment:
      request?.environment ?? context.environment ?? environmentOf(trace.subject) ?? 'NAME',
    bot: context.bot ?? '/conda-env',
  };
  const confidences = [...trace.clues].map((clue) => clue.confidence);
  // Several independent wordings of one cause make it surer.
  const confidence = Math.min(0.99, Math.max(...confidences) + 0.02 * (confidences.length - 1));
  return {
    id,
    title: cause.title,
    confidence: Math.round(confidence * 100) / 100,
    evidence: trace.evidence,
    cause: withSubject(cause.cause, subject),
    fix: cause.fix,
    command: cause.command(known),
  };
}

function withSubject(text: string, subject: string | null): string {
  const shown = subject === null ? 'it' : `\`${subject.replaceAll('`', '').slice(0, 160)}\``;
  return text.replace('{subject}', shown).replace(/^it\b/, 'It');
}

function firstLine(finding: Finding): number {
  return finding.evidence[0]?.line ?? 0;
}
