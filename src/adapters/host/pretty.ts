import { styleText } from 'node:util';

type Style = Parameters<typeof styleText>[0];

/** Pino's levels; what is as it should be has no colour. */
const STYLES: Readonly<Record<string, Style>> = {
  trace: 'dim',
  debug: 'dim',
  warn: 'yellow',
  error: 'red',
  fatal: ['red', 'bold'],
};

/** Longer values are told by their beginning: all of them stand in the JSON. */
const LONGEST_VALUE = 160;

/**
 * A line of JSON as a person reads it: the time (UTC), the level, what happened, then what it carries;
 * stacks below. What is no such line stays as it is.
 */
export function prettyLine(line: string, isColoured: boolean): string {
  const entry = parsed(line);
  if (entry === null) return line;
  const { time, level, host: _, pid: __, event, msg, ...fields } = entry;
  const paint = (style: Style | undefined, text: string) =>
    isColoured && style ? styleText(style, text, { validateStream: false }) : text;
  const words: string[] = [];
  const below: string[] = [];
  for (const [name, value] of Object.entries(fields)) {
    const stack = stackOf(name, value);
    if (stack === null) words.push(`${paint('dim', `${name}=`)}${written(value)}`);
    else below.push(...stack.split('\n').map((row) => `    ${plain(row.trim())}`));
  }
  const what = [event, msg].filter((each) => typeof each === 'string').map(plain);
  return [
    [
      paint('dim', String(time).slice(11, 19)),
      paint(STYLES[String(level)], String(level).padEnd(5)),
      paint('bold', what.join(' ')),
      ...words,
    ].join(' '),
    ...below,
    '',
  ].join('\n');
}

function parsed(line: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' ? { ...value } : null;
  } catch {
    return null;
  }
}

function stackOf(name: string, value: unknown): string | null {
  if (name === 'details') return String(value);
  const stack = Object(value).stack;
  return typeof stack === 'string' ? stack : null;
}

/** Quoted where it could be taken for more than one value. */
function written(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  const short = text.length > LONGEST_VALUE ? `${text.slice(0, LONGEST_VALUE)}…` : text;
  const isPlain = typeof value !== 'string' || /^[\p{L}\p{N}_.:@/+,…«»-]+$/u.test(short);
  return plain(isPlain ? short : JSON.stringify(short));
}

/** What people typed must not steer the terminal of whoever reads it. */
const plain = (text: string): string => text.replace(/\p{Cc}|\p{Cf}/gu, escaped);

const escaped = (character: string): string =>
  `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
