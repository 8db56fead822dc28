import { printable } from './names.ts';

/**
 * What comes from outside is read by a shape: a function from a value of which nothing is known to
 * one of a type, or a `Misfit` that says what did not fit and where. Few lines of our own, because
 * they are pure and cost no start-up; zod keeps the configuration, which needs more of it.
 */
export type Shape<T> = (value: unknown, at?: string) => T;

/** A value that is not of the shape. Each border turns it into its own error, or skips the value. */
export class Misfit extends Error {}

function misfit(value: unknown, at: string, wanted: string): never {
  const found = value === null ? 'null' : Array.isArray(value) ? 'a list' : NAMES[typeof value];
  throw new Misfit(`${at === '' ? 'the whole' : printable(at)} is ${found}, not ${wanted}`);
}

const NAMES: Readonly<Record<string, string>> = {
  undefined: 'missing',
  object: 'an object',
  string: 'text',
  number: 'a number',
  boolean: 'true or false',
};

export const string: Shape<string> = (value, at = '') =>
  typeof value === 'string' ? value : misfit(value, at, 'text');

export const number: Shape<number> = (value, at = '') =>
  typeof value === 'number' ? value : misfit(value, at, 'a number');

export const boolean: Shape<boolean> = (value, at = '') =>
  typeof value === 'boolean' ? value : misfit(value, at, 'true or false');

export const anything: Shape<unknown> = (value) => value;

export function oneOf<Choice extends string>(choices: readonly Choice[]): Shape<Choice> {
  return (value, at = '') =>
    choices.find((choice) => choice === value) ?? misfit(value, at, choices.join(' or '));
}

/** `fallback` for what is missing or null. */
export function or<T, Fallback>(shape: Shape<T>, fallback: Fallback): Shape<T | Fallback> {
  return (value, at) => (value === undefined || value === null ? fallback : shape(value, at));
}

export function listOf<T>(item: Shape<T>): Shape<T[]> {
  return (value, at = '') =>
    Array.isArray(value)
      ? value.map((each, index) => item(each, `${at}[${index}]`))
      : misfit(value, at, 'a list');
}

export function mapOf<T>(item: Shape<T>): Shape<Record<string, T>> {
  return (value, at = '') =>
    isObject(value)
      ? Object.fromEntries(
          Object.entries(value).map(([key, each]) => [key, item(each, within(at, key))]),
        )
      : misfit(value, at, 'an object');
}

/** Fields that the shape does not name stay as they are: a record is written again as a whole. */
export function object<T extends object>(
  fields: {
    [Name in keyof T]-?: Shape<T[Name] | (object extends Pick<T, Name> ? undefined : never)>;
  },
): Shape<T> {
  const shapes: [string, Shape<unknown>][] = Object.entries(fields);
  return (value, at = '') => {
    if (!isObject(value)) return misfit(value, at, 'an object');
    let read = value;
    for (const [name, shape] of shapes) {
      const given = Object.hasOwn(value, name) ? value[name] : undefined;
      const field = shape(given, within(at, name));
      if (field === given) continue;
      // Most fields are what they were, and a lock has thousands: only what differs is copied.
      if (read === value) read = { ...value };
      if (field === undefined) delete read[name];
      else read[name] = field;
    }
    // Every field of T has been read by its shape; the loop is beyond what types can follow.
    return read as T;
  };
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const within = (at: string, key: string): string => (at === '' ? key : `${at}.${key}`);

/** A value in its shape; `refuse` makes the border's error of why it does not fit. */
export function fit<T>(value: unknown, shape: Shape<T>, refuse: (why: string) => Error): T {
  try {
    return shape(value);
  } catch (error) {
    throw error instanceof Misfit ? refuse(error.message) : error;
  }
}

/** JSON in its shape; `refuse` makes the border's error of why it is none or does not fit. */
export function readJson<T>(json: string, shape: Shape<T>, refuse: (why: string) => Error): T {
  const value = jsonValue(json);
  if (value === undefined) throw refuse('it is not JSON');
  return fit(value, shape, refuse);
}

/** JSON of which nothing is known; undefined, which no JSON is, for what is none. */
function jsonValue(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

/** The same where nothing is said of what does not fit: null. */
export function fitOrNull<T>(value: unknown, shape: Shape<T>): T | null {
  try {
    return shape(value);
  } catch (error) {
    if (error instanceof Misfit) return null;
    throw error;
  }
}

/** The same of JSON. */
export function parseJson<T>(json: string, shape: Shape<T>): T | null {
  const value = jsonValue(json);
  return value === undefined ? null : fitOrNull(value, shape);
}
