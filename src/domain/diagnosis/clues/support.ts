import { isOfPython, isOfPython2, isPublished } from '../modules.ts';
import {
  callerOf,
  DATA_PACKAGES,
  hasCall,
  isImportOfPandasOnSpark,
  isSparksOwn,
  lastCall,
  ownFileNamed,
} from './calls.ts';
import { type Clue, isRaised, type Place } from './clue.ts';
import { isPartOfPackage, MISSING_MODULE, module } from './modules.ts';

/** A function of the person's is called from worker.py: what that calls is not Spark's. */
const ofData = (place: Place): boolean =>
  isSparksOwn(place, DATA_PACKAGES) &&
  !/\/(?:worker|util)\.py$/.test(callerOf(place.traceback, DATA_PACKAGES)?.file ?? '');
const inPandas = ({ traceback }: Place): boolean =>
  /(?:site|dist)-packages\/(?:pandas|numpy|pyarrow)\//.test(traceback?.frames.at(-1)?.file ?? '');
const inCloudpickle = (place: Place): boolean => /cloudpickle/.test(lastCall(place));
/** Spark passes arguments on in these; a wrong one is the caller's. */
const isPassedOn = (place: Place): boolean =>
  / in (?:wrapper|deco|wrapped|inner|_)$/.test(lastCall(place));

/** pandas, pyarrow or numpy outside of what this Spark was made for. */
const PACKAGE_UNSUPPORTED: readonly Clue[] = [
  {
    id: 'package-unsupported-by-spark',
    needle: 'however, your version',
    pattern:
      /\b(\w{1,100}) [<>=]{1,3} ?[\w.]+ must be installed(?: on calling Python process)?; however, your version (?:is|was) [\w.+]+/,
    confidence: 0.96,
  },
  {
    id: 'package-unsupported-by-spark',
    needle: 'UNSUPPORTED_PACKAGE_VERSION',
    pattern: /(?:Error|Exception):? \[UNSUPPORTED_PACKAGE_VERSION\] (\w+)/,
    confidence: 0.96,
  },
  {
    id: 'package-unsupported-by-spark',
    needle: 'has no attribute',
    pattern:
      /^AttributeError: (?:'\w+' object|(?:partially initialized )?module '((?:pandas|numpy|pyarrow)[\w.]*)'|type object '[\w.]+') has no attribute '\w+'/,
    confidence: 0.93,
    accept: (place) => ofData(place) && (inPandas(place) || place.match[1] !== undefined),
  },
  {
    id: 'package-unsupported-by-spark',
    needle: 'was removed in the NumPy',
    pattern: /^AttributeError: `np\.\w+` was removed in the (NumPy) [\d.]+ release/,
    confidence: 0.93,
    accept: ofData,
  },
  {
    id: 'package-unsupported-by-spark',
    needle: [
      'cannot import name',
      'has no attribute',
      'got an unexpected keyword',
      'required positional',
    ],
    pattern: /^(?:ImportError|AttributeError|TypeError): /,
    confidence: 0.85,
    accept: (place) => isImportOfPandasOnSpark(place) && ofData(place),
  },
  {
    id: 'package-unsupported-by-spark',
    needle: 'cannot import name',
    pattern:
      /^ImportError: cannot import name '?\w+'? from (?:partially initialized module )?'?((?:pandas|numpy|pyarrow)[\w.]*)/,
    confidence: 0.9,
    accept: ofData,
  },
  {
    id: 'package-unsupported-by-spark',
    needle: 'No module named',
    pattern:
      /^(?:ModuleNotFoundError|ImportError): No module named '((?:pandas|numpy|pyarrow)\.[\w.]+)'/,
    confidence: 0.9,
    accept: (place) => isSparksOwn(place) && place.traceback?.isUnpickling !== true,
  },
  {
    id: 'package-unsupported-by-spark',
    needle: ['large_string', 'large_binary', 'string_view', 'large_list'],
    pattern:
      /(?:Unsupported type in conversion (?:from|to) Arrow: |UNSUPPORTED_DATA_TYPE_FOR_ARROW_CONVERSION\] |from Arrow type )(?:large_string|large_binary|string_view|large_list)/,
    confidence: 0.9,
  },
  {
    id: 'package-unsupported-by-spark',
    needle: 'unit-less dtype',
    pattern: /^TypeError: (?:Passing|Casting to) unit-less dtype 'datetime64' is not supported/,
    confidence: 0.93,
    accept: ofData,
  },
  {
    id: 'package-unsupported-by-spark',
    needle: ['got an unexpected keyword', 'required positional argument', 'no longer accepts'],
    pattern:
      /^TypeError: .{1,200}(?:got an unexpected keyword argument|missing \d+ required positional argument|no longer accepts)/,
    confidence: 0.8,
    accept: (place) =>
      ofData(place) &&
      (inPandas(place) || /sql\/pandas\/|pyspark\/pandas\//.test(lastCall(place))) &&
      !isPassedOn(place),
  },
  {
    // Arrow 0.15 changed the stream: the JVM reads a length that is none (SPARK-29367).
    id: 'package-unsupported-by-spark',
    needle: 'vector.ipc.message.MessageSerializer',
    pattern: /^at org\.apache\.arrow\.vector\.ipc\.message\.MessageSerializer\.read/,
    confidence: 0.88,
    accept: ({ precededBy }) => precededBy(/IllegalArgumentException(?:$|: (?:null)?$)/, 6),
  },
];

/** A Python that this Spark was not made for. */
const PYTHON_UNSUPPORTED: readonly Clue[] = [
  {
    id: 'python-unsupported-by-spark',
    needle: 'No module named',
    pattern: MISSING_MODULE,
    confidence: 0.94,
    accept: (place) =>
      isRaised(place) &&
      (isOfPython(module(place)) || module(place) === 'typing.io') &&
      module(place) !== 'encodings' &&
      isSparksOwn(place),
  },
  {
    // A package, or the person's own code, was written for another Python.
    id: 'python-unsupported-by-spark',
    needle: 'No module named',
    pattern:
      /^(?:ModuleNotFoundError|ImportError): No module named '((?:distutils|imp|asyncore|asynchat|typing\.io|pipes|cgi|telnetlib|crypt|imghdr|smtpd|lib2to3)(?:\.[\w.]+)?)'/,
    confidence: 0.72,
    accept: (place) => isRaised(place) && !isSparksOwn(place),
  },
  {
    id: 'python-unsupported-by-spark',
    needle: 'tuple index out of range',
    pattern: /IndexError: tuple index out of range/,
    confidence: 0.94,
    accept: (place) =>
      hasCall(
        place,
        /cloudpickle.* in (?:_extract_code_globals|_walk_global_ops|extract_code_globals)/,
      ) ||
      (/PicklingError/.test(place.message) &&
        place.precededBy(/in (?:_extract_code_globals|extract_code_globals)\b/, 60)),
  },
  {
    id: 'python-unsupported-by-spark',
    needle: [
      'an integer is required',
      'interpreted as an integer',
      'code() ',
      'code expected at least',
    ],
    pattern:
      /^TypeError: (?:an integer is required \(got type bytes\)|'bytes' object cannot be interpreted as an integer|code\(\) (?:takes|argument)|code expected at least)/,
    confidence: 0.92,
    accept: (place) => inCloudpickle(place) && place.traceback?.isWorker === false,
  },
  {
    id: 'python-unsupported-by-spark',
    needle: 'required keyword-only argument',
    pattern: /^TypeError: namedtuple\(\) missing \d required keyword-only argument/,
    confidence: 0.94,
  },
  {
    id: 'python-unsupported-by-spark',
    needle: 'generator raised StopIteration',
    pattern: /^RuntimeError: generator raised StopIteration/,
    confidence: 0.85,
    accept: (place) =>
      isSparksOwn(place) && !/ in (?:wrapper|process|<lambda>)$/.test(lastCall(place)),
  },
  {
    id: 'python-unsupported-by-spark',
    needle: ['cannot import name', 'has no attribute'],
    pattern:
      /^(?:ImportError: cannot import name '?\w+'? from '(?:typing|collections|inspect|importlib[\w.]*|asyncio[\w.]*|ast|types|unittest|re|fractions|math)'|AttributeError: module '(?:typing|collections|inspect|importlib[\w.]*|asyncio[\w.]*|ast|types|time|fractions|platform|sys|array|base64|threading)' has no attribute)/,
    confidence: 0.88,
    accept: (place) => isSparksOwn(place),
  },
  {
    id: 'python-unsupported-by-spark',
    needle: 'SyntaxError',
    pattern: /^SyntaxError: /,
    confidence: 0.88,
    accept: (place) =>
      place.precededBy(
        /File "[^"]*(?:\/pyspark(?:\.zip)?\/|\/py4j[^/"]*\/)[^"]*\.py", line \d+$/,
        4,
      ),
  },
  {
    id: 'python-unsupported-by-spark',
    needle: 'Python 2',
    pattern:
      /(?:Error|Exception): (?:PySpark|Spark|This version of PySpark).{0,60}(?:does not support|requires|no longer supports).{0,30}Python (?:2|3)/,
    confidence: 0.85,
  },
  {
    id: 'python-unsupported-by-spark',
    needle: 'requires a different Python',
    pattern: /^(?:ERROR: )?Package '?(?:pyspark)'? requires a different Python: ([\d.]+) not in/,
    confidence: 0.9,
  },
];

/** The same package, in another version, on the side that wrote what is read. */
const PACKAGE_DIFFERS: readonly Clue[] = [
  {
    id: 'package-version-differs',
    needle: 'No module named',
    pattern: MISSING_MODULE,
    confidence: 0.92,
    accept: (place) =>
      isRaised(place) &&
      isPartOfPackage(place) &&
      !/^numpy\._?core/.test(module(place)) &&
      place.traceback?.egg == null &&
      !/; '\w+' is not a package/.test(place.message) &&
      (place.traceback?.isUnpickling === true || !isSparksOwn(place)),
  },
  {
    id: 'package-version-differs',
    needle: 'get attribute',
    pattern:
      /^AttributeError: Can't get attribute '\w+' on <module '([\w.]+)' from '[^']*(?:site|dist)-packages\//,
    confidence: 0.93,
    // A class of the job itself is looked for in whatever runs as the main module.
    accept: ({ match }) => !/^(?:pyspark\b|__main__$)/.test(match[1] ?? ''),
  },
  {
    id: 'package-version-differs',
    needle: 'get attribute',
    pattern: /Can't get attribute '\w+' on <module '([\w.]+)'/,
    confidence: 0.85,
    accept: ({ match, message }) =>
      !/^(?:AttributeError: )/.test(message) &&
      isPublished(match[1] ?? '') &&
      /Error|Exception/.test(message),
  },
  {
    id: 'package-version-differs',
    needle: ['_ctor() takes', 'is not a known BitGenerator', 'incompatible dtype', '_reconstruct'],
    pattern:
      /^(?:TypeError: __(?:randomstate|generator|bit_generator)_ctor\(\) takes|ValueError: .{1,120} is not a known BitGenerator|ValueError: node array from the pickle has an incompatible dtype)/,
    confidence: 0.93,
  },
  {
    id: 'package-version-differs',
    needle: [
      'positional argument',
      'unexpected keyword',
      'has no attribute',
      'object is not iterable',
    ],
    pattern:
      /^(?:TypeError: [\w.]*(?:__init__|__new__|__cinit__|_unpickle\w*|_reconstruct\w*|__setstate__|_from_\w+|new_block|_rebuild\w*|new_method)\(\) (?:takes|missing|got)|AttributeError: (?:'\w+' object|module '[\w.]+'|type object '\w+') has no attribute '(?:_\w+|__\w+__)')/,
    confidence: 0.78,
    // Only where the reading of the pickle itself failed, not a class of the person's.
    accept: (place) => {
      const { traceback } = place;
      if (traceback === null || !traceback.isUnpickling) return false;
      const last = traceback.frames.at(-1);
      return (
        last !== undefined &&
        (/pyspark(?:\.zip)?\/(?:serializers|cloudpickle|broadcast)|cloudpickle\//.test(last.file) ||
          /(?:pandas|numpy|pyarrow|sklearn|scipy|torch|xgboost|lightgbm)\//.test(last.file))
      );
    },
  },
];

export const SUPPORT_CLUES: readonly Clue[] = [
  ...PACKAGE_UNSUPPORTED,
  ...PYTHON_UNSUPPORTED,
  ...PACKAGE_DIFFERS,
  {
    // What moved between Python 2 and 3, in a function that the driver wrote.
    id: 'python-version-mismatch',
    needle: 'No module named',
    pattern: MISSING_MODULE,
    confidence: 0.85,
    accept: (place) =>
      place.traceback?.isWorker === true &&
      place.traceback.isUnpickling &&
      (isOfPython2(module(place)) ||
        /^(?:builtins|copyreg|_collections_abc|_bootlocale|queue)$/.test(module(place))),
  },
  {
    id: 'module-shadowed',
    needle: 'consider renaming',
    pattern: /\(consider renaming '([^']+)' (?:since|if) it has the same name/,
    confidence: 0.97,
  },
  {
    id: 'module-shadowed',
    needle: ['partially initialized module', 'has no attribute'],
    pattern: /^AttributeError: (?:partially initialized )?module '([\w.]+)' has no attribute '\w+'/,
    confidence: 0.9,
    accept: (place) => {
      const name = module(place);
      const known = isPublished(name) || isOfPython(name) || /^(?:pyspark|py4j)\b/.test(name);
      return known && ownFileNamed(place, name);
    },
  },
  {
    id: 'module-shadowed',
    needle: 'cannot import name',
    pattern:
      /^ImportError: cannot import name '?\w+'? from (?:partially initialized module )?'([\w.]+)' .{0,60}?\(([^()]*)\)["'.]*$/,
    confidence: 0.9,
    accept: (place) => {
      const name = module(place);
      const path = place.match[2] ?? '';
      const known = isPublished(name) || isOfPython(name) || /^(?:pyspark|py4j)\b/.test(name);
      if (!known) return false;
      if (path === 'unknown location') return true;
      const top = name.split('.')[0] ?? '';
      return (
        !/(?:site|dist)-packages\/|\/lib\/python[\d.]+\/|\.zip\/|\.egg\/|\/spark[^/]*\/python\//.test(
          path,
        ) && new RegExp(`/${top}(?:\\.py$|/)`).test(path)
      );
    },
  },
  {
    id: 'module-shadowed',
    needle: 'cannot import name',
    pattern: /^ImportError: cannot import name '?(\w+)'?$/,
    confidence: 0.85,
    accept: (place) =>
      ownFileNamed(place, 'pyspark') ||
      ownFileNamed(place, 'numpy') ||
      ownFileNamed(place, 'pandas'),
  },
];
