import type { FailureId } from './finding.ts';
import type { Traceback } from './traceback.ts';

/** What a clue may ask about the place it was found in. */
export interface Place {
  match: RegExpExecArray;
  message: string;
  /** The traceback this line ends; null when it ends none. */
  traceback: Traceback | null;
  /** Whether one of the next `lines` lines matches. */
  followedBy: (pattern: RegExp, lines: number) => boolean;
  /** Whether one of the `lines` lines before matches. */
  precededBy: (pattern: RegExp, lines: number) => boolean;
}

/** A wording that points to a cause. */
export interface Clue {
  id: FailureId;
  /** A text every match holds, in the log's own letters; the prefilter looks for it. */
  needle: string;
  /** Tried on the message of a line; the first group, when there is one, is the subject. */
  pattern: RegExp;
  confidence: number;
  accept?: (place: Place) => boolean;
  /** Shows a way things go wrong on the way to success too: dropped when the job went on. */
  mayRecover?: true;
}

/** In front of what a Java program was refused: keeps out texts that only quote the words. */
const THROWN = '(?:^|(?:Exception|Error)(?::| \\()\\s*)';
const PYTHON = '[^"\\s]*?(?:python[\\d.]*|pypy[\\d.]*)';
const CANNOT_RUN = `${THROWN}Cannot run program "(${PYTHON})"[^:]{0,300}: (?:Exec failed, )?error[=:] ?`;

/** A Python path of an archive or a staging, as shells and the kernel print it. */
const PYTHON_PATH = '((?:\\.{1,2}|/)[^\\s:\'"]{0,300}/bin/python[\\d.]*)';

/** Java's stack, or a daemon's message, when the failing file is one that is shipped. */
const SHIPPING =
  /deploy\.yarn\.Client|FSDownload|ContainerLocalizer|ResourceLocalizationService|Failed to download r(?:es|s)rc|LocalResourceRequest|SparkContext\.addArchive|Utils\$?\.fetchFile|Utils\$?\.unpack|FileUtil\.un(?:Zip|Tar)|RunJar\.unJar|Executor\.updateDependencies|DependencyUtils/;
const ARCHIVE = '[^\\s,"\'()]+\\.(?:zip|tar\\.gz|tgz|tar|tar\\.bz2|tar\\.xz|tar\\.zst|jar)';
/** Paths only a staging has. */
const STAGED = /\/archives\/[0-9a-f]{8,}\/|#[A-Za-z][\w.-]*/;

function isShipped({ match, followedBy, precededBy }: Place): boolean {
  return (
    STAGED.test(match[0]) ||
    SHIPPING.test(match.input) ||
    followedBy(SHIPPING, 30) ||
    precededBy(SHIPPING, 3)
  );
}

function isUnpacked({ match, followedBy, precededBy }: Place): boolean {
  return SHIPPING.test(match.input) || followedBy(SHIPPING, 30) || precededBy(SHIPPING, 6);
}

/** A module of the interpreter, of Spark or of numpy's inside: other causes have clues for them. */
const NOT_A_PACKAGE = /^(?:encodings|site|pyspark|py4j|numpy\.(?:_?core|random)\b.*|numpy\._.*)$/;

function module(place: Place): string {
  return place.match[1] ?? '';
}

function sameDistribution(egg: string, name: string): boolean {
  const normal = (text: string) => text.toLowerCase().replace(/[-_.]+/g, '_');
  return normal(egg) === normal(name.split('.')[0] ?? '');
}

/** The egg a worker or driver imports from is the package that fails. */
function eggFails(place: Place): boolean {
  const egg = place.traceback?.egg;
  return egg !== undefined && egg !== null && sameDistribution(egg, module(place));
}

/** The program did without the module and failed for another reason. */
function isSurvived({ followedBy }: Place): boolean {
  return (
    followedBy(/During handling of the above exception/, 3) &&
    !followedBy(/(?:ModuleNotFound|Import)Error: /, 25)
  );
}

const isRaised = ({ traceback }: Place): boolean => traceback !== null;
const MISSING_MODULE = /^(?:ModuleNotFoundError|ImportError): No module named '?([\w.]+)'?/;

export const CLUES: readonly Clue[] = [
  // The executable bit and the interpreter.
  {
    id: 'exec-bit-lost',
    needle: 'Cannot run program',
    pattern: new RegExp(`${CANNOT_RUN}13\\b`),
    confidence: 0.95,
    accept: ({ match }) => !isOnEdge(match[1] ?? ''),
  },
  {
    id: 'exec-bit-lost',
    needle: 'Permission denied',
    pattern: new RegExp(`(?:^|[\\s:'"])${PYTHON_PATH}['"]?: [Pp]ermission denied`),
    confidence: 0.85,
    accept: ({ match }) => !isOnEdge(match[1] ?? ''),
  },
  {
    id: 'exec-bit-lost',
    needle: 'Permission denied',
    pattern: new RegExp(`^PermissionError: \\[Errno 13\\] Permission denied: '${PYTHON_PATH}'`),
    confidence: 0.8,
    accept: ({ match }) => !isOnEdge(match[1] ?? ''),
  },
  {
    id: 'exec-bit-lost',
    needle: 'ermission denied: unknown',
    pattern: new RegExp(`exec: "${PYTHON_PATH}": [Pp]ermission denied: unknown`),
    confidence: 0.8,
  },
  {
    id: 'interpreter-not-found',
    needle: 'Cannot run program',
    pattern: new RegExp(`${CANNOT_RUN}2\\b`),
    confidence: 0.9,
  },
  {
    id: 'interpreter-not-found',
    needle: 'No such file or directory',
    pattern: new RegExp(
      `(?:^|[\\s:'"])${PYTHON_PATH}['"]?: (?:cannot execute: )?No such file or directory`,
    ),
    confidence: 0.85,
    accept: ({ message }) =>
      !message.includes('bad interpreter') && !/can't open file/.test(message),
  },
  {
    id: 'interpreter-not-found',
    needle: 'not found',
    pattern: new RegExp(`(?:^|[\\s:'"])(?:exec: )?${PYTHON_PATH}['"]?: (?:command )?not found`),
    confidence: 0.85,
  },
  {
    id: 'interpreter-not-found',
    needle: 'no such file or directory',
    pattern: new RegExp(`exec: "${PYTHON_PATH}": (?:stat .{1,300}: )?no such file or directory`),
    confidence: 0.85,
  },
  {
    id: 'interpreter-not-found',
    needle: 'No such file or directory',
    pattern: new RegExp(
      `^FileNotFoundError: \\[Errno 2\\] No such file or directory: '${PYTHON_PATH}'`,
    ),
    confidence: 0.8,
  },
  {
    id: 'zip-symlink-hang',
    needle: 'not found',
    pattern:
      /((?:\.{1,2}|\/)[^\s:]{0,300}\/bin\/python[\d.]*): (?:line )?1: (?:\S{1,300}: )?python[\d.]+: (?:command )?not found/,
    confidence: 0.95,
  },

  // The archive on its way.
  {
    id: 'archive-missing',
    needle: 'does not exist',
    pattern: new RegExp(
      `FileNotFoundException(?::| \\() ?File (${ARCHIVE}(?:#[\\w.-]+)?) does not exist`,
    ),
    confidence: 0.95,
    accept: isShipped,
  },
  {
    id: 'archive-missing',
    needle: 'File does not exist',
    pattern: new RegExp(`File does not exist: (${ARCHIVE})`),
    confidence: 0.9,
    // Spark's own upload is gone when the application has ended: never the cause.
    accept: (place) => !place.match[0].includes('.sparkStaging') && isShipped(place),
  },
  {
    id: 'archive-missing',
    needle: 'No such file or directory',
    pattern: new RegExp(
      `FileNotFoundException(?::| \\() ?(${ARCHIVE}) \\(No such file or directory\\)`,
    ),
    confidence: 0.9,
    accept: isShipped,
  },
  {
    id: 'archive-missing',
    needle: 'NoSuchFileException',
    pattern: new RegExp(`NoSuchFileException(?::| \\() ?(${ARCHIVE})`),
    confidence: 0.9,
    accept: isShipped,
  },
  {
    id: 'archive-not-unpacked',
    needle: 'Cannot unpack',
    pattern: /^Cannot unpack (\S+?)(?:, just copying it to .*)?\.?$/,
    confidence: 0.9,
  },
  {
    id: 'archive-not-unpacked',
    needle: 'Cannot run program',
    pattern: new RegExp(`${CANNOT_RUN}20\\b`),
    confidence: 0.9,
  },
  {
    id: 'archive-not-unpacked',
    needle: 'Not a directory',
    pattern: new RegExp(`(?:^|[\\s:'"])${PYTHON_PATH}['"]?: Not a directory`),
    confidence: 0.85,
  },
  {
    id: 'archive-not-unpacked',
    needle: 'Not a directory',
    pattern: new RegExp(`^NotADirectoryError: \\[Errno 20\\] Not a directory: '${PYTHON_PATH}'`),
    confidence: 0.8,
  },
  {
    id: 'archive-content-mismatch',
    needle: 'Error executing command.',
    pattern: /Error executing command\. .{0,400}(?:gzip|tar|unzip)\b/,
    confidence: 0.9,
  },
  {
    id: 'archive-content-mismatch',
    needle: 'not in gzip format',
    pattern: /gzip: \S+: not in gzip format/,
    confidence: 0.9,
  },
  {
    id: 'archive-content-mismatch',
    needle: 'look like a tar archive',
    pattern: /tar: This does not look like a tar archive/,
    confidence: 0.9,
  },
  {
    id: 'archive-content-mismatch',
    needle: 'Unexpected EOF in archive',
    pattern: /tar: Unexpected EOF in archive/,
    confidence: 0.85,
  },
  {
    id: 'archive-content-mismatch',
    needle: 'Corrupted TAR archive',
    pattern: /Corrupted TAR archive/,
    confidence: 0.9,
  },
  {
    id: 'archive-content-mismatch',
    needle: 'unexpected end of file',
    pattern: /^(?:ExitCodeException exitCode=\d+: )?gzip: \S+: unexpected end of file/,
    confidence: 0.85,
  },
  {
    id: 'archive-content-mismatch',
    needle: 'Broken pipe',
    pattern: /(?:gzip|tar): .{0,200}Broken pipe/,
    confidence: 0.7,
  },
  {
    id: 'archive-content-mismatch',
    needle: 'ZipException',
    pattern:
      /ZipException(?::| \() ?(?:zip END header not found|error in opening zip file|zip file is empty|Archive is not a ZIP archive|Not in GZIP format|invalid (?:CEN|END|LOC) header|.{0,80}not a zip)/i,
    confidence: 0.85,
    accept: isUnpacked,
  },
  {
    id: 'archive-content-mismatch',
    needle: 'EOFException',
    pattern: /EOFException(?::| \() ?Unexpected end of ZLIB input stream/,
    confidence: 0.8,
    accept: isUnpacked,
  },
  {
    id: 'archive-content-mismatch',
    needle: 'n the .gz format',
    pattern: /Input is not in the \.gz format/,
    confidence: 0.85,
  },
  {
    id: 'zip-data-descriptor',
    needle: 'can have EXT descriptor',
    pattern: /only DEFLATED entries can have EXT descriptor/,
    confidence: 0.97,
  },
  {
    id: 'zip-data-descriptor',
    needle: 'feature data descriptor',
    pattern: /[Uu]nsupported feature data descriptor used in entry (\S+)?/,
    confidence: 0.97,
  },
  {
    id: 'zip-unsupported-feature',
    needle: 'invalid entry size',
    pattern: /invalid entry size \(expected \d+ but got \d+ bytes\)/,
    confidence: 0.95,
  },
  {
    id: 'zip-unsupported-feature',
    needle: 'invalid compression method',
    pattern:
      /(?:ZipException|IOException).{0,80}invalid compression method|^invalid compression method$/,
    confidence: 0.95,
  },
  {
    id: 'zip-unsupported-feature',
    needle: 'nsupported ',
    pattern:
      /(?:Unsupported compression method \d+|[Uu]nsupported feature (?:method|encryption|splitting|[A-Z]\w*).{0,60} used in entry|encrypted ZIP entry not supported)/,
    confidence: 0.9,
    accept: ({ message }) => !message.includes('data descriptor'),
  },
  {
    id: 'zip-unsupported-feature',
    needle: 'chmod: cannot access',
    pattern: /chmod: cannot access '?[^\s']*_tmp\//,
    confidence: 0.9,
  },
  {
    id: 'plain-tar-off-yarn',
    needle: 'create entry outside of',
    pattern: /expanding (\S+) would create entry outside of/,
    confidence: 0.95,
  },
  {
    id: 'plain-tar-off-yarn',
    needle: 'outside of the',
    pattern:
      /IOException(?::| \() ?[Ee]xpanding \S+ (?:would create|creates) (?:a |an )?(?:file|link|entry) outside of the/,
    confidence: 0.9,
  },
  {
    id: 'archive-overwritten',
    needle: 'changed on src filesystem',
    pattern: /Resource (\S+) changed on src filesystem/,
    confidence: 0.97,
  },
  {
    id: 'archive-overwritten',
    needle: 'multiple times',
    pattern: /Attempt to add \((\S+)\) multiple times to the distributed cache/,
    confidence: 0.95,
  },
  {
    id: 'archive-overwritten',
    needle: 'multiple times',
    // The same warning for a .jar is harmless, and frequent.
    pattern:
      /^Same (?:name|path) resource (\S+\.(?:zip|tar\.gz|tgz|tar)(?:#\S+)?) added multiple times to distributed cache/,
    confidence: 0.6,
    accept: ({ match }) => !/\/(?:pyspark|py4j-[^/]*)\.zip/.test(match[1] ?? ''),
  },
  {
    id: 'archive-overwritten',
    needle: 'does not match contents of',
    pattern: new RegExp(`File (${ARCHIVE}) exists and does not match contents of`),
    confidence: 0.85,
  },
  {
    id: 'staged-unreadable',
    needle: 'Permission denied: user=',
    pattern: new RegExp(
      `Permission denied: user=[^,\\s]+, access=(?:READ|EXECUTE|READ_EXECUTE), inode="(${ARCHIVE}|[^"]*/archives/[0-9a-f]{8,}[^"]*)"`,
    ),
    confidence: 0.92,
    accept: isShipped,
  },
  {
    id: 'staged-unreadable',
    needle: '(Permission denied)',
    pattern: new RegExp(`FileNotFoundException(?::| \\() ?(${ARCHIVE}) \\(Permission denied\\)`),
    confidence: 0.9,
    accept: isShipped,
  },
  {
    id: 'staged-unreadable',
    needle: 'AccessDeniedException',
    pattern: new RegExp(`AccessDeniedException(?::| \\() ?(${ARCHIVE})`),
    confidence: 0.85,
    accept: isShipped,
  },
  {
    id: 'staged-unreadable',
    needle: 'Cannot run program',
    pattern: new RegExp(`${CANNOT_RUN}13\\b`),
    confidence: 0.8,
    accept: ({ match }) => isOnEdge(match[1] ?? ''),
  },
  {
    id: 'staged-unreadable',
    needle: 'Permission denied',
    pattern: new RegExp(`(?:^|[\\s:'"])${PYTHON_PATH}['"]?: [Pp]ermission denied`),
    confidence: 0.75,
    accept: ({ match }) => isOnEdge(match[1] ?? ''),
  },
  {
    id: 'staged-unreadable',
    needle: 'Permission denied',
    pattern:
      /^PermissionError: \[Errno 13\] Permission denied: '([^']*\/envs\/[^']*\/(?:site-packages|bin|lib)\/[^']*)'/,
    confidence: 0.8,
  },
  {
    id: 'staged-unreadable',
    needle: 'Permission denied',
    pattern:
      /^(?:cp|cat|dd|tar|gzip|unzip|scp|rsync|get|copyFromLocal|put|sha256sum): .{0,200}?(\/[^\s'"]{0,300}\/archives\/[0-9a-f]{8,}\/[^\s'":]{1,200}).{0,60}Permission denied/,
    confidence: 0.85,
  },

  // Python against Python.
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
    id: 'module-missing-on-executor',
    needle: 'No module named',
    pattern: MISSING_MODULE,
    confidence: 0.9,
    accept: (place) =>
      place.traceback?.isWorker === true &&
      !NOT_A_PACKAGE.test(module(place)) &&
      !eggFails(place) &&
      !isSurvived(place),
  },
  {
    id: 'module-missing-on-executor',
    needle: 'must be installed; however',
    pattern:
      /^(?:ImportError|pyspark\.errors\.\S+|PySparkImportError): .{0,60}?(Pandas|PyArrow)\b.{0,60} must be installed; however/,
    confidence: 0.85,
    accept: ({ traceback }) => traceback?.isWorker === true,
  },
  {
    id: 'module-missing-on-executor',
    needle: 'No module named',
    // Spark 3.0 puts the exception of a UDF into one sentence.
    pattern: /thrown from a UDF: '(?:ModuleNotFoundError|ImportError): No module named '?([\w.]+)/,
    confidence: 0.9,
    accept: (place) => !NOT_A_PACKAGE.test(module(place)),
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
    needle: 'in YARN mode',
    pattern: /not found; cannot run pyspark application in YARN mode/,
    confidence: 0.97,
  },
  {
    id: 'spark-home-missing',
    needle: 'spark-class',
    pattern: /(?:^|[\s:])\/bin\/spark-class: (?:No such file or directory|not found)/,
    confidence: 0.95,
  },
  {
    id: 'spark-home-missing',
    needle: "attribute 'origin'",
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
    pattern: /^(?:ModuleNotFoundError|ImportError): No module named '?(?:pyspark|py4j)\b/,
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

  // Packages.
  {
    id: 'egg-shadows-package',
    needle: 'No module named',
    pattern: MISSING_MODULE,
    confidence: 0.95,
    accept: eggFails,
  },
  {
    id: 'egg-shadows-package',
    needle: 'Error importing numpy',
    pattern: /^ImportError: Error importing (numpy): you should not try to import numpy from/,
    confidence: 0.95,
    accept: eggFails,
  },
  {
    id: 'egg-shadows-package',
    needle: 'cannot import name',
    pattern:
      /^ImportError: cannot import name '\w+' from (?:partially initialized module )?'([\w.]+)'/,
    confidence: 0.85,
    accept: eggFails,
  },
  {
    id: 'egg-shadows-package',
    needle: 'cannot open shared object file',
    pattern: /^ImportError: \S*?([A-Za-z0-9_]+)-[^/]*\.egg\/\S+: cannot open shared object file/,
    confidence: 0.9,
  },
  {
    id: 'egg-cache',
    needle: 'egg cache',
    pattern: /^(?:pkg_resources\.ExtractionError: )?Can't extract file\(s\) to egg cache/,
    confidence: 0.97,
  },
  {
    id: 'egg-cache',
    needle: 'egg cache',
    pattern: /^The following error occurred while trying to extract file\(s\)/,
    confidence: 0.9,
  },
  {
    id: 'egg-cache',
    needle: '[Errno ',
    pattern:
      /^(?:PermissionError|OSError): \[Errno (?:13|30)\] [\w -]+: '([^']*\/(?:Python-Eggs|\.python-eggs)[^']*)'/,
    confidence: 0.95,
  },
  {
    id: 'egg-cache',
    needle: '[Errno ',
    pattern:
      /^(?:PermissionError|OSError): \[Errno (?:13|30)\] [\w -]+: '([^']*\/\.(?:cache|python-eggs))'/,
    confidence: 0.85,
    accept: isRaised,
  },
  {
    id: 'egg-cache',
    needle: 'no locator available',
    pattern: /^RuntimeError: cannot cache function .{1,200}: no locator available for file/,
    confidence: 0.8,
  },
  {
    id: 'numpy-abi',
    needle: 'size changed, may indicate',
    // As a RuntimeWarning it is printed by many jobs that work.
    pattern:
      /^(?:ValueError|ImportError|RuntimeError|TypeError): numpy\.\w+ size changed, may indicate binary incompatibility/,
    confidence: 0.95,
  },
  {
    id: 'numpy-abi',
    needle: 'compiled using NumPy',
    pattern: /^A module that was compiled using NumPy \d/,
    confidence: 0.85,
  },
  {
    id: 'numpy-abi',
    needle: '_ARRAY_API',
    pattern: /^AttributeError: _ARRAY_API not found/,
    confidence: 0.9,
  },
  {
    id: 'numpy-abi',
    needle: 'failed to import',
    pattern: /^(?:ImportError|SystemError): numpy\._?core\.(?:multiarray|umath) failed to import/,
    confidence: 0.92,
  },
  {
    id: 'numpy-abi',
    needle: 'version of numpy is',
    pattern:
      /^(?:RuntimeError|ImportError): module (?:was )?compiled against (?:API|ABI|NumPy C-API) version \S+ .{0,80}?(?:but|while) this version of numpy is/i,
    confidence: 0.95,
  },
  {
    id: 'numpy-abi',
    needle: 'numpy C-extensions failed',
    pattern: /^Importing the numpy C-extensions failed/,
    confidence: 0.85,
  },
  {
    id: 'numpy-abi',
    needle: 'No module named',
    // Arrays pickled by numpy 2 name `numpy._core`, which numpy 1 does not have.
    pattern: /^(?:ModuleNotFoundError|ImportError): No module named '?numpy\._?core\b/,
    confidence: 0.9,
    accept: (place) => isRaised(place) && place.traceback?.egg == null,
  },
  {
    id: 'glibc-or-arch',
    needle: 'GLIBC',
    pattern: /version [`'"]?(GLIBC(?:XX)?_[\d.]+)['"]? not found/,
    confidence: 0.97,
  },
  {
    id: 'glibc-or-arch',
    needle: 'CXXABI_',
    pattern: /version [`'"]?(CXXABI_[\d.]+)['"]? not found/,
    confidence: 0.97,
  },
  {
    id: 'glibc-or-arch',
    needle: 'Exec format error',
    pattern:
      /(?:error[=:] ?8[,)( ]+|\[Errno 8\] |cannot execute binary file: |: )Exec format error/,
    confidence: 0.92,
    accept: ({ message }) => /python|\/bin\/|\.so\b|Errno 8|error=8|cannot execute/.test(message),
  },
  {
    id: 'glibc-or-arch',
    needle: 'wrong ELF class',
    pattern: /wrong ELF class: ELFCLASS\d+/,
    confidence: 0.95,
  },
  {
    id: 'glibc-or-arch',
    needle: 'kernel too old',
    pattern: /^FATAL: kernel too old/,
    confidence: 0.9,
  },
  {
    id: 'glibc-or-arch',
    needle: 'Illegal instruction',
    pattern:
      /^(?:Fatal Python error: Illegal instruction|.{0,200}\bpython[\d.]*\b.{0,200}Illegal instruction)/,
    confidence: 0.7,
  },
  {
    id: 'conda-files-clobbered',
    needle: 'Files managed by conda',
    pattern:
      /^(?:.{0,60}CondaPackError: ?)?Files managed by conda were found to have been deleted\/overwritten/,
    confidence: 0.97,
  },
  {
    id: 'editable-package',
    needle: 'Cannot pack an environment with editable',
    pattern: /Cannot pack an environment with editable packages/,
    confidence: 0.97,
  },
  {
    id: 'editable-package',
    needle: 'is not a wheel file',
    pattern: /(\S{1,300}) is not a wheel file/,
    confidence: 0.75,
  },
  {
    id: 'editable-package',
    needle: '__editable__',
    pattern: /^File "[^"]*(__editable__\w+)_finder\.py"/,
    confidence: 0.8,
    accept: ({ traceback }) => traceback?.isWorker === true,
  },
  {
    id: 'dangling-link',
    needle: 'symbolic link that does not match',
    pattern: /symbolic link that does not match an existing file within the same package/,
    confidence: 0.97,
  },
  {
    id: 'dangling-link',
    needle: 'Too many levels of symbolic links',
    pattern: /(?:\/bin\/python[\d.]*|error[=:] ?40).{0,80}Too many levels of symbolic links/,
    confidence: 0.85,
  },
  {
    id: 'dangling-link',
    needle: 'cannot open shared object file',
    // Libraries of drivers and of the JVM come from the node, never from an archive.
    pattern:
      /^(?:ImportError|OSError): (lib(?!cuda|nvidia|nvml|jvm|hdfs|cudart|cublas)[\w.+-]+\.so[\d.]*): cannot open shared object file/,
    confidence: 0.6,
    accept: (place) => isRaised(place) && place.traceback?.egg == null,
  },
  {
    id: 'dangling-link',
    needle: 'error while loading shared libraries',
    pattern:
      /\/bin\/python[\d.]*: error while loading shared libraries: (\S+): cannot open shared object file/,
    confidence: 0.85,
  },
  {
    id: 'prefix-hardcoded',
    needle: 'Placeholder of length',
    pattern: /Placeholder of length '?\d+'? too short/,
    confidence: 0.97,
  },
  {
    id: 'prefix-hardcoded',
    needle: 'build_path too long',
    pattern: /build_path too long/,
    confidence: 0.9,
  },
  {
    id: 'prefix-hardcoded',
    needle: 'bad interpreter',
    pattern: /(\/\S{1,300}): bad interpreter: No such file or directory/,
    confidence: 0.92,
  },
  {
    id: 'prefix-hardcoded',
    needle: 'required file not found',
    pattern: /(\S{0,300}\/bin\/(?!python)[\w.-]+): cannot execute: required file not found/,
    confidence: 0.85,
  },

  // The nodes.
  {
    id: 'no-space',
    needle: 'No space left on device',
    pattern:
      /(?:(?:Exception|Error)(?::| \().{0,300}|\[Errno 28\] |^(?:\S*\/)?(?:tar|gzip|cp|mv|mkdir|unzip|sh|bash|cat|dd|rsync|conda|mamba|micromamba|scp)(?:\[\d+\])?: .{0,400}|write (?:error|failed).{0,40}|\(28\).{0,5})No space left on device/,
    confidence: 0.93,
  },
  {
    id: 'no-space',
    needle: 'No space available in any of the local directories',
    pattern: /No space available in any of the local directories/,
    confidence: 0.95,
  },
  {
    id: 'no-space',
    needle: 'used space above threshold',
    pattern: /used space above threshold of [\d.]+%/,
    confidence: 0.93,
  },
  {
    id: 'no-space',
    needle: 'local-dirs',
    pattern: /local-dirs (?:are bad|usable space is below|have errors)/,
    confidence: 0.8,
  },
  {
    id: 'no-space',
    needle: 'uota',
    pattern:
      /(?:\[Errno 122\] |: )Disk quota exceeded|DSQuotaExceededException|The DiskSpace quota of \S+ is exceeded/,
    confidence: 0.9,
  },
  {
    id: 'no-space',
    needle: 'ephemeral',
    pattern:
      /(?:low on resource: ephemeral-storage|ephemeral local storage usage exceeds the total limit|exceeds? its ephemeral-storage)/i,
    confidence: 0.9,
  },
  {
    id: 'no-space',
    needle: 'NoSpaceLeftError',
    pattern: /NoSpaceLeftError/,
    confidence: 0.93,
  },
  {
    id: 'libhdfs',
    needle: 'libhdfs',
    pattern:
      /(?:Unable|unable) to load libhdfs|libhdfs\.so(?:\.[\d.]+)?: cannot open shared object file/,
    confidence: 0.97,
  },
  {
    id: 'libhdfs',
    needle: 'libjvm',
    pattern: /Unable to load libjvm|libjvm\.so: cannot open shared object file/,
    confidence: 0.85,
    accept: ({ traceback, precededBy, followedBy, message }) =>
      /load libjvm/.test(message) ||
      traceback?.isWorker === true ||
      precededBy(/pyarrow|hdfs/i, 12) ||
      followedBy(/pyarrow|hdfs/i, 12),
  },
  {
    id: 'libhdfs',
    needle: 'CLASSPATH not set',
    pattern: /[Ee]nvironment variable CLASSPATH not set/,
    confidence: 0.9,
  },
  {
    id: 'libhdfs',
    needle: 'loadFileSystems error',
    pattern: /^loadFileSystems error:/,
    confidence: 0.85,
  },
  {
    id: 'activate-d',
    needle: 'proj.db',
    pattern:
      /(?:Cannot find proj\.db|proj\.db contains DATABASE\.LAYOUT|no database context specified.{0,80}proj\.db)/,
    confidence: 0.93,
  },
  {
    id: 'activate-d',
    needle: 'PROJ',
    pattern:
      /^(?:pyproj\.exceptions\.DataDirError|.{0,80}DataDirError): Valid PROJ data directory not found|PROJ: .{0,60}(?:Cannot find|unable to open).{0,40}(?:proj|database)/i,
    confidence: 0.93,
  },
  {
    id: 'activate-d',
    needle: 'GDAL_DATA',
    pattern:
      /GDAL_DATA (?:is not defined|environment variable is not set)|[Tt]ry setting the GDAL_DATA environment variable|Cannot find \S+ \(GDAL_DATA/,
    confidence: 0.93,
  },
  {
    id: 'activate-d',
    needle: 'gcs.csv',
    pattern: /Unable to open EPSG support file gcs\.csv/,
    confidence: 0.95,
  },
  {
    id: 'activate-d',
    needle: 'ESMFMKFILE',
    pattern: /KeyError: 'ESMFMKFILE'|ESMFMKFILE environment variable is not/,
    confidence: 0.93,
  },
  {
    id: 'kerberos',
    needle: 'cannot authenticate via',
    pattern: /Client cannot authenticate via:\s?\[(?:TOKEN, ?)?KERBEROS/,
    confidence: 0.95,
    mayRecover: true,
  },
  {
    id: 'kerberos',
    needle: 'No valid credentials provided',
    pattern:
      /(?:GSSException|GSS initiate failed|SaslException).{0,120}No valid credentials provided/,
    confidence: 0.93,
    mayRecover: true,
  },
  {
    id: 'kerberos',
    needle: 'find any Kerberos tgt',
    pattern: /Failed to find any Kerberos tgt/,
    confidence: 0.93,
    mayRecover: true,
  },
  {
    id: 'kerberos',
    needle: 'DELEGATION_TOKEN',
    pattern: /InvalidToken\)?:? ?.{0,300}(?:is expired|can't be found in cache|has expired)/,
    confidence: 0.9,
    mayRecover: true,
  },
  {
    id: 'kerberos',
    needle: 'icket expired',
    pattern: /\b(?:[Tt]icket expired|TGT.{0,40}expired|KRB_AP_ERR_TKT_EXPIRED)/,
    confidence: 0.85,
    mayRecover: true,
  },
  {
    id: 'kerberos',
    needle: 'kinit: ',
    pattern: /^kinit: (?:Client|Cannot|Password|Preauthentication|Keytab|Clock skew|KDC|Pre-auth)/,
    confidence: 0.85,
    mayRecover: true,
  },
  {
    id: 'kerberos',
    needle: 'SIMPLE authentication is not enabled',
    pattern: /SIMPLE authentication is not enabled\.\s+Available:\s?\[(?:TOKEN, ?)?KERBEROS/,
    confidence: 0.95,
    mayRecover: true,
  },
];

/** An absolute path that is no container's: the driver's Python, unpacked on the edge. */
function isOnEdge(path: string): boolean {
  return (
    path.startsWith('/') &&
    !/\/(?:appcache|usercache|filecache|work-dir|work|blockmgr-|spark-)[^/]*\//.test(path)
  );
}
