import type { DriverEvidence, ExecutorEvidence, ProofTimes } from '../environment.ts';
import {
  fitOrNull,
  listOf,
  Misfit,
  mapOf,
  number,
  object,
  oneOf,
  or,
  readJson,
  string,
} from '../shape.ts';
import { MARK, REACHED } from './script.ts';
import { TABLES, type TablesEvidence } from './tables.ts';

/**
 * How far a run came: the driver's Python started, the application was let in by the cluster, its
 * executors registered, tables were tried.
 */
const STAGES = ['driver', 'application', 'executors', 'tables'] as const;
export type Stage = (typeof STAGES)[number];

/** What the script found, as it prints it. */
export interface Evidence {
  npv: string[];
  /** Executors that Spark knew of when they were asked; null when it did not say. */
  registered: number | null;
  driver: DriverEvidence | null;
  executors: ExecutorEvidence[];
  /** Null where they were not tried. */
  tables: TablesEvidence | null;
  /** Null where the driver's JVM did not say how long it has run. */
  times: ProofTimes | null;
}

export const DRIVER = object<DriverEvidence>({
  host: string,
  // Python itself does not always know.
  executable: or(string, ''),
  prefix: string,
  python: string,
  files: mapOf(string),
});

export const EXECUTOR = object<ExecutorEvidence>({
  host: string,
  executable: or(string, ''),
  python: string,
  glibc: or(string, null),
  packages: mapOf(or(string, '')),
  numpyFile: or(string, null),
  failedImports: mapOf(string),
  prefix: or(string, undefined),
  files: or(mapOf(string), undefined),
});

export const TIMES = object<ProofTimes>({ application: number, executors: number, asking: number });

const EVIDENCE = object<Evidence>({
  npv: listOf(string),
  registered: or(number, null),
  driver: or(DRIVER, null),
  executors: listOf(EXECUTOR),
  tables: or(TABLES, null),
  times: or(TIMES, null),
});

/**
 * What a run printed of what it found; null where the line is not there. Why in words where it is and
 * cannot be read: others write to the same output.
 */
export function printedEvidence(stdout: string): Evidence | string | null {
  const line = stdout.split('\n').findLast((candidate) => candidate.startsWith(MARK));
  if (line === undefined) return null;
  try {
    return readJson(line.slice(MARK.length), EVIDENCE, (why) => new Misfit(why));
  } catch (error) {
    if (!(error instanceof Misfit)) throw error;
    return `The evidence of the run could not be read: ${error.message}.`;
  }
}

/** How far the run came that printed this; null when not even the driver's Python started. */
export function stageReached(stdout: string): Stage | null {
  const line = stdout.split('\n').findLast((candidate) => candidate.startsWith(REACHED));
  return fitOrNull(line?.slice(REACHED.length).trim(), oneOf(STAGES));
}

/** What was printed by others than the script itself. */
export function withoutMarks(stdout: string): string {
  return stdout
    .split('\n')
    .filter((line) => !line.startsWith(REACHED) && !line.startsWith(MARK))
    .join('\n');
}
