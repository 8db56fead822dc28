/**
 * From a log or traceback to causes, fixes and the line that works. The catalogue is data:
 * `diagnosis/clues.ts` says which wordings point to which cause, `diagnosis/causes.ts` what to do.
 */
import { environmentOf, FAILURE_CAUSES, type Known, ownLine } from './diagnosis/causes.ts';
import { CLUES, type Clue } from './diagnosis/clues.ts';
import {
  FAILURE_IDS,
  type FailureId,
  type Finding,
  type MissingModule,
} from './diagnosis/finding.ts';
import { type LogLine, LogReader } from './diagnosis/log.ts';
import { packagesWith } from './diagnosis/modules.ts';
import { NeedleFinder } from './diagnosis/needles.ts';
import { UNKNOWN_VERSIONS, type Versions, versionsIn } from './diagnosis/versions.ts';
import { revisionLabel } from './environment.ts';
import type { InvocationRequest } from './invocation.ts';
import type { BuildRequest } from './request.ts';
import { withoutSecrets } from './secrets.ts';

export { FAILURE_CAUSES } from './diagnosis/causes.ts';
export {
  FAILURE_IDS,
  type FailureId,
  type Finding,
  type Mend,
  type MissingModule,
} from './diagnosis/finding.ts';
export { formIn, type ShownForm } from './diagnosis/form.ts';
export { mendedRequest } from './diagnosis/mend.ts';
export { type Mention, mentionsIn } from './diagnosis/mentions.ts';
export { packagesWith } from './diagnosis/modules.ts';

export interface DiagnosisContext {
  /** How the failing job was, or should have been, started: makes the command concrete. */
  invocationRequest?: InvocationRequest | null;
  /** What the environment was built from: makes the mended build concrete. */
  build?: BuildRequest | null;
  /** The environment, when no request is known. */
  environment?: string | null;
  /** The Spark of the cluster, where the log names none. */
  spark?: string | null;
  /** The bot's command, `/conda-env` unless it was renamed. */
  bot?: string;
  /** The packages a channel's own records name for a module; what is known here where not given. */
  packagesOf?: (module: string) => readonly string[];
}

const MAXIMUM_EVIDENCE = 3;
const EVIDENCE_LENGTH = 300;
/** A wording seen again says nothing new; beyond this many places it is not looked at any more. */
const MAXIMUM_TRIES = 500;
/** Nor where a text has its words in this many other sentences. */
const MAXIMUM_LOOKS = 20_000;
const MAXIMUM_KNOWN = 5000;

const NEEDLES = [...new Set(CLUES.flatMap(({ needle }) => needle))];
const FINDER = new NeedleFinder(NEEDLES);
const CLUES_OF_NEEDLE: readonly (readonly Clue[])[] = NEEDLES.map((needle) =>
  CLUES.filter((clue) =>
    typeof clue.needle === 'string' ? clue.needle === needle : clue.needle.includes(needle),
  ),
);

interface Trace {
  clues: Set<Clue>;
  evidence: { line: number; text: string }[];
  subject: string | null;
  /** Whether the job went on after the last place. */
  isFollowedByProgress: () => boolean;
  /** Seen as more than a warning. */
  isFatal: boolean;
}

/** The causes a text shows, in words for what is known of the environment. */
export function diagnose(text: string, context: DiagnosisContext = {}): Finding[] {
  return causesIn(text).map((finding) => worded(finding, context));
}

/**
 * The causes a text shows, surest first, before they are `worded`; empty when nothing fits. One pass
 * over the text: time grows with its length.
 */
export function causesIn(text: string): Finding[] {
  const traces = collect(text);
  const found = FAILURE_IDS.filter((id) => traces.has(id));
  const versions = found.length === 0 ? UNKNOWN_VERSIONS : versionsIn(text);
  return found
    .filter((id) => !FAILURE_CAUSES[id].explainedBy.some((other) => traces.has(other)))
    .flatMap((id) => {
      const trace = traces.get(id);
      return trace ? [findingOf(id, trace, versions)] : [];
    })
    .sort((a, b) => b.confidence - a.confidence || firstLine(a) - firstLine(b));
}

function collect(text: string): Map<FailureId, Trace> {
  const traces = new Map<FailureId, Trace>();
  const tries = new Map<Clue, number>();
  // Logs repeat themselves: what a message says is found out once.
  const known = new Map<string, readonly Clue[]>();
  const consider = (line: LogLine, candidates: readonly Clue[]): void => {
    const clues = known.get(line.message) ?? cluesIn(line.message, candidates);
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
  const looks = new Map<Clue, number>();
  const isOpen = (clue: Clue): boolean =>
    (tries.get(clue) ?? 0) < MAXIMUM_TRIES && (looks.get(clue) ?? 0) < MAXIMUM_LOOKS;
  const open = (needles: readonly number[]): readonly Clue[] => {
    const [first, ...others] = needles;
    const clues = (CLUES_OF_NEEDLE[first ?? 0] ?? []).filter(isOpen);
    for (const needle of others) {
      for (const clue of CLUES_OF_NEEDLE[needle] ?? []) {
        if (!clues.includes(clue) && isOpen(clue)) clues.push(clue);
      }
    }
    for (const clue of clues) looks.set(clue, (looks.get(clue) ?? 0) + 1);
    return clues;
  };
  for (const { line, clues } of new LogReader(text).lines(FINDER, open)) {
    consider(line, clues);
    for (const sentence of line.sentences()) consider(sentence, CLUES);
  }
  for (const [id, trace] of traces) {
    const mayRecover = [...trace.clues].every((clue) => clue.mayRecover === true);
    if (mayRecover && !trace.isFatal && trace.isFollowedByProgress()) traces.delete(id);
  }
  return traces;
}

/** The clues whose words are in a message, of those that may be. */
function cluesIn(message: string, candidates: readonly Clue[]): readonly Clue[] {
  return candidates.filter(
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
  trace.subject ??= match.slice(1).find((group) => group !== undefined && group !== '') ?? null;
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
  const kept = withoutSecrets(message.slice(from, from + 1000), 'quote').trim();
  return kept.length > EVIDENCE_LENGTH ? `${kept.slice(0, EVIDENCE_LENGTH - 1)}…` : kept;
}

function findingOf(id: FailureId, trace: Trace, versions: Versions): Finding {
  const cause = FAILURE_CAUSES[id];
  const subject = trace.subject === null ? null : withoutSecrets(trace.subject, 'quote');
  const confidences = [...trace.clues].map((clue) => clue.confidence);
  // Several independent wordings of one cause make it surer.
  const confidence = Math.min(0.99, Math.max(...confidences) + 0.02 * (confidences.length - 1));
  return {
    ...{ id, title: cause.title },
    confidence: Math.round(confidence * 100) / 100,
    evidence: trace.evidence,
    cause: withSubject(cause.cause, subject),
    ...{ subject, versions, fix: '', command: '' },
  };
}

/** The same finding, with fix, command and build for what is known of the environment. */
export function worded(finding: Finding, context: DiagnosisContext): Finding {
  const { id, subject = null, versions = UNKNOWN_VERSIONS } = finding;
  const cause = FAILURE_CAUSES[id];
  const request = context.invocationRequest ?? null;
  const build = context.build ?? null;
  const known: Known = {
    ...{ request, build, subject },
    environment:
      request?.environment ??
      build?.environment ??
      context.environment ??
      environmentOf(subject) ??
      'NAME',
    bot: context.bot ?? '/conda-env',
    evidence: finding.evidence.map(({ text }) => text).join('\n'),
    versions: { ...versions, spark: versions.spark ?? context.spark ?? null },
    missing: missingOf(id, subject, context),
  };
  const fix = typeof cause.fix === 'string' ? cause.fix : cause.fix(known);
  const mend = typeof cause.mend === 'function' ? cause.mend(known) : cause.mend;
  return {
    ...finding,
    fix: withLine(fix, known),
    command: cause.command(known),
    ...(known.missing !== null && { missing: known.missing }),
    ...(mend ? { mend } : {}),
  };
}

/** Whose line is meant; where that is not known, how to get it. */
function withLine(fix: string, known: Known): string {
  if (!fix.includes('{line}')) return fix;
  if (ownLine(known.request) !== null) {
    const { environment, request } = known;
    const label = request?.revision ? revisionLabel(environment, request.revision) : environment;
    return fix.replaceAll('{line}', `the line of \`${label}\``);
  }
  const said = fix.replaceAll('{line}', "the environment's own line");
  return `${said} \`${known.bot} run ${known.environment}\` gives that line.`;
}

function missingOf(
  id: FailureId,
  module: string | null,
  { packagesOf = packagesWith }: DiagnosisContext,
): MissingModule | null {
  if (!id.startsWith('module-missing-') || module === null) return null;
  // The channel's records know no name that Spark writes in capitals.
  const packages = packagesOf(module);
  return { module, packages: packages.length > 0 ? packages : packagesOf(module.toLowerCase()) };
}

/** Where the evidence names nothing, what only says the name is left out. */
const NAME_ALONE = / \((?:user: )?\{subject\}\)| Seen: \{subject\}\./;

function withSubject(text: string, subject: string | null): string {
  if (subject === null) {
    return text.replace(NAME_ALONE, '').replace('{subject}', 'it').replace(/^it\b/, 'It');
  }
  return text.replace('{subject}', `\`${subject.replaceAll('`', '').slice(0, 160)}\``);
}

function firstLine(finding: Finding): number {
  return finding.evidence[0]?.line ?? 0;
}
