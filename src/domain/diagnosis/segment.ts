import { prefixOf } from './prefix.ts';
import { structuredParts } from './structured.ts';

/**
 * A line of a log without what transports put around it: colours, Slack's quoting, the stamps of
 * `kubectl logs`, containerd, Docker Compose and Airflow, and the log header itself.
 */
export interface Segment {
  /** With the log header, without what transports put around it. */
  whole: string;
  /** What was said, without any prefix. */
  message: string;
  level: string | null;
  /** Last part of the logger's name: `TaskSetManager`. */
  logger: string | null;
  /** Which process of an interleaved log this comes from; empty when the log does not say. */
  source: string;
}

const ANSI = /\u001b(?:\[[0-9;?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)|[@-Z\\-_])/g;
const SLACK_LINK = /<(?:https?|mailto|ftp):[^|<>\s]*(?:\|([^<>]*))?>/g;
const ENTITIES: Readonly<Record<string, string>> = {
  '&lt;': '<',
  '&gt;': '>',
  '&amp;': '&',
  '&quot;': '"',
  '&#34;': '"',
  '&#39;': "'",
  '&#x27;': "'",
  '&nbsp;': ' ',
};

/** The same line in the letters its program wrote. */
function plain(line: string): string {
  let text = line;
  if (text.includes('\u001b')) text = text.replace(ANSI, '');
  if (text.includes('<')) {
    text = text.replace(
      SLACK_LINK,
      (link, label: string | undefined) => label ?? link.slice(1, -1),
    );
  }
  if (text.includes('&'))
    text = text.replace(
      /&(?:lt|gt|amp|quot|nbsp|#34|#39|#x27);/g,
      (entity) => ENTITIES[entity] ?? '',
    );
  if (text.includes('\t')) text = text.replaceAll('\t', ' ');
  if (/[^\u0000-\u007f]/.test(text)) {
    text = text
      .replace(/[\u201c\u201d\u201e\u00ab\u00bb]/g, '"')
      .replace(/[\u2018\u2019\u201b]/g, "'")
      .replace(/[\u00a0\u2007\u202f]/g, ' ')
      .replace(/[\u200b\ufeff]/g, '');
  }
  if (text.includes('\r')) text = text.replaceAll('\r', '');
  text = text.trim();
  return text.endsWith('```') ? text.slice(0, -3).trim() : text;
}

const STAMP =
  /^\[?(?:\d{4}-\d\d-\d\d|\d\d\/\d\d\/\d\d(?:\d\d)?)[T ,]{1,2}\d\d:\d\d:\d\d(?:[.,:]\d{1,9})?(?: ?(?:Z|UTC|[+-]\d\d:?\d\d))?\]?[\s|:-]*/;
/** A time of the day alone, and the numbers of `cat -n` and of editors. */
const COUNTER = /^(?:\[?\d\d:\d\d:\d\d(?:[.,]\d{1,9})?\]?\s+|\d{1,7}:?\s+(?=\S))/;
const SYSLOG = /^[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d [\w.-]+ [\w.-]+(?:\[\d+\])?: /;
const AIRFLOW =
  /^\[\d{4}-\d\d-\d\d[T ,]{1,2}\d\d:\d\d:\d\d[^\]]{0,40}\] \{[^}]{1,120}\} (?:INFO|WARNING|ERROR|DEBUG) - /;
/** The first group names the process. */
const SOURCES: readonly RegExp[] = [
  /^\[(pod\/[^\]\s]{1,200})\]\s/,
  /^([A-Za-z0-9][\w.-]{0,80})\s+\|\s/,
  /^\[?((?:executor|driver|worker|container)[-_ ]?[\w.-]{0,80})\]\s/i,
  /^(container_[\w.]{5,60})[:\s]\s?/,
];
const STREAM = /^(?:stdout|stderr)(?: [FP] |:\s)/;
const QUOTE = /^(?:>+\s?|```\s*|[•|│┃║]\s|E {2,}(?=\S)|\[(?:info|warn|error)\]\s)/;
/** The end of a box that a line is drawn in. */
const BOX_END = /\s+[│┃║]$/;
/**
 * What else shippers and test runners put in front, when what follows begins a sentence of its own:
 * a pod, a host, `(task pid=1)`, `2 |`, `[1,0]<stderr>:`, `From Python:`.
 */
const SHIPPED =
  /^(?=([^"'=]{1,200}?[\]):>|│#-] +))\1(?=(?:(?:[A-Za-z_]\w*\.)*[A-Z]\w*(?:Error|Exception)(?::|$)|Traceback \(most recent|File "[^"]+", line |Caused by: |Exception in thread "|During handling of the above|Fatal Python error: ))/;
const OWN_SENTENCE =
  /^(?:(?:[A-Za-z_]\w*\.)*[A-Z]\w*(?:Error|Exception)\b|Traceback |File "|Caused by: |Exception in thread )/;
const SENTENCE = /(?:Error|Exception)(?::|$)|Traceback \(most|File "|Caused by: |Fatal Python/;

const LEVEL =
  /^(?:\[[^\]\s]{1,60}\]\s*)?(?:[\w.$-]{1,100}\s+-\s+)?\[?(TRACE|DEBUG|INFO|WARN(?:ING)?|ERROR|FATAL|CRITICAL)\]?(?=[\s:|-]|$)[:\s|-]*/;
/** `INFO:root:…`, as Python's `basicConfig` writes it. */
const PYTHON_LOGGER = /^(DEBUG|INFO|WARNING|ERROR|CRITICAL):([\w.]{1,120}):/;
const LOGGER =
  /^(?:\[[^\]]{0,120}\]\s*)?([A-Za-z_$][\w.$]{0,160})(?::\d+)?(?:\s*\[[^\]]{0,80}\])?\s*(?::|-)\s/;

/** Reads one line of a log. */
export type LineParser = (line: string) => Segment[];

const LONGEST_REMEMBERED = 500;
const MOST_REMEMBERED = 5_000;

/**
 * The parser for one log: it knows the prefix of that log's tracebacks, whatever it is, and
 * remembers lines, as logs repeat themselves.
 */
export function lineParser(text: string): LineParser {
  const own = prefixOf(text, (line) => withoutTransport(plain(line)).text);
  const remembered = new Map<string, Segment[]>();
  return (line) => {
    const known = remembered.get(line);
    if (known !== undefined) return known;
    const segments = segmentsOf(plain(line), own);
    if (line.length <= LONGEST_REMEMBERED && remembered.size < MOST_REMEMBERED) {
      remembered.set(line, segments);
    }
    return segments;
  };
}

/**
 * What one line says that `plain` has read. Usually that is one segment; structured logs, `\n`
 * written out as in REST answers, and a traceback pasted without its line ends hold several.
 */
function segmentsOf(line: string, own: RegExp | null): Segment[] {
  if (own === null) return partsOf(line, '', 0);
  const { text, source = '' } = withoutTransport(line);
  return partsOf(text.replace(own, ''), source, 0);
}

function partsOf(line: string, outer: string, depth: number): Segment[] {
  const { text, source = outer } = withoutTransport(line);
  // Docker keeps the lines of a structured log in a structured log.
  const structured = depth < 3 ? structuredParts(text) : null;
  if (structured !== null) return structured.flatMap((part) => partsOf(part, source, depth + 1));
  return writtenOutParts(text).flatMap((part) => {
    const header = part.indexOf('Traceback (most recent call last)');
    const isFlattened = header >= 0 && part.length > header + 60;
    return (isFlattened ? part.split(FLATTENED) : [part]).map((said) => segmentOf(said, source));
  });
}

function withoutTransport(line: string): { text: string; source?: string } {
  let text = line;
  let source: string | undefined;
  // Transports nest: Airflow around kubectl around containerd.
  for (let depth = 0; depth < 6; depth += 1) {
    const before = text;
    if (/^[>`•|│┃║E[]/.test(text)) text = text.replace(QUOTE, '').replace(AIRFLOW, '');
    if (text.startsWith('std')) text = text.replace(STREAM, '');
    if (/^[[ce]|^\S{1,80} +\||^(?:driver|worker)/i.test(text)) {
      for (const pattern of SOURCES) {
        const match = pattern.exec(text);
        if (match === null) continue;
        source = match[1] ?? '';
        text = text.slice(match[0].length);
      }
    }
    if (/^[A-Z][a-z]{2} /.test(text)) text = text.replace(SYSLOG, '');
    if (/^[[\d]/.test(text)) text = text.replace(STAMP, '').replace(COUNTER, '');
    if (/[│┃║]$/.test(text)) text = text.replace(BOX_END, '');
    text = text.trim();
    if (text === before) break;
  }
  return source === undefined ? { text } : { text, source };
}

function segmentOf(part: string, outer: string): Segment {
  const { text: whole, source = outer } = withoutTransport(part);
  const python = PYTHON_LOGGER.exec(whole);
  if (python !== null) {
    const [prefix, level = null, logger = null] = python;
    return { whole, message: whole.slice(prefix.length), level, logger, source };
  }
  const header = LEVEL.exec(whole);
  if (header === null) {
    const said = withoutShipper(whole);
    return { whole: said, message: said, level: null, logger: null, source };
  }
  const level = header[1] ?? null;
  const rest = whole.slice(header[0].length);
  const named = LOGGER.exec(rest);
  const name = named?.[1] ?? null;
  // `ERROR ModuleNotFoundError: …` names no logger.
  if (named === null || name === null || /(?:Error|Exception)$/.test(name)) {
    return { whole, message: withoutShipper(rest), level, logger: null, source };
  }
  const logger = name.slice(name.lastIndexOf('.') + 1);
  const message = withoutShipper(rest.slice(named[0].length));
  return { whole, message, level, logger, source };
}

function withoutShipper(message: string): string {
  if (OWN_SENTENCE.test(message) || !SENTENCE.test(message)) return message;
  const prefix = SHIPPED.exec(message)?.[0] ?? '';
  // An exception that quotes another one, and a sentence about it, are no prefix.
  if (/Error|Exception|hint|note|e\.g\.|\.pyx?:\d+: $/i.test(prefix)) return message;
  return message.slice(prefix.length);
}

/** An exception whose message is the `repr` of what a process wrote. */
const QUOTED_OUTPUT =
  /^([\w.]*(?:CalledProcessError|RuntimeError|CommandError|AirflowException|Exception): )[bu]?["'](.*)$/;

/** Escaped once or more: a message in a message in an answer. */
function writtenOutParts(line: string): string[] {
  if (!/\\[n"']/.test(line)) return [line];
  return (
    line
      .replace(/\\{2,}(?=[nrt"'])/g, '\\')
      .replace(/\\(["'])/g, '$1')
      .replaceAll('\\t', ' ')
      .split(/(?:\\r)?\\n/)
      .flatMap((part, index) => (index === 0 ? QUOTED_OUTPUT.exec(part)?.slice(1) : null) ?? [part])
      // Python's list of lines: `', '` stands between them.
      .map((part) => part.replace(/^(?:["'], ?[bu]?["']|\[[bu]?["'])/, '').trim())
  );
}

/** Before frames and exceptions: only used on a line that holds a whole traceback. */
const FLATTENED =
  /\s(?=File "|(?:[A-Za-z_]\w*\.)*[A-Z]\w*(?:Error|Exception): |During handling of|The above exception was)/;
