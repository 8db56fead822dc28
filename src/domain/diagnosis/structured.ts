import { isObject } from '../shape.ts';

/** Lines that are records: of Spark 4, log4j, Docker, Livy, Fluentd, Cloud Logging, Ansible, logfmt. */

/** Fields that say where a message is from, not what it is. */
const ABOUT =
  /^(?:ts|time|timestamp|@timestamp|level|severity|logger|class|name|thread|stream|id|insertId|pod|namespace|container|host|hostname|labels|tags|kubernetes|resource|context|cmd|start|end|delta|logName|trace|spanId|source|state|appId|appInfo|kind)$/;
const SHORTEST = 3;
const DEEPEST = 5;

/** The lines that were said in a record; null when `line` is none. */
export function structuredParts(line: string): string[] | null {
  const open = line.indexOf('{"');
  if (open >= 0 && line.endsWith('}')) {
    const record = parsed(line.slice(open));
    if (record !== null) {
      const before = line.slice(0, open).trim();
      return [...(isSaid(before) ? [before] : []), ...saidIn(record)];
    }
  }
  return /^[\w@.]+=\S/.test(line) ? logfmt(line) : null;
}

const isSaid = (before: string): boolean => /(?:Error|Exception)\b/.test(before);

function parsed(text: string): Record<string, unknown> | null {
  try {
    const record: unknown = JSON.parse(text);
    return isObject(record) ? record : null;
  } catch {
    return null;
  }
}

function saidIn(record: Record<string, unknown>): string[] {
  const { level, logger, log, msg, message, exception, ...others } = record;
  const said = [log, msg, message].filter((value) => value !== undefined);
  const header = typeof level === 'string' ? `${level} ${nameOf(logger)}` : '';
  const parts = said.flatMap((value, index) => stringsIn(value, index === 0 ? header : '', 0));
  if (isObject(exception)) {
    const { class: type, msg: reason } = exception;
    parts.push(...`${type}: ${reason}`.split('\n'));
  } else parts.push(...stringsIn(exception, '', 0));
  return [...parts, ...stringsIn(others, '', 0)];
}

function stringsIn(value: unknown, header: string, depth: number): string[] {
  if (typeof value === 'string') {
    return value.length < SHORTEST ? [] : `${header}${value}`.split('\n');
  }
  if (depth >= DEEPEST || typeof value !== 'object' || value === null) return [];
  if (Array.isArray(value)) return value.flatMap((one) => stringsIn(one, '', depth + 1));
  return Object.entries(value).flatMap(([key, one]) =>
    ABOUT.test(key) ? [] : stringsIn(one, '', depth + 1),
  );
}

function nameOf(logger: unknown): string {
  return typeof logger === 'string' ? `${logger}: ` : '';
}

/** `time=… level=error msg="…"`, as Go's programs write. */
function logfmt(line: string): string[] | null {
  const quoted = /(?:^|\s)(?:msg|message|log)=("(?:[^"\\]|\\.){1,100000}")/.exec(line)?.[1];
  if (quoted === undefined) return null;
  try {
    return String(JSON.parse(quoted)).split('\n');
  } catch {
    return null;
  }
}
