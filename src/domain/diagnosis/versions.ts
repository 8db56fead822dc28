/** What a log says of the versions it came from; null where it does not. */
export interface Versions {
  /** `3.5.9` */
  spark: string | null;
  /** `3.11` */
  python: string | null;
  /** `17` */
  java: string | null;
  /** Of a package that Spark refuses: `1.5.3`. */
  found: string | null;
}

export const UNKNOWN_VERSIONS: Versions = { spark: null, python: null, java: null, found: null };

/** Surest first. */
const SPARK: readonly RegExp[] = [
  /Running Spark version (\d+\.\d+\.\d+)/,
  /\/_\/ {1,8}version (\d+\.\d+\.\d+)/,
  /\bspark-core_2\.1\d-(\d+\.\d+\.\d+)/,
  /\/spark-(\d+\.\d+(?:\.\d+)?)(?:-bin|[/\s])/,
  /\b(?:Py)?[Ss]park[ :=]{1,3}v?(\d\.\d+(?:\.\d+)?)\b/,
  /\bpyspark[-=]{1,2}(\d+\.\d+\.\d+)/,
];
const PYTHON: readonly RegExp[] = [
  /Using Python version (\d+\.\d+)/,
  /\/python(\d\.\d+)\/(?:site-packages|dist-packages|lib-dynload|\w+\.py)/,
  /\bPython (\d\.\d+)\.\d+ (?:\||\()/,
  /\bcpython-(\d\d{1,2})-/,
];
const JAVA: readonly RegExp[] = [
  /(?:openjdk|java) version "(?:1\.)?(\d+)/,
  /\bjava-(?:1\.)?(\d{1,2})\b/,
  /\bjdk-?(\d{1,2})\b/,
];
const FOUND = /however, your version (?:is|was) ([\w.+]*\w)/;

/** Looks for each in the whole text; a log of 10 MB costs a few hundredths of a second. */
export function versionsIn(text: string): Versions {
  const first = (patterns: readonly RegExp[]): string | null => {
    for (const pattern of patterns) {
      const version = pattern.exec(text)?.[1];
      if (version !== undefined) return version;
    }
    return null;
  };
  const python = first(PYTHON);
  return {
    spark: first(SPARK),
    // `cpython-311` has no dot.
    python: python !== null && !python.includes('.') ? `${python[0]}.${python.slice(1)}` : python,
    java: first(JAVA),
    found: FOUND.exec(text)?.[1] ?? null,
  };
}
