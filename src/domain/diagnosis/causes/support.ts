import {
  DATA_PACKAGES,
  type DataPackage,
  pythonsOf,
  type SparkSupport,
  sparkSupport,
  specFor,
} from '../../spark-support.ts';
import { FAILURE_IDS, type FailureId, type Mend } from '../finding.ts';
import { type FailureCause, type Known, line, rebuild } from './cause.ts';

const supportOf = ({ versions }: Known): SparkSupport | null =>
  versions.spark === null ? null : sparkSupport(versions.spark);

/** Spark names the package itself, or a module of it. */
function dataPackage({ subject }: Known): DataPackage | null {
  const name = subject?.toLowerCase().split('.')[0] ?? '';
  return DATA_PACKAGES.find((one) => one === name) ?? null;
}

/** The package in question as this Spark takes it; all of them where none is named. */
function withFittingPackages(known: Known): Mend {
  const support = supportOf(known);
  if (support === null) return { specs: ['pandas<2', 'numpy<2'] };
  const named = dataPackage(known);
  return {
    specs: DATA_PACKAGES.filter((name) => named === null || name === named).map((name) =>
      specFor(support, name),
    ),
  };
}

/** Any Python this Spark runs; what a channel has of them is not known here. */
function withFittingPython(known: Known): Mend {
  const [first, last] = supportOf(known)?.python ?? ['3.8', '3.11'];
  const [major, minor] = last.split('.').map(Number);
  return { specs: [`python>=${first},<${major}.${Number(minor) + 1}`] };
}

function packageFix(known: Known): string {
  const support = supportOf(known);
  const found = known.versions.found === null ? '' : ` The log has ${known.versions.found}.`;
  if (support === null) {
    return `Build again with versions this Spark was made for: pandas<2 below Spark 3.4, pandas>=2 from Spark 4.0, numpy<2 with Spark 3.4 and 3.5, pyarrow<0.15 with Spark 2.4.${found}`;
  }
  return `Spark ${support.line} works with ${specFor(support, 'pandas')}, ${specFor(support, 'pyarrow')} and ${specFor(support, 'numpy')}: build again with that.${found}`;
}

function pythonFix(known: Known): string {
  const support = supportOf(known);
  const found =
    known.versions.python === null ? '' : ` The log has Python ${known.versions.python}.`;
  if (support === null) {
    return `Build again with a Python this Spark runs: 3.7–3.10 for Spark 3.3, 3.8–3.11 for 3.5, 3.9–3.13 for 4.0.${found}`;
  }
  return `Spark ${support.line} runs Python ${pythonsOf(support)}; build with python=${support.python[1]}.${found}`;
}

function javaFix(known: Known): string {
  const support = supportOf(known);
  const kept =
    'Set JAVA_HOME to it, and leave `openjdk` out of the environment: its activation puts its own Java first.';
  if (support === null) {
    return `Use a Java this Spark runs on: 8 for Spark 2.4, 8 or 11 for 3.0–3.2, 8, 11 or 17 for 3.3–3.5, 17 or 21 for 4.x. ${kept}`;
  }
  return `Spark ${support.line} runs on Java ${support.java.join(', ')}. ${kept}`;
}

/** What stops a worker before, or while, it starts: a crash or a silence is only how it shows. */
const STOPS_WORKERS: readonly FailureId[] = [
  'exec-bit-lost',
  'interpreter-not-found',
  'archive-not-unpacked',
  'archive-missing',
  'zip-symlink-hang',
  'python-version-mismatch',
  'module-missing-on-executor',
  'spark-home-missing',
  'pythonhome-leak',
  'glibc-or-arch',
  'numpy-abi',
  'dangling-link',
  'no-space',
  'library-shadowed',
  'mkl-openmp-conflict',
  'noexec-mount',
  'package-unsupported-by-spark',
  'python-unsupported-by-spark',
  'connect-server-without-python',
  'spark-version-differs',
  'java-unsupported',
  'module-shadowed',
];

/** What does not fit each other: Spark, its Java, its Python, and packages. */
const FITTING: readonly FailureCause[] = [
  {
    id: 'package-unsupported-by-spark',
    title: 'This Spark was not made for this version of a package',
    cause:
      'PySpark itself calls {subject} in a way its version in the environment does not have any more, or not yet.',
    fix: packageFix,
    command: (known) => rebuild(withFittingPackages(known))(known),
    mend: withFittingPackages,
    explainedBy: [],
  },
  {
    id: 'python-unsupported-by-spark',
    title: 'This Spark was not made for this Python',
    cause:
      'The code that fails uses a part of Python that its version does not have: PySpark supports a few minor versions of Python, and the environment has another one.',
    fix: pythonFix,
    command: (known) =>
      rebuild({ specs: [`python=${supportOf(known)?.python[1] ?? '3.11'}`] })(known),
    mend: withFittingPython,
    explainedBy: [],
  },
  {
    id: 'spark-version-differs',
    title: 'PySpark and Spark are of different versions',
    cause:
      'One side asks for or sends {subject}, which the other does not have or has in another form: the environment or the shell brings a pyspark of another version than the cluster.',
    fix: ({ versions: { spark } }) =>
      spark === null
        ? "Leave pyspark and py4j out of the environment, so that the cluster's own are used, or take exactly the cluster's version."
        : `Leave pyspark and py4j out of the environment, so that the cluster's own are used, or take exactly its version; the log names ${spark}.`,
    command: line,
    mend: { without: ['pyspark', 'py4j'] },
    explainedBy: ['module-shadowed'],
  },
  {
    id: 'java-unsupported',
    title: 'This Spark does not run on this Java',
    cause: 'The Java that was started is older or newer than Spark and Hadoop were made for.',
    fix: javaFix,
    command: line,
    mend: { without: ['openjdk'] },
    explainedBy: [],
  },
  {
    id: 'package-version-differs',
    title: 'A package has another version on the other side',
    cause:
      'What is read was written with another version of {subject}: driver and executors, or the job and a saved model, do not have the same package.',
    fix: 'Give both sides the same build: PYSPARK_DRIVER_PYTHON and PYSPARK_PYTHON as in {line}. For a saved model or an older import, pin the version it was made with.',
    command: line,
    explainedBy: ['python-version-mismatch', 'package-unsupported-by-spark', 'module-shadowed'],
  },
  {
    id: 'module-shadowed',
    title: 'A file of yours has the name of a module',
    cause:
      '{subject} stands before the real module on the path: a script or folder of the same name beside the job.',
    fix: 'Rename that file or folder, and remove its `__pycache__`; then start the job again.',
    command: line,
    explainedBy: ['egg-shadows-package'],
  },
];

/** How Spark, Livy and Hadoop were asked. */
const ASKED: readonly FailureCause[] = [
  {
    id: 'upload-path-missing',
    title: 'Spark does not know where to upload local files',
    cause:
      'In cluster mode on Kubernetes the driver runs in a pod: a local archive or script has to be uploaded first, to a folder both sides reach.',
    fix: 'Add `--conf spark.kubernetes.file.upload.path=s3a://BUCKET/PATH` or `hdfs:///PATH`, or name the archive where it is in HDFS already.',
    command: (known) =>
      `${known.bot} run ${known.environment} spark-submit --mode cluster --conf spark.kubernetes.file.upload.path=hdfs:///tmp/spark-upload`,
    explainedBy: [],
  },
  {
    id: 'standalone-cluster-python',
    title: "Spark's own manager runs no Python driver",
    cause:
      'A standalone cluster starts Java drivers only: `--deploy-mode cluster` is refused for Python.',
    fix: 'Submit with `--deploy-mode client` from a host near the cluster.',
    command: (known) => `${known.bot} run ${known.environment} spark-submit --mode client`,
    explainedBy: [],
  },
  {
    id: 'archive-scheme-unsupported',
    title: 'Spark cannot read where the archive is',
    cause:
      'The address of the archive begins with a scheme ({subject}) that this Spark has no file system for: its jar is missing, or the manager cannot ship from there.',
    fix: 'Name the archive by a path of the edge or `hdfs://`, as {line} does, or give Spark the jar of that file system (`hadoop-aws` for s3a).',
    command: line,
    explainedBy: [],
  },
  {
    id: 'livy-local-path',
    title: 'Livy does not take local paths',
    cause:
      '{subject} is a path of the Livy server, and the server only takes those its administrator has allowed.',
    fix: 'Name the archive and the application in HDFS, as the document for Livy does, or have the folder added to `livy.file.local-dir-whitelist`.',
    command: (known) => `${known.bot} run ${known.environment} --for livy`,
    explainedBy: [],
  },
  {
    id: 'config-too-late',
    title: 'The setting came after Spark had started',
    cause:
      'What travels to the executors and which Python they start is settled when the session starts: {subject} cannot be changed in it.',
    fix: 'Stop the session and start it with the settings: in {line}, in `SparkSession.builder` before the first `getOrCreate`, in spark-defaults, or with `%%configure -f`.',
    command: line,
    explainedBy: [],
  },
  {
    id: 'hdfs-home-missing',
    title: 'You have no home folder in HDFS',
    cause:
      'Spark uploads what it ships to `.sparkStaging` in `/user/NAME`, which does not exist or is not yours to write (user: {subject}).',
    fix: 'Have an administrator make `/user/NAME` and give it to you, or set `spark.yarn.stagingDir` to a folder you may write.',
    command: (known) =>
      `${known.bot} run ${known.environment} spark-submit --conf spark.yarn.stagingDir=hdfs:///tmp/NAME`,
    explainedBy: [],
  },
  {
    id: 'connect-server-without-python',
    title: 'The Spark Connect server has no Python for its workers',
    cause:
      'The server is a Java application: on YARN it does not put pyspark on the path of the executors, and its image may have no Python at all.',
    fix: 'Have the server started with `spark.yarn.isPython=true` (YARN) or from an image with Python, and send the environment as an artifact, as the document for Connect does.',
    command: (known) => `${known.bot} run ${known.environment} --for connect`,
    explainedBy: [],
  },
];

/** What Python meets on the nodes. */
const MET: readonly FailureCause[] = [
  {
    id: 'python-worker-crash',
    title: 'The Python worker crashed',
    cause:
      'The interpreter on the executor ended without an exception: native code of a package failed, or the system ended it.',
    fix: 'Set `spark.python.worker.faulthandler.enabled=true` (Spark 3.2 and later) to see where, then build with another version of that package; if memory ran out, raise `spark.executor.pyspark.memory` or the overhead.',
    command: (known) =>
      `${known.bot} run ${known.environment} spark-submit --conf spark.python.worker.faulthandler.enabled=true`,
    // Whatever else is seen: the crash is how it ended.
    explainedBy: FAILURE_IDS.filter((id) => id !== 'python-worker-crash'),
  },
  {
    id: 'python-worker-no-connect',
    title: 'The Python worker did not connect back',
    cause:
      'Spark started a Python and did not hear from it: another Python than meant, one that prints or waits at its start, or a local firewall.',
    fix: 'Start with {line}, which names the interpreter. If it stays, look for what runs at the start of Python (`sitecustomize`, `.pth` files, PYTHONSTARTUP) and for rules on the loopback interface.',
    command: line,
    explainedBy: STOPS_WORKERS,
  },
  {
    id: 'hash-seed-missing',
    title: 'Hashes of text differ between workers',
    cause:
      'Python randomizes the hash of text in each process, and partitions are chosen by hash: PYTHONHASHSEED is not set on the executors.',
    fix: 'Run with {line}, which sets PYTHONHASHSEED=0 for driver and executors.',
    command: line,
    explainedBy: [],
  },
  {
    id: 'locale-ascii',
    title: 'Python on the nodes takes text for ASCII',
    cause:
      'The containers have no locale (LANG is empty, C or POSIX), so reading and printing other letters fails.',
    fix: 'Run with {line}, which sets LANG=C.UTF-8 for driver and executors.',
    command: line,
    explainedBy: [],
  },
  {
    id: 'ca-bundle-missing',
    title: 'Python does not trust the certificate of that host',
    cause:
      'A conda environment brings its own certificates: those of a company are in the bundle of the system, or the bundle named by a variable is not there ({subject}).',
    fix: "Set REQUESTS_CA_BUNDLE and SSL_CERT_FILE to the nodes' own bundle for driver and executors (`/etc/pki/tls/certs/ca-bundle.crt`, `/etc/ssl/certs/ca-certificates.crt`).",
    command: (known) =>
      `${known.bot} run ${known.environment} spark-submit --conf spark.executorEnv.REQUESTS_CA_BUNDLE=/etc/ssl/certs/ca-certificates.crt --conf spark.executorEnv.SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt`,
    explainedBy: [],
  },
  {
    id: 'cache-not-writable',
    title: 'A package has nowhere to keep its cache',
    cause:
      'A package wants to write {subject}, and the user of a container has no home folder it may write.',
    fix: 'Run with {line}, which points NUMBA_CACHE_DIR, MPLCONFIGDIR and XDG_CACHE_HOME into the container; others are set the same way, as HF_HOME or NLTK_DATA.',
    command: line,
    explainedBy: ['egg-cache', 'no-space'],
  },
  {
    id: 'library-shadowed',
    title: "A library of the node stands before the environment's",
    cause:
      "The loader took the system's copy of a library the environment has in a newer version (LD_LIBRARY_PATH, or Java loaded its own first). Seen: {subject}.",
    fix: "Take LD_LIBRARY_PATH out of the job's settings, or put the `lib` folder of the environment first: `spark.executorEnv.LD_LIBRARY_PATH=./ALIAS/NAME/lib`. If the environment lacks the library, build it with `libstdcxx-ng` or `openssl`.",
    command: line,
    explainedBy: ['glibc-or-arch'],
  },
  {
    id: 'mkl-openmp-conflict',
    title: 'Two libraries for numbers or threads are loaded at once',
    cause:
      'Packages from different channels or from pip bring their own MKL or OpenMP, and the process has both, or one without its parts.',
    fix: 'Build from one channel: with `nomkl` or `"libblas=*=*openblas"`, or with `mkl` for all; take numpy, scipy, scikit-learn and pytorch from conda, not from pip.',
    command: rebuild({ specs: ['nomkl'] }),
    mend: { specs: ['nomkl'] },
    explainedBy: [],
  },
  {
    id: 'noexec-mount',
    title: 'Nothing may be executed where the archive was unpacked',
    cause:
      'The disk of the containers is mounted `noexec`, or a policy forbids it: {subject} has its bits and still may not run or be loaded.',
    fix: 'Have the folders of the containers (`yarn.nodemanager.local-dirs`, `spark.local.dir`, the volume of the pod) moved to a disk mounted `exec`.',
    command: line,
    explainedBy: [],
  },
];

export const SUPPORT_CAUSES: readonly FailureCause[] = [...FITTING, ...ASKED, ...MET];
