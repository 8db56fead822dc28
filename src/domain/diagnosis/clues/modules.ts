import { isOfPython, isPublished } from '../modules.ts';
import type { Clue, Place } from './clue.ts';

/** A module of the interpreter, of Spark or of numpy's inside: other causes have clues for them. */
const NOT_A_PACKAGE =
  /^(?:encodings|site|pyspark|py4j|numpy\.(?:_?core|random)|numpy\._[\w]+)(?:\.|$)/;

export const MISSING_MODULE =
  /^(?:ModuleNotFoundError|ImportError): No module named (?:'([\w.]+)'|([\w.]+)(?=$|["')\\]))/;
/** `X must be installed; however, it was not found`, as Spark asks for what it uses. */
const ASKED_BY_SPARK =
  /(?:^|[Ee]rror: )(?:\[[A-Z_]+\] )?(\w+)(?: [<>=]+ ?[\w.]+)? must be installed(?: on calling Python process)?; however, it was not found/;
/** Wordings of pandas and others for what they can do without until it is used. */
const OPTIONAL =
  /^ImportError: (?:Missing optional dependency '([\w.]+)'|Unable to find a usable engine; tried using: '(\w+)'|Install (\w+) to access )/;
/** The reason as part of another message: of Spark 3.0's UDFs, of `repr`, in brackets. */
const IN_A_MESSAGE =
  /(?:PythonException: |thrown from (?:a UDF|the Python worker): )'?(?:ModuleNotFoundError|ImportError): No module named '?([\w.]+)/;
const IN_BRACKETS =
  /^(?:[A-Za-z_]\w*\.)*\w*(?:Error|Exception): .{0,300}(?:\((?:ModuleNotFoundError: |ImportError: )?|(?:ModuleNotFoundError|ImportError)\(["'])No module named '?([\w.]+)'?["']?\)/;
const REASON_BELOW =
  /^(?:[A-Za-z_]\w*\.)*\w*Error: .{0,200}because of the following error .{0,60}: No module named '?([\w.]+)/;

export function module({ match }: Place): string {
  return match[1] ?? match[2] ?? match[3] ?? '';
}

/** Python 3 names the part that is missing: what stands before it is there. */
export function isPartOfPackage(place: Place): boolean {
  const name = module(place);
  return (
    place.match[0].includes(`'${name}`) &&
    name.includes('.') &&
    isPublished(name) &&
    // `google` and the like are shared by many packages.
    !/^(?:google|snowflake|azure|ruamel|zope|sphinxcontrib|mpl_toolkits|delta)\./.test(name)
  );
}

function sameDistribution(egg: string, name: string): boolean {
  const normal = (text: string) => text.toLowerCase().replace(/[-_.]+/g, '_');
  return normal(egg) === normal(name.split('.')[0] ?? '');
}

/** The egg or zip a worker or driver imports from is the package that fails. */
export function eggFails(place: Place): boolean {
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

/** Nothing stands around it: in a log of more, what is said in passing is no error of the application's. */
function isAlone({ precededBy, followedBy }: Place): boolean {
  return !precededBy(/\S/, 3) && !followedBy(/\S/, 3);
}

function isMissing(place: Place): boolean {
  const name = module(place);
  return (
    !NOT_A_PACKAGE.test(name) &&
    !isOfPython(name) &&
    !/^'?; '\w+' is not a package/.test(
      place.match.input.slice(place.match.index + place.match[0].length),
    ) &&
    !isPartOfPackage(place) &&
    !eggFails(place) &&
    !isSurvived(place)
  );
}

const WORDINGS: readonly Pick<Clue, 'needle' | 'pattern' | 'confidence'>[] = [
  { needle: 'No module named', pattern: MISSING_MODULE, confidence: 0.9 },
  { needle: 'it was not found', pattern: ASKED_BY_SPARK, confidence: 0.88 },
  {
    needle: ['Missing optional dependency', 'Unable to find a usable engine', 'to access'],
    pattern: OPTIONAL,
    confidence: 0.8,
  },
  { needle: 'No module named', pattern: IN_BRACKETS, confidence: 0.8 },
  { needle: 'because of the following error', pattern: REASON_BELOW, confidence: 0.85 },
];

/** Modules that one side does not have. */
export const MODULE_CLUES: readonly Clue[] = [
  ...WORDINGS.flatMap((wording): Clue[] => [
    {
      ...wording,
      id: 'module-missing-on-executor',
      accept: (place) => place.traceback?.isWorker === true && isMissing(place),
    },
    {
      ...wording,
      id: 'module-missing-on-driver',
      accept: (place) => place.traceback !== null && !place.traceback.isWorker && isMissing(place),
    },
  ]),
  {
    id: 'module-missing-on-executor',
    needle: 'No module named',
    pattern: IN_A_MESSAGE,
    confidence: 0.9,
    accept: isMissing,
  },
  {
    id: 'module-missing-on-driver',
    needle: 'it was not found',
    // A sentence of Spark's that is pasted alone.
    pattern:
      /^(?:[\w.]*ImportError: )(?:\[[A-Z_]+\] )?(\w+)(?: [<>=]+ ?[\w.]+)? must be installed(?: on calling Python process)?; however, it was not found/,
    confidence: 0.7,
    accept: ({ traceback }) => traceback === null,
  },
  {
    id: 'module-missing-on-executor',
    needle: 'No module named',
    // The last line of a traceback, pasted alone: whose Python it was is not said, and what mends it is the same.
    pattern: MISSING_MODULE,
    confidence: 0.6,
    accept: (place) => place.traceback === null && isAlone(place) && isMissing(place),
  },
  {
    id: 'module-shadowed',
    needle: 'is not a package',
    pattern:
      /^(?:ModuleNotFoundError|ImportError): No module named '([\w.]+)'; '\w+' is not a package/,
    confidence: 0.94,
    // `typing.io` left Python with 3.13.
    accept: (place) => module(place) !== 'typing.io' && place.traceback !== null,
  },
];
