/** Readers of JSON, by the kind of value: each refuses what is of another kind, and names the field. */
import { printable } from '../names.ts';
import { meantOf } from '../near-names.ts';
import { isObject } from '../shape.ts';
import { refuse } from './refusal.ts';

/**
 * Control characters end lines, lone surrogates have no UTF-8, and bidirectional controls make a
 * line read differently from what it does.
 */
const UNPRINTABLE = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/u;

export function isAbsent(value: unknown): value is null | undefined {
  return value === undefined || value === null;
}

export function objectAt(
  value: unknown,
  what: string,
  keys: readonly string[],
): Record<string, unknown> {
  if (!isObject(value)) {
    return refuse(
      'bad-request',
      `${what} must be an object, not ${kindOf(value)}.`,
      `Give ${what} as a JSON object with ${keys.map((key) => `\`${key}\``).join(', ')}.`,
    );
  }
  for (const key of Object.keys(value)) {
    if (keys.includes(key)) continue;
    refuse(
      'unknown-key',
      `${what} has an unknown key \`${printable(key)}\`.`,
      meantOf(key, keys).suggestion,
    );
  }
  return value;
}

export function entriesAt(value: unknown, field: string): [string, unknown][] {
  if (isAbsent(value)) return [];
  if (typeof value === 'object' && !Array.isArray(value)) return Object.entries(value);
  return refuse(
    'bad-type',
    `\`${field}\` must be an object, not ${kindOf(value)}.`,
    `Leave \`${field}\` out or give \`{}\`.`,
  );
}

export function textAt(value: unknown, field: string): string {
  if (typeof value !== 'string' || value === '') {
    return refuse(
      isAbsent(value) ? 'missing-field' : 'bad-type',
      `\`${field}\` must be text that is not empty, not ${kindOf(value)}.`,
      `Set \`${field}\`.`,
    );
  }
  return printableAt(value, field);
}

export function printableAt(text: string, field: string): string {
  const bad = UNPRINTABLE.exec(text);
  if (bad === null) return text;
  const code = bad[0].codePointAt(0)?.toString(16).toUpperCase().padStart(4, '0');
  return refuse(
    'bad-character',
    `\`${field}\` holds the character U+${code} at offset ${bad.index}, which cannot stand in a command line.`,
    'Remove it: newlines, tabs, NUL, lone surrogates and text-direction controls are not accepted.',
  );
}

export function optionalTextAt(value: unknown, field: string): string | null {
  return isAbsent(value) ? null : textAt(value, field);
}

export function absolutePathAt(value: unknown, field: string): string {
  const text = textAt(value, field);
  if (!text.startsWith('/') || text.split('/').includes('..')) {
    return refuse(
      'bad-path',
      `\`${field}\` must be an absolute path without \`..\`, not \`${printable(text)}\`.`,
      `Give the path on the edge node from \`/\` on.`,
    );
  }
  return text === '/' ? text : text.replace(/\/+$/, '');
}

export function optionalPathAt(value: unknown, field: string): string | null {
  return isAbsent(value) ? null : absolutePathAt(value, field);
}

export function choiceAt<Choice extends string>(
  value: unknown,
  field: string,
  choices: readonly Choice[],
  fallback: Choice,
): Choice {
  if (isAbsent(value)) return fallback;
  const choice = choices.find((candidate) => candidate === value);
  if (choice !== undefined) return choice;
  return refuse(
    'bad-value',
    `\`${field}\` cannot be ${typeof value === 'string' ? `\`${printable(value)}\`` : kindOf(value)}.`,
    meantOf(String(value), choices).suggestion,
  );
}

export function textsAt(value: unknown, what: string): readonly string[] {
  if (isAbsent(value)) return [];
  if (!Array.isArray(value)) {
    return refuse(
      'bad-type',
      `\`${what}\` must be a list of text.`,
      'Give a list such as `["x"]`.',
    );
  }
  return value.map((argument, index) => {
    const field = `${what}[${index}]`;
    if (typeof argument === 'string') return printableAt(argument, field);
    return refuse(
      'bad-type',
      `\`${field}\` must be text, not ${kindOf(argument)}.`,
      'Write every argument as text: `"7"`, not `7`.',
    );
  });
}

export function kindOf(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  if (value === '') return 'empty text';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}
