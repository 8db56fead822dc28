import { userError } from '../domain/errors.ts';
import { printable } from '../domain/names.ts';
import type { FileContent, ReadSettings } from './content.ts';
import { FORMATS } from './formats.ts';
import { Rows } from './rows.ts';
import { readText } from './text.ts';

/** Files that people have beside the ones that are read, and what to do with them. */
const UNREAD: readonly (readonly [name: RegExp, fits: RegExp | null, suggestion: string])[] = [
  [
    /^uv\.lock$/i,
    /^requires-python = .*\n(?:.*\n)*?\[\[package\]\]/m,
    'Write it as requirements: `uv export --format requirements-txt`.',
  ],
  [
    /^poetry\.lock$/i,
    /^\[\[package\]\](?:.*\n)*?\[metadata\]/m,
    'Write it as requirements: `poetry export`, or give the `pyproject.toml`.',
  ],
  [
    /^pipfile(?:\.lock)?$/i,
    /^\[dev-packages\]|^\s*"pipfile-spec"/m,
    'Write it as requirements: `pipenv requirements`.',
  ],
  [
    /^setup\.(?:py|cfg)$/i,
    /^\s*from setuptools import|^\[options\]$/m,
    'Give the `pyproject.toml` or a `requirements.txt`.',
  ],
  [
    /^(?:meta|recipe)\.ya?ml$/i,
    /^requirements:\s*\n\s+(?:build|host|run):/m,
    'Name the packages below `run:` in an `environment.yml`.',
  ],
];

/**
 * What a file asks for. Pure: `bytes` are all of the file, `name` is what it was called (null when
 * it had none, as on standard input). The content decides which format it is where it plainly has
 * one, and its name where not. Rows that cannot be had are in the answer beside all others.
 * Throws for a file that cannot be read at all: `file-too-large`, `file-empty`, `file-not-text`,
 * `file-unknown`.
 */
export function readPackagesFile(
  name: string | null,
  bytes: Uint8Array,
  settings: ReadSettings,
): FileContent {
  const shown = name === null ? 'standard input' : printable(name);
  const text = readText(shown, bytes);
  const base = name?.split(/[/\\]/).at(-1) ?? '';
  const unread = UNREAD.find(([names, fits]) => names.test(base) || fits?.test(text));
  if (unread) {
    throw userError({
      code: 'file-unknown',
      message: `\`${shown}\` is a kind of file that is not read.`,
      suggestion: unread[2],
    });
  }
  const format =
    FORMATS.find(({ fits }) => fits(text)) ?? FORMATS.find(({ names }) => names.test(base));
  if (format === undefined) {
    throw userError({
      code: 'file-unknown',
      message: `\`${shown}\` is none of the files that list packages.`,
      suggestion: `Give one of ${FORMATS.map((each) => each.name).join(', ')}.`,
    });
  }
  const rows = new Rows(text, settings);
  format.read(rows, text);
  return rows.content(format.name);
}
