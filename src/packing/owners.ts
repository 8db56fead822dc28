import { type CondaPackage, type FileRecord, readCondaMeta } from './conda-meta.ts';
import { type PipPackage, readPipPackages } from './pip.ts';
import type { PrefixFile } from './prefix.ts';

/** Which package each file of a prefix belongs to. */
export interface Owners {
  conda: CondaPackage[];
  pip: PipPackage[];
  /** conda's record of a file; null when no conda package has it. */
  recordOf(path: string): FileRecord | null;
  /** `conda:numpy`, `pip:churn`, or `files` for what nobody owns. */
  segmentOf(path: string): string;
}

/** Segment of the files no package lists. */
export const UNOWNED = 'files';

/** Errors: `conda-meta-broken`. */
export function readOwners(prefix: string, files: readonly PrefixFile[]): Owners {
  const conda = readCondaMeta(prefix, files);
  const records = new Map<string, { segment: string; record: FileRecord }>();
  for (const { name, files: owned } of conda) {
    for (const [path, record] of owned) records.set(path, { segment: `conda:${name}`, record });
  }
  const pip = readPipPackages(prefix, files, (path) => records.has(path));
  const pipSegments = new Map<string, string>();
  for (const { name, files: owned } of pip) {
    for (const path of owned) pipSegments.set(path, `pip:${name}`);
  }
  return {
    conda,
    pip,
    recordOf: (path) => records.get(path)?.record ?? null,
    segmentOf: (path) => records.get(path)?.segment ?? pipSegments.get(path) ?? UNOWNED,
  };
}
