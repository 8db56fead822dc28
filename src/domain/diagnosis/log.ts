import { CLUES, type Place } from './clues.ts';
import { plain, type Segment, segmentsOf } from './segment.ts';
import { endsTraceback, TRACEBACK_NEEDLES, type Traceback, TracebackReader } from './traceback.ts';

/** A line of a log that may say something. */
export interface LogLine {
  /** From 1. */
  number: number;
  message: string;
  /** What a clue may ask; looked up only when asked. */
  place: () => Omit<Place, 'match'>;
  /** The exception of a traceback that the program caught and logged. */
  isCaught: () => boolean;
  /** Part of a warning or of the stack below one: the program may have gone on. */
  isWarning: () => boolean;
  /** Whether the log shows progress of the job after this line. */
  isFollowedByProgress: () => boolean;
}

/** Lines longer than this are read in pieces, so that no pattern meets an endless one. */
const PIECE = 8_000;
const OVERLAP = 400;
const LONGEST_STRUCTURED = 1_000_000;
/** A traceback longer than this has lost its end. */
const LONGEST_TRACEBACK = 400;

const NEEDLES = [...new Set([...CLUES.map((clue) => clue.needle), ...TRACEBACK_NEEDLES])];
/** One expression for all needles: lines without any are never cut out of the text. */
const PREFILTER = NEEDLES.map((needle) => needle.replace(/[^A-Za-z0-9 ]/g, '\\$&')).join('|');

/** Loggers that report failures below WARN. */
const FAILURE_LOGGERS = new Set([
  'TaskSetManager',
  'DAGScheduler',
  'Client',
  'ApplicationMaster',
  'YarnAllocator',
  'Worker',
  'ExecutorRunner',
  'StandaloneAppClient$ClientEndpoint',
  'ContainerImpl',
  'ContainerLaunch',
  'LocalizedResource',
  'ResourceLocalizationService',
  'LocalDirsHandlerService',
  'RMAppAttemptImpl',
  'RMAppImpl',
  'NodeManager',
  'ExecutorPodsAllocator',
  'LoggingPodStatusWatcherImpl',
]);
const BELOW_WARN = /^(?:TRACE|DEBUG|INFO)$/;
/** Progress of a job: a warning before it did not stop anything. */
const WENT_ON =
  /Submitted application|Finished task|state: (?:RUNNING|FINISHED)\)|final status: SUCCEEDED|Registered executor|Starting task|Job \d+ finished|has started running|Added broadcast_/;
const UNCAUGHT = /^(?:Exception in thread|Traceback \(most recent|py4j\.protocol|kinit: )/;
/** Java's loggers are named after classes; Python's after modules. */
const JAVA_LOGGER = /^[A-Z][A-Za-z0-9$]+$/;

export class LogReader {
  readonly #text: string;
  readonly #tracebacks = new TracebackReader();

  constructor(text: string) {
    this.#text = text;
  }

  /** Every line that holds a needle, in order, without the prefixes of its transports. */
  *lines(): Generator<LogLine> {
    const text = this.#text;
    let number = 1;
    let counted = 0;
    const prefilter = new RegExp(PREFILTER, 'g');
    for (let hit = prefilter.exec(text); hit !== null; hit = prefilter.exec(text)) {
      const start = text.lastIndexOf('\n', hit.index) + 1;
      const found = text.indexOf('\n', hit.index);
      const end = found < 0 ? text.length : found;
      for (let at = text.indexOf('\n', counted); at >= 0 && at < start; ) {
        number += 1;
        counted = at + 1;
        at = text.indexOf('\n', counted);
      }
      yield* this.#linesOf(start, end, number);
      prefilter.lastIndex = end;
    }
  }

  *#linesOf(start: number, end: number, number: number): Generator<LogLine> {
    // A structured line can only be read whole.
    const isStructured = this.#text[start] === '{' && end - start <= LONGEST_STRUCTURED;
    const length = isStructured ? LONGEST_STRUCTURED : PIECE;
    for (let from = start; from < end; from += length - OVERLAP) {
      const piece = this.#text.slice(from, Math.min(from + length, end));
      const segments = segmentsOf(plain(piece));
      for (const [index, segment] of segments.entries()) {
        const before = (count: number) => [
          ...this.#before(start, count - Math.min(index, count)),
          ...segments.slice(Math.max(0, index - count), index),
        ];
        const after = (count: number) =>
          [...segments.slice(index + 1), ...this.#after(end, count)].slice(0, count);
        this.#tracebacks.read(segment, number, () => isLogged(before(1).at(-1)));
        if (isOrdinary(segment)) continue;
        yield {
          number,
          message: segment.message,
          place: () => ({
            message: segment.message,
            traceback: this.#tracebackEndingAt(segment, start, number),
            followedBy: (pattern, lines) => after(lines).some(({ whole }) => pattern.test(whole)),
            precededBy: (pattern, lines) => before(lines).some(({ whole }) => pattern.test(whole)),
          }),
          isCaught: () =>
            endsTraceback(segment.message) &&
            this.#tracebacks.latest(segment.source)?.isClosed === false &&
            this.#tracebacks.latest(segment.source)?.isCaught === true,
          isWarning: () => isWarning(segment, () => before(60)),
          isFollowedByProgress: () =>
            segments.slice(index + 1).some(({ whole }) => WENT_ON.test(whole)) ||
            WENT_ON.test(this.#text.slice(end)),
        };
        if (endsTraceback(segment.message)) this.#tracebacks.close(segment.source);
      }
      if (from + length >= end) return;
    }
  }

  #tracebackEndingAt(segment: Segment, start: number, number: number): Traceback | null {
    const traceback = this.#tracebacks.latest(segment.source);
    if (traceback === null || traceback.isClosed || traceback.isCaught) return null;
    const distance = number - traceback.line;
    if (distance > LONGEST_TRACEBACK) return null;
    const between = distance > 1 ? this.#before(start, distance - 1) : [];
    const isClosed = between.some(
      (other) => other.source === segment.source && endsTraceback(other.message),
    );
    return isClosed ? null : traceback;
  }

  #after(end: number, count: number): Segment[] {
    const lines: string[] = [];
    let from = end + 1;
    while (lines.length < count && from <= this.#text.length) {
      const found = this.#text.indexOf('\n', from);
      const to = found < 0 ? this.#text.length : found;
      lines.push(this.#text.slice(from, Math.min(to, from + PIECE)));
      from = to + 1;
    }
    return lines.flatMap(read);
  }

  /** Nearest last. */
  #before(start: number, count: number): Segment[] {
    const lines: string[] = [];
    let to = start - 1;
    while (lines.length < count && to >= 0) {
      const from = to === 0 ? 0 : this.#text.lastIndexOf('\n', to - 1) + 1;
      lines.push(this.#text.slice(from, Math.min(to, from + PIECE)));
      to = from - 1;
    }
    return lines.reverse().flatMap(read);
  }
}

function read(line: string): Segment[] {
  return segmentsOf(plain(line));
}

/** A program that logs a traceback it caught does so below its own message. */
function isLogged(previous: Segment | undefined): boolean {
  const { level = null, logger = null } = previous ?? {};
  if (level === null) return false;
  if (level === 'WARNING') return true;
  return (
    /^(?:TRACE|DEBUG|INFO|WARN)$/.test(level) && !(logger !== null && JAVA_LOGGER.test(logger))
  );
}

/** The level of a line without one is that of the message it belongs to. */
function isWarning(segment: Segment, before: () => Segment[]): boolean {
  if (segment.level !== null) return segment.level.startsWith('WARN');
  if (UNCAUGHT.test(segment.message)) return false;
  for (const { level, message } of before().reverse()) {
    if (level !== null) return level.startsWith('WARN');
    if (UNCAUGHT.test(message)) return false;
  }
  return false;
}

/** What an application says below WARN, in whatever words, stopped nothing. */
function isOrdinary(segment: Segment): boolean {
  return (
    segment.level !== null &&
    BELOW_WARN.test(segment.level) &&
    !(segment.logger !== null && FAILURE_LOGGERS.has(segment.logger))
  );
}
