import { hasCall } from './calls.ts';
import { type Clue, isRaised } from './clue.ts';
import { eggFails, MISSING_MODULE } from './modules.ts';

/** Packages that do not fit each other or the system. */
export const PACKAGE_CLUES: readonly Clue[] = [
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
    pattern:
      /^ImportError: \S{0,300}?\b([A-Za-z0-9_]{1,100})-[^/]{0,100}\.egg\/\S+: cannot open shared object file/,
    confidence: 0.9,
  },
  {
    id: 'egg-shadows-package',
    needle: 'numpy C-extensions failed',
    pattern: /^Importing the (numpy) C-extensions failed/,
    confidence: 0.93,
    accept: ({ precededBy }) => precededBy(/File "[^"]*\.(?:zip|egg)\/numpy\//, 14),
  },
  {
    // Compiled parts and data files of a package in a zip of --py-files cannot be opened.
    id: 'egg-shadows-package',
    needle: ['Not a directory', 'No such file or directory'],
    pattern:
      /^(?:NotADirectoryError|OSError|FileNotFoundError|IOError): \[Errno (?:20|2)\] (?:Not a directory|No such file or directory): u?'[^']{0,300}\.(?:zip|egg)\/(?!bin\/|lib\/)(\w{1,100})(?:\/[^']{0,300})?'/,
    confidence: 0.92,
    accept: (place) =>
      isRaised(place) && !/site-packages\/|\/(?:pyspark|py4j[^/]*)\.zip\//.test(place.message),
  },
  {
    id: 'egg-shadows-package',
    needle: 'cannot import name',
    pattern:
      /^ImportError: cannot import name '?(\w+)'? from (?:partially initialized module )?'[\w.]+' .{0,60}\([^()]{0,300}\.(?:zip|egg)\/(?!lib\/)[^()]{0,300}\)/,
    confidence: 0.85,
    accept: ({ message }) => !/site-packages\/|\/(?:pyspark|py4j[^/]*)\.zip\//.test(message),
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
      /^(?:PermissionError|OSError): \[Errno (?:13|30)\] [\w -]+: '([^']{0,300}\/(?:Python-Eggs|\.python-eggs)[^']{0,300})'/,
    confidence: 0.95,
  },
  {
    id: 'egg-cache',
    needle: '[Errno ',
    pattern:
      /^(?:PermissionError|OSError): \[Errno (?:13|30)\] [\w -]+: '([^']*\/\.(?:cache|python-eggs))'/,
    confidence: 0.9,
    accept: (place) =>
      isRaised(place) && hasCall(place, /pkg_resources|setuptools|zipextimporter|\.egg\//),
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
    needle: 'with the numpy installation',
    pattern: /^(?:ImportError|RuntimeError): Something is wrong with the numpy installation/,
    confidence: 0.9,
  },
  {
    id: 'numpy-abi',
    needle: 'No module named',
    // Its compiled part was made for another Python.
    pattern:
      /^(?:ModuleNotFoundError|ImportError): No module named '?numpy\.core\._multiarray_umath/,
    confidence: 0.85,
    accept: (place) => isRaised(place) && place.traceback?.egg == null,
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
      /^(?:Fatal Python error: Illegal instruction|.{0,200}\bpython.{0,200}Illegal instruction)/,
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
    pattern: /(?<!\S)(\S{1,300}) is not a wheel file/,
    confidence: 0.75,
  },
  {
    id: 'editable-package',
    needle: '__editable__',
    pattern: /^File "[^"]{0,300}(__editable__\w{1,100})_finder\.py"/,
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
    needle: '_placehold_placehold',
    pattern: /(?<!\S)(\S{0,300}_placehold_placehold\S{0,300})/,
    confidence: 0.9,
    accept: ({ message }) => /No such file|not found|[Ee]rror/.test(message),
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
    pattern: /(?<!\S)[^\s/]{0,100}(\/\S{1,300}): bad interpreter: No such file or directory/,
    confidence: 0.92,
  },
  {
    id: 'prefix-hardcoded',
    needle: 'required file not found',
    pattern: /(?<!\S)(\S{0,300}\/bin\/(?!python)[\w.-]+): cannot execute: required file not found/,
    confidence: 0.85,
  },
];
