/**
 * The few words Block Kit's limits are written in. A rule looks at one value and reports what
 * Slack would: a sentence and the JSON pointer of the value.
 */
import { isObject, type JsonObject } from '../json.ts';

export type Report = (pointer: string, sentence: string) => void;
export type Rule = (value: unknown, pointer: string, report: Report) => void;

/** A field that may be absent. Slack reads `null` as absent too. */
export type Field = Rule | { optional: Rule };

const kindOf = (value: unknown): string =>
  value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value;

const mustBe = (kind: string): Rule => {
  return (value, pointer, report) => {
    if (kindOf(value) !== kind)
      report(pointer, `must provide a${kind === 'object' ? 'n' : ''} ${kind}`);
  };
};

export const optional = (rule: Rule): Field => ({ optional: rule });
export const boolean: Rule = mustBe('boolean');
export const number: Rule = mustBe('number');
export const anything: Rule = () => {};

/** A string of `min` to `max` characters (UTF-16 units, as Slack's own models count them). */
export const string =
  (max = Number.POSITIVE_INFINITY, min = 0): Rule =>
  (value, pointer, report) => {
    if (typeof value !== 'string') return report(pointer, 'must provide a string');
    if (value.length > max) report(pointer, `must be less than ${max + 1} characters`);
    if (value.length < min) report(pointer, `must be more than ${min - 1} characters`);
  };

export const oneOf =
  (...words: readonly string[]): Rule =>
  (value, pointer, report) => {
    if (typeof value !== 'string' || !words.includes(value))
      report(pointer, `must be a valid enum value, one of: ${words.join(', ')}`);
  };

export const matching =
  (pattern: RegExp, sentence: string): Rule =>
  (value, pointer, report) => {
    if (typeof value !== 'string' || !pattern.test(value)) report(pointer, sentence);
  };

export const list =
  (item: Rule, { min = 0, max = Number.POSITIVE_INFINITY } = {}): Rule =>
  (value, pointer, report) => {
    if (!Array.isArray(value)) return report(pointer, 'must provide an array');
    if (value.length > max) report(pointer, `no more than ${max} items allowed`);
    if (value.length < min) report(pointer, `no less than ${min} items allowed`);
    value.forEach((entry, index) => {
      item(entry, `${pointer}/${index}`, report);
    });
  };

/** An object with exactly these fields; anything else is refused, as Slack does. */
export const object =
  (fields: Record<string, Field>, ...checks: ((value: JsonObject) => string | null)[]): Rule =>
  (value, pointer, report) => {
    if (!isObject(value)) return report(pointer, 'must provide an object');
    for (const [name, field] of Object.entries(fields)) {
      const present = value[name] !== undefined && value[name] !== null;
      if (present)
        (typeof field === 'function' ? field : field.optional)(
          value[name],
          `${pointer}/${name}`,
          report,
        );
      else if (typeof field === 'function') report(pointer, `missing required field: ${name}`);
    }
    for (const name of Object.keys(value))
      if (!(name in fields)) report(pointer, `invalid additional property: ${name}`);
    for (const check of checks) {
      const sentence = check(value);
      if (sentence) report(pointer, sentence);
    }
  };

/** Picks the rule by the object's `type`; `place` names where the object stands, for the report. */
export const byType =
  (rules: Record<string, Rule>, place: string): Rule =>
  (value, pointer, report) => {
    if (!isObject(value)) return report(pointer, 'must provide an object');
    if (typeof value.type !== 'string') return report(pointer, 'missing required field: type');
    const rule = Object.hasOwn(rules, value.type) ? rules[value.type] : undefined;
    if (!rule) return report(`${pointer}/type`, `unsupported type: ${value.type} in ${place}`);
    rule(value, pointer, report);
  };

/** At least one of `names` must be there. */
export const atLeastOneOf =
  (...names: string[]) =>
  (value: JsonObject): string | null =>
    names.some((name) => value[name] !== undefined && value[name] !== null)
      ? null
      : `must provide at least one of: ${names.join(', ')}`;

/** Not more than one of `names` may be there. */
export const atMostOneOf =
  (...names: string[]) =>
  (value: JsonObject): string | null =>
    names.filter((name) => value[name] !== undefined).length > 1
      ? `must provide only one of: ${names.join(', ')}`
      : null;
