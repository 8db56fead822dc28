import { isSparksOwn, ownFileNamed } from './calls.ts';
import { type Clue, isRaised } from './clue.ts';
import { module } from './modules.ts';

const SPARK_CLASS = 'org\\.apache\\.spark\\.';

/** PySpark and the Spark it drives are of different versions. */
export const SPARK_VERSION_CLUES: readonly Clue[] = [
  {
    id: 'spark-version-differs',
    needle: 'object is not callable',
    pattern: /^TypeError: 'JavaPackage' object is not callable/,
    confidence: 0.93,
    // In ml/wrapper.py it is the class of another library, whose jar is missing.
    accept: (place) => {
      const frames = (place.traceback?.frames ?? []).filter(
        ({ file }) => !/pyspark(?:\.zip)?\/(?:ml\/(?:wrapper|util|base)|__init__)\.py$/.test(file),
      );
      const { traceback } = place;
      return traceback !== null && isSparksOwn({ ...place, traceback: { ...traceback, frames } });
    },
  },
  {
    id: 'spark-version-differs',
    needle: 'does not exist in the JVM',
    pattern: new RegExp(`Py4JError: (${SPARK_CLASS}[\\w.$]+) does not exist in the JVM`),
    confidence: 0.95,
  },
  {
    id: 'spark-version-differs',
    needle: 'does not exist',
    pattern: new RegExp(
      `Py4JException: Constructor (${SPARK_CLASS}[\\w.$]+)\\(\\[.{0,800}\\]\\) does not exist`,
    ),
    confidence: 0.94,
  },
  {
    id: 'spark-version-differs',
    needle: 'does not exist',
    pattern:
      /Py4JException: Method ((?:showString|htmlString|tailToPython|collectToPython|toPythonIterator|collectAsArrowToPython|collectAndServe|toLocalIteratorAndServe|runJob|getPythonAuthSocketTimeout|getSparkBufferSize|isEncryptionEnabled|getEncryptionEnabled|setupBroadcast|setupEncryptedBroadcast|setPythonBroadcast|serveToStream|pythonUDF|registerPython|applySchemaToPythonRDD|jsonToDDL|sessionState|legacySessionState|executePython|attachDistributedSequenceColumn|pythonEvalType|userDefinedPython)\w{0,60})\(\[.{0,800}\]\) does not exist/,
    confidence: 0.9,
  },
  {
    id: 'spark-version-differs',
    needle: 'local class incompatible',
    pattern: new RegExp(
      `InvalidClassException: (${SPARK_CLASS}[\\w.$]+); local class incompatible`,
    ),
    confidence: 0.93,
  },
  {
    id: 'spark-version-differs',
    needle: 'local class incompatible',
    // Releases of one Spark line are built with other releases of Scala, whose classes they send.
    pattern: /InvalidClassException: (scala\.(?:collection|Tuple|Some|Option)[\w.$]*); local class/,
    confidence: 0.88,
  },
  {
    id: 'spark-version-differs',
    needle: 'No module named',
    pattern: /^(?:ModuleNotFoundError|ImportError): No module named '(pyspark\.[\w.]+)'(?!;)/,
    confidence: 0.9,
    accept: (place) => isRaised(place) && !/^pyspark\.(?:daemon|worker)$/.test(module(place)),
  },
  {
    id: 'spark-version-differs',
    needle: ['get attribute', 'cannot import name'],
    pattern:
      /^(?:AttributeError: Can't get attribute '\w+' on <module '(pyspark[\w.]*)'|ImportError: cannot import name '?\w+'? from '(pyspark[\w.]*)' \((?:[^)]*\/)?pyspark(?:\.zip)?\/)/,
    confidence: 0.88,
    // A class of the job's own script is looked for in the main module: the daemon, on a worker.
    accept: (place) =>
      isRaised(place) &&
      !ownFileNamed(place, 'pyspark') &&
      !/^pyspark\.(?:daemon|worker)$/.test(module(place)),
  },
  {
    id: 'spark-version-differs',
    needle: 'has no attribute',
    pattern: /^AttributeError: module '(pyspark[\w.]*)' has no attribute/,
    confidence: 0.85,
    accept: (place) => isSparksOwn(place),
  },
  {
    id: 'spark-version-differs',
    // Written into the worker's environment by the Java side of the same version.
    needle: ['PYTHON_WORKER_FACTORY', 'PYSPARK_GATEWAY_SECRET', 'SPARK_AUTH_SOCKET_TIMEOUT'],
    pattern:
      /^KeyError: '(PYTHON_WORKER_FACTORY_\w+|PYSPARK_GATEWAY_SECRET|SPARK_AUTH_SOCKET_TIMEOUT)'/,
    confidence: 0.88,
  },
  {
    id: 'spark-version-differs',
    needle: 'Method not found: spark.connect',
    pattern: /Method not found: (spark\.connect\.\w+\/\w+)/,
    confidence: 0.85,
  },
];

/** A Java that this Spark was not made for. */
export const JAVA_CLUES: readonly Clue[] = [
  {
    id: 'java-unsupported',
    needle: 'more recent version of the Java Runtime',
    pattern:
      /(org\/apache\/(?:spark|hadoop)\/[\w/$]{1,200}) has been compiled by a more recent version of the Java Runtime/,
    confidence: 0.96,
  },
  {
    id: 'java-unsupported',
    needle: 'Unsupported major.minor version',
    pattern:
      /(org\/apache\/(?:spark|hadoop)\/[\w/$]{1,200}) : Unsupported major\.minor version ([\d.]+)/,
    confidence: 0.96,
  },
  {
    id: 'java-unsupported',
    needle: 'Unsupported class file major version',
    pattern: /Unsupported class file major version (\d+)/,
    confidence: 0.95,
  },
  {
    id: 'java-unsupported',
    needle: 'getSubject is not supported',
    pattern: /UnsupportedOperationException: getSubject is not supported/,
    confidence: 0.96,
  },
  {
    id: 'java-unsupported',
    needle: 'java.base does not export',
    pattern:
      /class (org\.apache\.(?:spark|hadoop|arrow)\.[\w.$]+) .{0,120}cannot access class \S+ .{0,120}java\.base does not export/,
    confidence: 0.95,
  },
  {
    id: 'java-unsupported',
    needle: 'InaccessibleObjectException',
    pattern:
      /InaccessibleObjectException: Unable to make .{1,300} accessible: module java\.\w+ does not "opens/,
    confidence: 0.85,
    accept: ({ followedBy, message }) =>
      /org\.apache\.(?:spark|hadoop|arrow)|java\.(?:nio\.DirectByteBuffer|net\.URI|nio\.Buffer)/.test(
        message,
      ) || followedBy(/^at org\.apache\.(?:spark|hadoop|arrow)\.|kryo|chill/, 40),
  },
  {
    id: 'java-unsupported',
    needle: 'java.nio.DirectByteBuffer',
    pattern:
      /sun\.misc\.Unsafe or java\.nio\.DirectByteBuffer\.(?:<init>\(long, int\)|\S+) not available/,
    confidence: 0.93,
  },
  {
    id: 'java-unsupported',
    needle: 'java.nio.DirectByteBuffer',
    pattern:
      /NoSuchMethodException: java\.nio\.DirectByteBuffer\.<init>|NoSuchMethodError: (?:'void )?java\.nio\.DirectByteBuffer/,
    confidence: 0.85,
    accept: ({ followedBy }) =>
      followedBy(/org\.apache\.spark\.unsafe|spark\.unsafe\.Platform/, 20),
  },
  {
    id: 'java-unsupported',
    needle: 'sun.nio.ch.DirectBuffer.cleaner',
    pattern: /NoSuchMethodError: .{0,40}sun\.nio\.ch\.DirectBuffer\.cleaner/,
    confidence: 0.93,
  },
  {
    id: 'java-unsupported',
    needle: 'begin 0, end 3, length 2',
    pattern: /StringIndexOutOfBoundsException: begin 0, end 3, length 2/,
    confidence: 0.93,
    accept: ({ followedBy }) => followedBy(/org\.apache\.hadoop\.util\.Shell/, 6),
  },
  {
    id: 'java-unsupported',
    needle: ['Unrecognized VM option', 'Unrecognized option: --add', 'Unsupported VM option'],
    pattern:
      /^(?:Error: )?(?:Unrecognized VM option '([^']+)'|Unrecognized option: (--add-\w+\S*)|Unsupported VM option)/,
    confidence: 0.85,
    // Options that came or went with a version of Java; any other is a typing mistake.
    accept: ({ match }) =>
      match[2] !== undefined ||
      /^(?:\+|-)?(?:UseConcMarkSweepGC|CMS\w+|\w*CMS\w*|UseParNewGC|(?:Max)?PermSize|PrintGC(?:DateStamps|TimeStamps|Cause|ApplicationStoppedTime)|UseGCLogFileRotation|NumberOfGCLogFiles|GCLogFileSize|PrintTenuringDistribution|PrintAdaptiveSizePolicy|AggressiveOpts|ThreadPriorityPolicy|Use(?:Z|Shenandoah|Epsilon)GC|UseContainerSupport|MaxRAMPercentage|InitialRAMPercentage)/.test(
        match[1] ?? '',
      ),
  },
  {
    id: 'java-unsupported',
    needle: 'org.apache.spark.storage.StorageUtils',
    pattern: /Could not initialize class (org\.apache\.spark\.storage\.StorageUtils\$)/,
    confidence: 0.9,
  },
  {
    id: 'java-unsupported',
    needle: 'Security Manager is',
    pattern: /UnsupportedOperationException: The Security Manager is/,
    confidence: 0.85,
    accept: ({ followedBy }) => followedBy(/org\.apache\.(?:spark|hadoop)/, 40),
  },
  {
    id: 'java-unsupported',
    needle: 'in compiler mirror not found',
    pattern: /object java\.lang\.Object in compiler mirror not found/,
    confidence: 0.85,
  },
  {
    id: 'java-unsupported',
    needle: ['requires Java', 'Java version'],
    pattern:
      /(?:Apache )?Spark(?: [\d.]+)? requires Java (?:version )?(\d+)|(?:Unsupported|unsupported) Java version:? ?"?([\d.]+)/,
    confidence: 0.8,
  },
];
