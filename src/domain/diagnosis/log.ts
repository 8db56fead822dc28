import type { Place } from './clues.ts';
import type { NeedleFinder } from './needles.ts';
import { type LineParser, lineParser, type Segment } from './segment.ts';
import { endsTraceback, frameOf, HEADER, type Traceback, tracebackIn } from './traceback.ts';

/** A line of a log that may say something, or a sentence that stands on several. */
export interface LogLine {
  /** From 1; of a sentence, its first line. */
  number: number;
  message: string;
  /** The lines a sentence was put together from; none for a line. */
  parts: readonly string[];
  /** What a clue may ask; looked up only when asked. */
  place: (match: RegExpExecArray) => Place;
  /** The exception of a traceback that the program caught and logged. */
  isCaught: () => boolean;
  /** Part of a warning or of the stack below one: the program may have gone on. */
  isWarning: () => boolean;
  /** Whether the log shows progress of the job after this line. */
  isFollowedByProgress: () => boolean;
  /** The sentences this line may be a part of, when a terminal or a mail has wrapped it. */
  sentences: () => Iterable<LogLine>;
}

/** Lines longer than this are read in pieces, so that no pattern meets an endless one. */
const PIECE = 8_000;
const OVERLAP = 400;
const LONGEST_STRUCTURED = 1_000_000;
/** Lines read around hits, and sentences put together, in one log: time stays in bounds. */
const MOST_LINES_AROUND = 300_000;
const MOST_SENTENCES = 3_000;
/** A wrapped sentence has at most this many lines before and after one of its words. */
const WRAPPED_BEFORE = 3;
const WRAPPED_AFTER = 6;
const LONGEST_STACK = 40;
/** A program that caught an exception says something again within as many lines. */
const GOES_ON_WITHIN = 8;
/** A line at least this long may have been cut anywhere. */
const WIDE = 78;

/** Who reports failures below WARN: Java's loggers, and shippers that know no level of their own. */
const BELOW_INFO = /^(?:TRACE|DEBUG)$/;
const BELOW_WARN = /^(?:TRACE|DEBUG|INFO)$/;
/** Progress of a job: a warning before it did not stop anything. */
const WENT_ON =
  /Submitted application|Finished task|state: (?:RUNNING|FINISHED)\)|final status: SUCCEEDED|Registered executor|Starting task|Job \d+ finished|has started running|Added broadcast_/;
const UNCAUGHT = /^(?:Exception in thread|Traceback \(most recent|py4j\.protocol|kinit: )/;
/** What the JVM itself warns of at its start. */
const OF_JAVA =
  /^WARNING: (?:An illegal|Illegal|Please consider|Use --|All illegal|A restricted|A terminally|Restricted|Using incubator|Unknown module|package |java\.|sun\.)/;
/** Java's loggers are named after classes; Python's after modules. */
const JAVA_LOGGER = /^[A-Z][A-Za-z0-9$]+$/;
/** `node17: `, `[stderr] `, `Step #1: `: a name with a digit or a mark that no word has. */
const SHIPPER =
  /^(?=[^\s:]{0,60}[\d[\]#/_-])(?:\[[^\]\s]{1,60}\]|[\w./@#-]{1,80}:|Step #\d+:)\s+(?=\S)/;
/** A time, a stack, nothing. */
const BEGINS =
  /^(?:\d{2,4}[-/]\d\d[-/]\d\d[ T]\d\d:\d\d:\d\d\S* +(?:INFO|WARN|ERROR|DEBUG)|\s*at [\w.$]+|\s*\.\.\. \d|\s*$|\s*\n)/;
/** Begins something of its own, so it continues no sentence. */
const OWN =
  /^(?:at [\w.$/]+\(|\.\.\. \d+ more|Caused by: |During handling of|The above exception|[$#] |>>> |[-=_*]{5,}|\w+: command not found)/;

export class LogReader {
  readonly #text: string;
  readonly #parser: LineParser;
  readonly #mentions = new Map<RegExp, boolean>();
  readonly #sentences = new Set<string>();
  #linesAround = 0;

  constructor(text: string) {
    this.#text = text;
    this.#parser = lineParser(text);
  }

  /**
   * Every line that holds a needle, in order, without the prefixes of its transports, and what
   * `wanted` gives for its needles; where that is nothing the line is not read.
   */
  *lines<T>(
    finder: NeedleFinder,
    wanted: (needles: readonly number[]) => readonly T[],
  ): Generator<{ line: LogLine; clues: readonly T[] }> {
    const text = this.#text;
    let number = 1;
    let counted = 0;
    for (const { start, end, needles } of finder.lines(text)) {
      const clues = wanted(needles);
      if (clues.length === 0) continue;
      for (let at = text.indexOf('\n', counted); at >= 0 && at < start; ) {
        number += 1;
        counted = at + 1;
        at = text.indexOf('\n', counted);
      }
      for (const line of this.#linesOf(start, end, number)) yield { line, clues };
    }
  }

  /** Whether the text says it anywhere: found out once. */
  mentions(pattern: RegExp): boolean {
    const known = this.#mentions.get(pattern);
    if (known !== undefined) return known;
    const isMentioned = pattern.test(this.#text);
    this.#mentions.set(pattern, isMentioned);
    return isMentioned;
  }

  *#linesOf(start: number, end: number, number: number): Generator<LogLine> {
    // A structured line can only be read whole.
    const isStructured = this.#text[start] === '{' && end - start <= LONGEST_STRUCTURED;
    const length = isStructured ? LONGEST_STRUCTURED : PIECE;
    for (let from = start; from < end; from += length - OVERLAP) {
      const segments = this.#parser(this.#text.slice(from, Math.min(from + length, end)));
      for (const [index, segment] of segments.entries()) {
        if (isOrdinary(segment)) continue;
        yield this.#line({ segments, index, start, end, number }, segment.message);
      }
      if (from + length >= end) return;
    }
  }

  #line(at: Spot, message: string, parts: readonly string[] = []): LogLine {
    const { segments, index, end, number } = at;
    const segment = segments[index] as Segment;
    const after = (count: number) =>
      [...segments.slice(index + 1, index + 1 + count), ...this.#after(end, count)].slice(0, count);
    let traceback: Traceback | null | undefined;
    const ended = () => {
      traceback ??= tracebackIn(this.#before(at), segment.source, after(4), (previous) =>
        isLogged(previous, after(GOES_ON_WITHIN)),
      );
      return traceback;
    };
    return {
      number,
      message,
      parts,
      place: (match) => ({
        match,
        message,
        get traceback() {
          const found = ended();
          return found?.isCaught === true ? null : found;
        },
        followedBy: (pattern, lines) => after(lines).some(({ whole }) => pattern.test(whole)),
        stackHas: (pattern) => stackOf(after(LONGEST_STACK)).some((line) => pattern.test(line)),
        precededBy: (pattern, lines) => {
          for (const { whole } of take(this.#before(at), lines)) {
            if (pattern.test(whole)) return true;
          }
          return false;
        },
        mentions: (pattern) => this.mentions(pattern),
      }),
      isCaught: () => endsTraceback(message) && ended()?.isCaught === true,
      isWarning: () => isWarning(segment, take(this.#before(at), 60)),
      isFollowedByProgress: () =>
        segments.slice(index + 1).some(({ whole }) => WENT_ON.test(whole)) ||
        WENT_ON.test(this.#text.slice(end)),
      sentences: () => this.#sentencesAt(at),
    };
  }

  /** This line without what may be a shipper's, and with its neighbours, as if never wrapped. */
  *#sentencesAt(at: Spot): Generator<LogLine> {
    const own = at.segments[at.index] as Segment;
    if (this.#sentences.size >= MOST_SENTENCES) return;
    const bare = own.message.replace(SHIPPER, '');
    if (bare !== own.message) yield* this.#sentence(at, bare, [own.message]);
    if (!this.#mayBeWrapped(at)) return;
    yield* this.#wrapped(at, own, ' ');
    yield* this.#wrapped(at, own, '');
  }

  *#wrapped(at: Spot, own: Segment, glue: string): Generator<LogLine> {
    const after: string[] = [];
    const next = [...at.segments.slice(at.index + 1), ...this.#after(at.end, WRAPPED_AFTER)];
    for (const segment of next.slice(0, WRAPPED_AFTER)) {
      if (!isContinuation(segment, own.source, after.at(-1) ?? own.message, glue)) break;
      after.push(segment.message);
    }
    const before: { spot: Spot; message: string }[] = [];
    for (let below = own, spot: Spot | null = at; before.length < WRAPPED_BEFORE; ) {
      spot = this.#spotBefore(spot);
      const above = spot?.segments[spot.index];
      if (spot === null || above === undefined || above.message === '') break;
      if (above.source !== own.source || isOrdinary(above)) break;
      if (!isContinuation(below, own.source, above.message, glue)) break;
      before.unshift({ spot, message: above.message });
      below = above;
    }
    for (let from = 0; from <= before.length; from += 1) {
      const lines = [...before.slice(from).map(({ message }) => message), own.message, ...after];
      if (lines.length === 1) continue;
      yield* this.#sentence(before[from]?.spot ?? at, lines.join(glue).slice(0, PIECE), lines);
    }
  }

  *#sentence(at: Spot, message: string, parts: readonly string[]): Generator<LogLine> {
    if (this.#sentences.has(message)) return;
    this.#sentences.add(message);
    yield this.#line(at, message, parts);
  }

  /** Most lines begin with their time, or are calls: neither they nor the next line are read. */
  #mayBeWrapped({ start, end }: Spot): boolean {
    return (
      !BEGINS.test(this.#text.slice(start, start + 60)) ||
      !BEGINS.test(this.#text.slice(end + 1, end + 60))
    );
  }

  #spotBefore(spot: Spot): Spot | null {
    const { index, start, number } = spot;
    if (index > 0) return { ...spot, index: index - 1 };
    if (start === 0) return null;
    const end = start - 1;
    const from = end === 0 ? 0 : this.#text.lastIndexOf('\n', end - 1) + 1;
    const segments = this.#read(from, end);
    return { segments, index: segments.length - 1, start: from, end, number: number - 1 };
  }

  #read(from: number, to: number): Segment[] {
    this.#linesAround += 1;
    return this.#parser(this.#text.slice(from, Math.min(to, from + PIECE)));
  }

  #after(end: number, count: number): Segment[] {
    const segments: Segment[] = [];
    let from = end + 1;
    while (segments.length < count && from <= this.#text.length) {
      if (this.#linesAround > MOST_LINES_AROUND) break;
      const found = this.#text.indexOf('\n', from);
      const to = found < 0 ? this.#text.length : found;
      segments.push(...this.#read(from, to));
      from = to + 1;
    }
    return segments;
  }

  /** Nearest first. */
  *#before({ segments, index, start }: Spot): Generator<Segment> {
    for (let at = index - 1; at >= 0; at -= 1) yield segments[at] as Segment;
    let to = start - 1;
    while (to >= 0 && this.#linesAround <= MOST_LINES_AROUND) {
      const from = to === 0 ? 0 : this.#text.lastIndexOf('\n', to - 1) + 1;
      yield* this.#read(from, to).toReversed();
      to = from - 1;
    }
  }
}

/** A segment, and the line it was read from. */
interface Spot {
  segments: readonly Segment[];
  index: number;
  start: number;
  end: number;
  number: number;
}

function* take<T>(items: Iterable<T>, count: number): Generator<T> {
  let left = count;
  for (const item of items) {
    if (left === 0) return;
    left -= 1;
    yield item;
  }
}

/** The lines of Java's stack that begins below a message, which may go on for some lines. */
function stackOf(after: readonly Segment[]): string[] {
  const lines: string[] = [];
  let isInside = false;
  for (const { level, whole } of after) {
    const isCall = /^(?:at |Caused by|Suppressed|\.\.\. \d|\t)/.test(whole);
    if (level !== null || (isInside && !isCall)) break;
    isInside ||= isCall;
    lines.push(whole);
  }
  return lines;
}

/** A line that says nothing of its own may be the rest of the sentence above it. */
function isContinuation(segment: Segment, source: string, above: string, glue: string): boolean {
  const { level, message, whole } = segment;
  if (level !== null || message === '' || segment.source !== source || message !== whole) {
    return false;
  }
  // A capital letter begins a sentence, unless the line above is plainly unfinished.
  const isCut = glue === '' && above.length >= WIDE;
  if (/^[A-Z](?:[a-z]| |$)/.test(message) && !isCut && !/[:,;([{<>=-]$/.test(above)) return false;
  return (
    !OWN.test(message) &&
    !message.includes(HEADER) &&
    !endsTraceback(message) &&
    frameOf(message) === null
  );
}

/** A program that logs a traceback it caught does so below its own message. */
function isLogged(previous: Segment | undefined, after: readonly Segment[]): boolean {
  const { level = null, logger = null } = previous ?? {};
  if (level === null) return false;
  if (level === 'WARNING') return !OF_JAVA.test(previous?.whole ?? '');
  if (logger !== null && JAVA_LOGGER.test(logger)) return false;
  if (level === 'WARN') return true;
  // A traceback below INFO may be the end of the program: then nothing of it follows.
  return BELOW_WARN.test(level) && after.some(isOfProgram);
}

/** Said by a program of Python's, not by Spark on its way out. */
const isOfProgram = ({ level, logger }: Segment): boolean =>
  level !== null && !(logger !== null && JAVA_LOGGER.test(logger));

/** The level of a line without one is that of the message it belongs to. */
function isWarning(segment: Segment, before: Iterable<Segment>): boolean {
  if (segment.level !== null) return segment.level.startsWith('WARN');
  if (UNCAUGHT.test(segment.message)) return false;
  for (const { level, message } of before) {
    if (level !== null) return level.startsWith('WARN');
    if (UNCAUGHT.test(message)) return false;
  }
  return false;
}

/**
 * What a Python application says below WARN, in whatever words, stopped nothing. Spark, Hadoop and
 * what wraps them report how an application ended at INFO.
 */
function isOrdinary({ level, logger }: Segment): boolean {
  if (level === null) return false;
  if (BELOW_INFO.test(level)) return true;
  return level === 'INFO' && logger !== null && !JAVA_LOGGER.test(logger);
}
