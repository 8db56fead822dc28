/**
 * What each line of Spark runs with: the one place that knows. Declared: `python_requires` and the
 * classifiers of PySpark's `setup.py`, and the minimum versions it names for pandas, pyarrow and
 * numpy; Java from the overview page of each release's documentation. Caps no release declares were
 * measured for Spark 3.2 to 4.3 over Python 3.8 to 3.13 on Java 17: RDDs, UDFs, pandas UDFs,
 * `toPandas`, `createDataFrame` and `pyspark.pandas`, in local mode. Those of 2.4 to 3.1 are those of
 * 3.2, whose code they share (`iteritems`, `np.bool`), and Arrow's for 2.4 is from SPARK-29367.
 *
 * Outside of its range a package breaks what goes through pandas, or `pyspark.pandas` alone; code on
 * RDDs and plain UDFs goes on. A Python outside breaks every UDF, or the import of PySpark itself.
 */

/** Versions from `from`, and below `below`; null where nothing is said. */
export interface VersionRange {
  from: string;
  /** The first version that is too new. */
  below: string | null;
  /** Whether the release itself says so; measured otherwise. */
  isDeclared: boolean;
  /** What breaks with a version that is too new; one too old breaks all that goes through pandas. */
  breaks: 'pandas' | 'pyspark.pandas';
}

/** A Python newer than the release says, with which it was seen to run. */
export interface LaterPython {
  /** `3.12` */
  version: string;
  /** What the environment must have besides: `setuptools<80`, whose `distutils` stands in. */
  with: string | null;
}

/** Packages that PySpark itself calls. */
export const DATA_PACKAGES = ['pandas', 'pyarrow', 'numpy'] as const;
export type DataPackage = (typeof DATA_PACKAGES)[number];

export interface SparkSupport {
  /** `3.5` */
  line: string;
  /** First and last minor version of Python: `3.8`, `3.11`. */
  python: readonly [first: string, last: string];
  laterPython: LaterPython | null;
  /** Releases of Java it is tested with. */
  java: readonly number[];
  pandas: VersionRange;
  pyarrow: VersionRange;
  numpy: VersionRange;
}

type Cap = readonly [from: string, below?: string | null, breaks?: VersionRange['breaks']];

function supports(
  line: string,
  python: readonly [string, string],
  java: readonly number[],
  packages: { pandas: Cap; pyarrow: Cap; numpy: Cap; laterPython?: LaterPython },
  declared: readonly DataPackage[] = [],
): SparkSupport {
  const range = (name: DataPackage): VersionRange => {
    const [from, below = null, breaks = 'pandas'] = packages[name];
    return { from, below, isDeclared: below === null || declared.includes(name), breaks };
  };
  return {
    line,
    python,
    laterPython: packages.laterPython ?? null,
    java,
    pandas: range('pandas'),
    pyarrow: range('pyarrow'),
    numpy: range('numpy'),
  };
}

/** Oldest first. */
export const SPARK_SUPPORT: readonly SparkSupport[] = [
  supports('2.4', ['2.7', '3.7'], [8], {
    pandas: ['0.19.2', '2.0'],
    // Arrow changed its stream format in 0.15; Spark 2.4 reads the old one.
    pyarrow: ['0.8.0', '0.15'],
    numpy: ['1.7', '1.24'],
  }),
  supports('3.0', ['2.7', '3.8'], [8, 11], {
    pandas: ['0.23.2', '2.0'],
    pyarrow: ['0.15.1'],
    numpy: ['1.7', '1.24'],
  }),
  supports('3.1', ['3.6', '3.9'], [8, 11], {
    pandas: ['0.23.2', '2.0'],
    pyarrow: ['1.0.0'],
    numpy: ['1.7', '1.24'],
  }),
  supports('3.2', ['3.6', '3.9'], [8, 11], {
    pandas: ['0.23.2', '2.0'],
    pyarrow: ['1.0.0'],
    // `toPandas` of booleans asks for `np.bool`.
    numpy: ['1.14', '1.24'],
    laterPython: { version: '3.10', with: null },
  }),
  supports('3.3', ['3.7', '3.10'], [8, 11, 17], {
    pandas: ['1.0.5', '2.0'],
    pyarrow: ['1.0.0'],
    numpy: ['1.15', '2.0', 'pyspark.pandas'],
  }),
  supports(
    '3.4',
    ['3.7', '3.11'],
    [8, 11, 17],
    {
      pandas: ['1.0.5', '2.0'],
      pyarrow: ['1.0.0'],
      numpy: ['1.15', '2.0', 'pyspark.pandas'],
      laterPython: { version: '3.12', with: 'setuptools<80' },
    },
    ['numpy'],
  ),
  supports(
    '3.5',
    ['3.8', '3.11'],
    [8, 11, 17],
    {
      pandas: ['1.0.5', '3.0', 'pyspark.pandas'],
      pyarrow: ['4.0.0'],
      numpy: ['1.15', '2.0', 'pyspark.pandas'],
      laterPython: { version: '3.12', with: 'setuptools<80' },
    },
    ['numpy'],
  ),
  supports('4.0', ['3.9', '3.13'], [17, 21], {
    pandas: ['2.0.0', '3.0', 'pyspark.pandas'],
    pyarrow: ['11.0.0'],
    numpy: ['1.21'],
  }),
  supports('4.1', ['3.10', '3.14'], [17, 21], {
    pandas: ['2.2.0', '3.0', 'pyspark.pandas'],
    pyarrow: ['15.0.0'],
    numpy: ['1.21'],
  }),
  supports(
    '4.2',
    ['3.10', '3.14'],
    [17, 21],
    {
      pandas: ['2.2.0', '3.0', 'pyspark.pandas'],
      pyarrow: ['18.0.0'],
      numpy: ['1.21'],
    },
    ['pandas'],
  ),
  supports('4.3', ['3.10', '3.14'], [17, 21], {
    pandas: ['2.2.0', '3.0', 'pyspark.pandas'],
    pyarrow: ['18.0.0'],
    numpy: ['1.21'],
  }),
];

/** What the line of a version such as `3.5.9` or `3.5` runs with; null for one not in the table. */
export function sparkSupport(version: string): SparkSupport | null {
  const line = /^\d+\.\d+/.exec(version)?.[0];
  return SPARK_SUPPORT.find((support) => support.line === line) ?? null;
}

/** `3.8–3.11` */
export function pythonsOf({ python: [first, last] }: SparkSupport): string {
  return `${first}–${last}`;
}

/** The spec of a package that fits: `pandas>=1.0.5,<2.0`. */
export function specFor(support: SparkSupport, name: DataPackage): string {
  const { from, below } = support[name];
  return below === null ? `${name}>=${from}` : `${name}>=${from},<${below}`;
}
