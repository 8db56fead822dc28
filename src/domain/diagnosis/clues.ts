import { ARCHIVE_CLUES } from './clues/archive.ts';
import type { Clue } from './clues/clue.ts';
import { INTERPRETER_CLUES } from './clues/interpreter.ts';
import { NODE_CLUES } from './clues/nodes.ts';
import { PACKAGE_CLUES } from './clues/packages.ts';
import { PYTHON_CLUES } from './clues/python.ts';

export type { Clue, Place } from './clues/clue.ts';

/** Every wording that points to a cause; one file for each thing that goes wrong. */
export const CLUES: readonly Clue[] = [
  ...INTERPRETER_CLUES,
  ...ARCHIVE_CLUES,
  ...PYTHON_CLUES,
  ...PACKAGE_CLUES,
  ...NODE_CLUES,
];
