import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);

/** Loaded for the first file: a command that is typed without one begins in half the time. */
const load = (): typeof import('smol-toml') => require('smol-toml');

export type TomlResult =
  | { content: Record<string, unknown>; mistake: null }
  | { content: null; mistake: { line: number; message: string } };

/** Parses a TOML file; its values have no places, so whoever needs one looks for their text. */
export function parseToml(source: string): TomlResult {
  const { parse, TomlError } = load();
  try {
    // A TOML document is a table; the package's type says so with types of its own.
    return { content: parse(source) as Record<string, unknown>, mistake: null };
  } catch (error) {
    if (error instanceof TomlError) {
      // The rest of its message draws the place.
      const message = error.message.split('\n')[0]?.replace('Invalid TOML document: ', '') ?? '';
      return { content: null, mistake: { line: error.line, message } };
    }
    if (error instanceof RangeError) {
      return { content: null, mistake: { line: 1, message: 'it is nested too deeply' } };
    }
    throw error;
  }
}
