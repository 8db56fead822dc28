import { ARCHIVE_CLUES } from './clues/archive.ts';
import type { Clue } from './clues/clue.ts';
import { INTERPRETER_CLUES } from './clues/interpreter.ts';
import { LIBRARY_CLUES } from './clues/libraries.ts';
import { MODULE_CLUES } from './clues/modules.ts';
import { NODE_CLUES } from './clues/nodes.ts';
import { PACKAGE_CLUES } from './clues/packages.ts';
import { PYTHON_CLUES } from './clues/python.ts';
import { JAVA_CLUES, SPARK_VERSION_CLUES } from './clues/spark.ts';
import { SUBMIT_CLUES } from './clues/submit.ts';
import { SUPPORT_CLUES } from './clues/support.ts';
import { WORKER_CLUES } from './clues/workers.ts';

export type { Clue, Place } from './clues/clue.ts';

/** Every wording that points to a cause; one file for each thing that goes wrong. */
export const CLUES: readonly Clue[] = [
  ...INTERPRETER_CLUES,
  ...ARCHIVE_CLUES,
  ...SUBMIT_CLUES,
  ...PYTHON_CLUES,
  ...MODULE_CLUES,
  ...SUPPORT_CLUES,
  ...SPARK_VERSION_CLUES,
  ...JAVA_CLUES,
  ...PACKAGE_CLUES,
  ...LIBRARY_CLUES,
  ...WORKER_CLUES,
  ...NODE_CLUES,
];
