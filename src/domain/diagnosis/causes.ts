import { InvocationRefusal, type InvocationRequest, invoke } from '../invocation.ts';
import { isName } from '../names.ts';
import type { FailureId } from './finding.ts';

/** What is known when a finding is written. */
export interface Known {
  /** The environment, or `NAME`. */
  environment: string;
  /** The bot's command: `/conda-env`. */
  bot: string;
  request: InvocationRequest | null;
  /** What the evidence names: a path, a module, a symbol version. */
  subject: string | null;
}

export interface FailureCause {
  id: FailureId;
  title: string;
  /** Why it fails. `{subject}` is what the evidence names. */
  cause: string;
  fix: string;
  command: (known: Known) => string;
  /** Causes that explain the symptom of this one away when both are seen. */
  explainedBy: readonly FailureId[];
}

/** The right line for this staging, or how to ask for it. */
function line(known: Known): string {
  if (known.request !== null) {
    try {
      return invoke(known.request).text;
    } catch (error) {
      // A line that is refused was never right: the person has to ask for another one.
      if (!(error instanceof InvocationRefusal)) throw error;
    }
  }
  return `${known.bot} run ${known.environment} ${known.request?.tool ?? 'spark-submit'}`;
}

const rebuild = (options: string) => (known: Known) =>
  `${known.bot} create ${known.environment} ${options}`;
/** The same packages again: what is not intact on the edge is staged once more. */
const stage = (known: Known) => `${known.bot} create ${known.environment} PACKAGES…`;

/** Modules people import from channels: any other is most likely their own code. */
const PUBLISHED = new Set(
  `bs4 catboost cloudpickle cv2 dask dateutil fastparquet fiona fsspec gensim geopandas h5py
  hyperopt implicit IPython jax joblib keras lightgbm lxml matplotlib mlflow networkx nltk numba
  numexpr numpy openpyxl osgeo pandas pandera patsy PIL plotly polars prophet psycopg2 pyarrow
  pydantic pymc pyproj pytz rasterio regex requests s3fs scipy seaborn sentencepiece shap shapely
  simplejson skimage sklearn snowflake spacy sqlalchemy statsmodels sympy tensorflow tokenizers
  torch torchvision tqdm transformers ujson xarray xgboost yaml zstandard`.split(/\s+/),
);

function isPublished(module: string | null): boolean {
  const top = module?.split('.')[0] ?? '';
  // Spark names the packages it asks for: `Pandas`, `PyArrow`.
  return PUBLISHED.has(top) || PUBLISHED.has(top.toLowerCase());
}

/** What goes wrong before a Python can be started leaves no interpreter behind. */
const BROKEN_ARCHIVE: readonly FailureId[] = [
  'archive-missing',
  'archive-not-unpacked',
  'archive-content-mismatch',
  'archive-overwritten',
  'zip-data-descriptor',
  'zip-unsupported-feature',
  'zip-symlink-hang',
  'plain-tar-off-yarn',
  'staged-unreadable',
  'no-space',
];

const CAUSES: readonly FailureCause[] = [
  {
    id: 'exec-bit-lost',
    title: 'The interpreter lost its executable bit',
    cause:
      '{subject} was unpacked without the right to execute. Spark unpacks archives itself on every manager but YARN, and with Hadoop client classes before 3.4 it drops the modes of a .zip (HADOOP-18145); it always drops those of a .jar or a plain .tar.',
    fix: 'Ship the environment as .tar.gz, which keeps its modes with every manager and version.',
    command: rebuild('PACKAGES… --format tar.gz'),
    explainedBy: ['plain-tar-off-yarn'],
  },
  {
    id: 'interpreter-not-found',
    title: 'The interpreter is not where the line says',
    cause:
      '{subject} does not exist where it was started. The alias after `#` or the folder in the archive differs from PYSPARK_PYTHON, a relative path was used on the edge itself, or PYSPARK_DRIVER_PYTHON was left set in cluster mode.',
    fix: 'Use the line as it is given, alias and PYSPARK_PYTHON together; in the global layout run it in the staging root.',
    command: line,
    explainedBy: [...BROKEN_ARCHIVE, 'spark-home-missing'],
  },
  {
    id: 'archive-missing',
    title: 'The archive is not there',
    cause: 'Spark was told to ship {subject}, and there is no such file.',
    fix: 'Stage the environment again and use the line that comes with it.',
    command: line,
    explainedBy: [],
  },
  {
    id: 'archive-not-unpacked',
    title: 'The archive was copied but not unpacked',
    cause:
      'The alias is a file, not a folder: Hadoop and Spark unpack .zip, .jar, .tar.gz, .tgz and .tar only and copy everything else (.tar.bz2, .tar.xz, .tar.zst, no suffix) as it is. Seen: {subject}.',
    fix: 'Ship the environment as .tar.gz.',
    command: rebuild('PACKAGES… --format tar.gz'),
    explainedBy: ['archive-content-mismatch', 'archive-missing'],
  },
  {
    id: 'archive-content-mismatch',
    title: 'The archive is not what its name says',
    cause:
      'The suffix chooses the unpacker, and the bytes are of another format or cut short: a renamed file, or a transfer that broke.',
    fix: 'Stage the environment again: a staged archive is verified by its sha256.',
    command: stage,
    explainedBy: ['no-space', 'zip-data-descriptor', 'zip-unsupported-feature'],
  },
  {
    id: 'python-version-mismatch',
    title: 'Driver and executors run different Pythons',
    cause:
      'The minor versions differ, so functions of the driver cannot be read on the executors: one side used a Python of the node or of the shell instead of the environment.',
    fix: 'Give both sides the same build: PYSPARK_DRIVER_PYTHON and PYSPARK_PYTHON as in the line.',
    command: line,
    explainedBy: [],
  },
  {
    id: 'module-missing-on-executor',
    title: 'A module is missing on the executors',
    cause:
      "The executors' Python has no {subject}. Either it is not in the environment, or the executors did not use the environment because PYSPARK_PYTHON did not point into the archive.",
    fix: 'Run with the line below. If the package is not in the environment yet, add it; if it is your own code, build it in with --project.',
    command: (known) =>
      isPublished(known.subject)
        ? line(known)
        : rebuild('PACKAGES… --project REPOSITORY@REF')(known),
    explainedBy: ['egg-shadows-package', 'editable-package'],
  },
  {
    id: 'spark-home-missing',
    title: 'Spark cannot find itself',
    cause:
      "SPARK_HOME is not set, and the Python in use has no pyspark: a Spark installed with pip asks the driver's Python where it is, and a shipped environment does not know.",
    fix: 'Set SPARK_HOME to the Spark of the edge; the line does when the profile knows it. Do not put another pyspark into the environment.',
    command: line,
    explainedBy: ['pythonhome-leak'],
  },
  {
    id: 'zip-symlink-hang',
    title: 'The interpreter in the zip is a link stored as text',
    cause:
      "The archive was made with `zip -y`: `bin/python` became a text file, which the system runs as a shell script. The node's own Python starts without its arguments and waits for ever.",
    fix: 'Ship an archive without links: our .zip has none, and a .tar.gz keeps them as links.',
    command: rebuild('PACKAGES… --format tar.gz'),
    explainedBy: [],
  },
  {
    id: 'zip-data-descriptor',
    title: 'The zip hides its sizes from the unpacker',
    cause:
      'YARN reads a zip as a stream and cannot skip a stored entry whose size only follows in a data descriptor: the packer wrote to a pipe.',
    fix: 'Ship an archive that Conda Ferry packed, or a .tar.gz.',
    command: rebuild('PACKAGES… --format tar.gz'),
    explainedBy: [],
  },
  {
    id: 'zip-unsupported-feature',
    title: 'The zip uses a feature the unpacker does not have',
    cause:
      'The archive holds entries that Hadoop cannot read: a method other than deflate, zip64 sizes in a descriptor, encryption, or bytes before the first entry.',
    fix: 'Ship an archive that Conda Ferry packed, or a .tar.gz.',
    command: rebuild('PACKAGES… --format tar.gz'),
    explainedBy: ['zip-data-descriptor'],
  },
  {
    id: 'plain-tar-off-yarn',
    title: 'A plain .tar breaks off YARN',
    cause:
      "Spark unpacks a plain .tar with Java code that refuses `./` and absolute links and resolves relative links against the archive's root.",
    fix: 'Ship the environment as .tar.gz.',
    command: rebuild('PACKAGES… --format tar.gz'),
    explainedBy: [],
  },
  {
    id: 'conda-files-clobbered',
    title: 'pip overwrote files of conda',
    cause:
      'A package installed with pip replaced or removed files that conda manages, so the environment is neither the one nor the other.',
    fix: 'Take the package from one of the two only; your own code goes in last, with --project.',
    command: rebuild('PACKAGES… --project REPOSITORY@REF'),
    explainedBy: [],
  },
  {
    id: 'editable-package',
    title: 'An editable install cannot travel',
    cause:
      'The package was installed with `pip install -e` or from something that is no wheel: its code is outside the environment, on the machine it was built on.',
    fix: 'Have it built and installed as a wheel with --project.',
    command: rebuild('PACKAGES… --project REPOSITORY@REF'),
    explainedBy: [],
  },
  {
    id: 'dangling-link',
    title: 'A file behind a link is not in the archive',
    cause:
      'A library or link of the environment points to something that was not packed: a link across packages, to a file outside the environment, or one that the archive format dropped. Seen: {subject}.',
    fix: 'Build the environment again: links are resolved inside it, and what is missing is named before it is shipped.',
    command: rebuild('PACKAGES…'),
    explainedBy: ['glibc-or-arch', 'libhdfs'],
  },
  {
    id: 'glibc-or-arch',
    title: 'The environment was built for another system',
    cause:
      'The nodes have an older C library or another processor than the environment was built for. Seen: {subject}.',
    fix: "Build again with the glibc and architecture in the cluster's profile: the solver then picks packages the nodes can run.",
    command: rebuild('PACKAGES…'),
    explainedBy: [],
  },
  {
    id: 'numpy-abi',
    title: 'Packages were compiled against another numpy',
    cause:
      "A compiled package meets a numpy it was not built for: two numpys are mixed, from pip and conda, from the node's own packages or ~/.local, or between driver and executors.",
    fix: 'Run with the line, which keeps foreign packages out (PYTHONNOUSERSITE=1, no PYTHONPATH). If the mix is in the environment itself, build it from one channel with numpy pinned.',
    command: line,
    explainedBy: ['egg-shadows-package', 'glibc-or-arch', 'python-version-mismatch'],
  },
  {
    id: 'egg-cache',
    title: 'Nodes have no writable cache folder',
    cause:
      'A package shipped as an egg has to be unpacked before its compiled parts can be loaded, and the home folder in a container is not writable.',
    fix: 'Build the package into the environment with --project instead of shipping an egg; the line also sets PYTHON_EGG_CACHE=./.eggs.',
    command: rebuild('PACKAGES… --project REPOSITORY@REF'),
    explainedBy: [],
  },
  {
    id: 'egg-shadows-package',
    title: 'An egg hides the package of the environment',
    cause:
      'The egg of {subject} shipped with --py-files goes first on the path, and its compiled parts cannot be imported from inside an egg.',
    fix: 'Leave --py-files out: take the package from the environment, and build your own code into it with --project.',
    command: rebuild('PACKAGES… --project REPOSITORY@REF'),
    explainedBy: [],
  },
  {
    id: 'pythonhome-leak',
    title: "Python looks for its library in another Python's folder",
    cause:
      'PYTHONHOME or PYTHONPATH of the shell or the node leaks in, or the interpreter is a virtual environment whose base Python is not on the nodes.',
    fix: 'Run with the line, which takes both variables away, and ship a conda environment, not a virtual environment.',
    command: line,
    explainedBy: ['zip-symlink-hang'],
  },
  {
    id: 'prefix-hardcoded',
    title: 'A path of the build host is written into a file',
    cause:
      'A script or binary of the environment holds the path it was built under, which does not exist on the nodes ({subject}); nothing rewrites it there.',
    fix: 'Build again: scripts are relocated when packed. Start tools as `python -m TOOL` rather than by their script.',
    command: rebuild('PACKAGES…'),
    explainedBy: [],
  },
  {
    id: 'archive-overwritten',
    title: 'The archive changed while jobs used its name',
    cause:
      'Spark remembers size and time of {subject} when a job starts, and the file was overwritten in place, or two archives share one name.',
    fix: 'Use a staged archive: its name holds its sha256 and never changes.',
    command: line,
    explainedBy: [],
  },
  {
    id: 'no-space',
    title: 'A disk is full',
    cause:
      'A disk or quota has no room for the archive and its unpacked copy: on a node, the edge, in HDFS or on the build host.',
    fix: 'Free room where the evidence points, and remove revisions nobody uses.',
    command: (known) => `${known.bot} show ${known.environment}`,
    explainedBy: [],
  },
  {
    id: 'libhdfs',
    title: 'pyarrow cannot load libhdfs',
    cause:
      'The library is part of Hadoop on the nodes, not of the environment, and neither its folder nor the Java class path is set for Python workers.',
    fix: "Set ARROW_LIBHDFS_DIR and CLASSPATH (`hadoop classpath --glob`) for executors to the nodes' Hadoop.",
    command: (known) =>
      `${known.bot} run ${known.environment} spark-submit --conf spark.executorEnv.ARROW_LIBHDFS_DIR=/PATH/TO/hadoop/lib/native`,
    explainedBy: [],
  },
  {
    id: 'activate-d',
    title: 'Variables of the activated environment are not set',
    cause:
      'Packages such as GDAL and PROJ find their data through variables that `conda activate` sets, and nothing is activated on the nodes.',
    fix: 'Run with the line, which sets what `activate.d` would, relative to the alias.',
    command: line,
    explainedBy: [],
  },
  {
    id: 'kerberos',
    title: 'No valid Kerberos ticket',
    cause:
      'Hadoop refused the connection: the ticket or delegation token is missing or has expired.',
    fix: 'Get a ticket on the edge and run the line again; jobs longer than the ticket need --principal and --keytab.',
    command: () => 'kinit && klist -s',
    explainedBy: [],
  },
  {
    id: 'staged-unreadable',
    title: 'Other users may not read what was staged',
    cause:
      '{subject} is there, but the user who runs the job may not read it: packers such as conda-pack write their output for its owner alone (0600).',
    fix: 'Stage the environment again: archives are published 0644 under folders of 0755.',
    command: stage,
    explainedBy: [],
  },
];

/** Everything this product can diagnose, by id. */
export const FAILURE_CAUSES: Readonly<Record<FailureId, FailureCause>> = Object.fromEntries(
  CAUSES.map((cause) => [cause.id, cause]),
) as Record<FailureId, FailureCause>;

/** `./churn_zip/churn/bin/python` names the environment it is of. */
export function environmentOf(subject: string | null): string | null {
  const name = /^\.\/[^/]+\/([^/]+)\/bin\/python[\d.]*$/.exec(subject ?? '')?.[1];
  return name !== undefined && isName(name) ? name : null;
}
