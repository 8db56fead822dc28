import { type Clue, isRaised } from './clue.ts';

/** Python against Python, and Spark against both. */
export const PYTHON_CLUES: readonly Clue[] = [
  {
    id: 'python-version-mismatch',
    needle: 'Python in worker has different version',
    pattern: /Python in worker has different version (\(?[\d, .]+\)?) (?:than|from) that in driver/,
    confidence: 0.98,
  },
  {
    id: 'python-version-mismatch',
    needle: 'PYTHON_VERSION_MISMATCH',
    pattern: /(?:Error|Exception):? \[PYTHON_VERSION_MISMATCH\]/,
    confidence: 0.98,
  },
  // CPython changes the arguments of code objects between minor versions.
  {
    id: 'python-version-mismatch',
    needle: 'code()',
    pattern: /^TypeError: code\(\) (?:argument \d+ must be|takes at (?:most|least)) /,
    confidence: 0.85,
    accept: ({ traceback }) => traceback?.isWorker === true,
  },
  {
    id: 'python-version-mismatch',
    needle: 'code expected at',
    pattern: /^TypeError: code expected at (?:least|most) /,
    confidence: 0.85,
    accept: ({ traceback }) => traceback?.isWorker === true,
  },
  {
    id: 'python-version-mismatch',
    needle: 'unsupported pickle protocol',
    pattern: /^ValueError: unsupported pickle protocol: \d/,
    confidence: 0.8,
    accept: ({ traceback }) => traceback?.isWorker === true,
  },
  {
    id: 'python-version-mismatch',
    needle: 'unknown opcode',
    pattern: /^(?:SystemError|RuntimeError): (?:unknown opcode|bad opcode)/,
    confidence: 0.8,
    accept: ({ traceback }) => traceback?.isWorker === true,
  },
  {
    id: 'python-version-mismatch',
    needle: 'bad marshal data',
    pattern: /^ValueError: bad marshal data/,
    confidence: 0.75,
    accept: ({ traceback }) => traceback?.isWorker === true,
  },
  {
    id: 'python-version-mismatch',
    needle: 'bad magic number',
    pattern: /^ImportError: bad magic number in/,
    confidence: 0.7,
    accept: isRaised,
  },
  {
    id: 'spark-home-missing',
    needle: 'SPARK_HOME',
    pattern: /^KeyError: 'SPARK_HOME'/,
    confidence: 0.95,
  },
  {
    id: 'spark-home-missing',
    needle: 'SPARK_HOME',
    pattern:
      /^(?:(?:Value)?Error: )?(?:Could not find valid SPARK_HOME while searching|Couldn't find Spark, make sure SPARK_HOME)/,
    confidence: 0.95,
  },
  {
    id: 'spark-home-missing',
    needle: 'SPARK_HOME',
    pattern:
      /\bSPARK_HOME (?:is not set|may not be configured correctly|environment variable is not set)/,
    confidence: 0.85,
  },
  {
    id: 'spark-home-missing',
    needle: ['Failed to find Spark jars directory', 'bin/spark-submit', 'bin/spark-class'],
    pattern:
      /Failed to find Spark jars directory|^FileNotFoundError: \[Errno 2\] No such file or directory: '[^']*bin\/spark-(?:submit|class)'/,
    confidence: 0.9,
  },
  {
    id: 'spark-home-missing',
    needle: 'in YARN mode',
    pattern: /not found; cannot run pyspark application in YARN mode/,
    confidence: 0.97,
  },
  {
    id: 'spark-home-missing',
    needle: [
      '/bin/spark-class',
      '/bin/spark-submit',
      '/bin/load-spark-env.sh',
      '/bin/find-spark-home',
    ],
    // Below an empty SPARK_HOME: each script of Spark starts the next one so.
    pattern:
      /(?:^|[\s:'"])\/bin\/(?:spark-class|spark-submit|load-spark-env\.sh|find-spark-home)['"]?: (?:No such file or directory|(?:command )?not found)/,
    confidence: 0.95,
  },
  {
    id: 'spark-home-missing',
    needle: 'has no attribute',
    pattern: /^AttributeError: 'NoneType' object has no attribute 'origin'/,
    confidence: 0.9,
    accept: ({ traceback, followedBy }) =>
      traceback?.isSparkHomeSearch === true || followedBy(/spark-class/, 5),
  },
  {
    id: 'spark-home-missing',
    needle: 'finding module specification',
    pattern: /Error while finding module specification for 'pyspark/,
    confidence: 0.95,
  },
  {
    id: 'spark-home-missing',
    needle: 'No module named',
    pattern: /^\S*python[\d.]*: No module named '?(?:pyspark|py4j)\b/,
    confidence: 0.95,
  },
  {
    id: 'spark-home-missing',
    needle: 'No module named',
    pattern: /^(?:ModuleNotFoundError|ImportError): No module named '?(?:pyspark|py4j)(?![\w.])/,
    confidence: 0.9,
    accept: isRaised,
  },
  {
    id: 'pythonhome-leak',
    needle: 'No module named',
    pattern: /^(?:ModuleNotFoundError|ImportError): No module named '?(?:encodings|site)\b/,
    confidence: 0.95,
  },
  {
    id: 'pythonhome-leak',
    needle: 'Fatal Python error',
    pattern:
      /^Fatal Python error: (?:init_fs_encoding|initfsencoding|Py_Initialize|init_import_site|init_sys_streams)/,
    confidence: 0.95,
  },
  {
    id: 'pythonhome-leak',
    needle: 'dependent libraries',
    pattern: /^Could not find platform (?:in)?dependent libraries/,
    confidence: 0.7,
  },
  {
    id: 'pythonhome-leak',
    needle: 'SRE module mismatch',
    pattern: /^AssertionError: SRE module mismatch/,
    confidence: 0.9,
  },
];
