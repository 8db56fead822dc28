import { outsideError } from './errors.ts';
import { listOf, object, or, readJson, type Shape, string } from './shape.ts';

/** What is read here of `conda-meta/<package>.json`, a package that conda has put into a prefix. */
export interface CondaRecord {
  name: string;
  version: string;
  build: string;
  subdir: string;
  url: string;
  sha256: string | null;
  /** Paths relative to the prefix. */
  files: readonly string[];
  /** `python`, `generic`; records of old packages have other things here. */
  noarch: string | null;
}

/** Whoever compares packages finds that what is missing here differs. */
export const CONDA_RECORD = object<CondaRecord>({
  name: string,
  version: or(string, ''),
  build: or(string, ''),
  subdir: or(string, ''),
  url: or(string, ''),
  sha256: or(string, null),
  files: or(listOf(string), []),
  noarch: (value) => (typeof value === 'string' ? value : null),
});

/** Reads a record, or a part of it by another shape. Errors: `conda-meta-broken`, naming `path`. */
export function readCondaRecord<T>(json: string, path: string, shape: Shape<T>): T {
  return readJson(json, shape, (why) =>
    outsideError({
      code: 'conda-meta-broken',
      message: `\`${path}\` is not a conda record: ${why}.`,
      suggestion: 'Build the environment again; the prefix is damaged.',
    }),
  );
}
