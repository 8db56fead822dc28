import type { Segment } from './segment.ts';

/** One call of a traceback. */
export interface Frame {
  /** As the log has it: `/opt/spark/python/pyspark/rdd.py`, `<stdin>`. */
  file: string;
  /** The function, `<module>`; empty when the log does not say. */
  name: string;
  /** The source line below it; empty when the log has none. */
  code: string;
}

/** What is known of the Python traceback a line ends. */
export interface Traceback {
  /** Outermost first; empty for one that is cut. */
  frames: readonly Frame[];
  /** Raised in a Python worker of an executor, not in the driver. */
  isWorker: boolean;
  /** Follows a message below ERROR: the program caught it and went on. */
  isCaught: boolean;
  /** Name of the package in an egg or zip shipped with --py-files that a frame is in: `numpy`. */
  egg: string | null;
  /** A frame is in Spark's search for itself. */
  isSparkHomeSearch: boolean;
  /** Raised while the function of the driver, or what it uses, was read on the worker. */
  isUnpickling: boolean;
}

/** Literal texts on which the reader has to look at a line besides the clues'. */
export const HEADER = 'Traceback (most recent call last)';

/** In front of the traceback: Spark wraps what the worker sent back. */
const WORKER_HEADER = /PythonException(?::| \(|\\*","msg\\*":)/;
const WORKER_ANNOUNCED =
  /(?:from|in) (?:the )?python worker|Python worker exited unexpectedly \(crashed\): |thrown from (?:a UDF|the Python worker)|PythonException: '/i;
const WORKER_FRAME = /pyspark\/(?:worker|daemon)\.py$/;
const WORKER_STACK = /^at org\.apache\.spark\.(?:sql\.execution\.python|api\.python)\./;
const UNPICKLING_FRAME =
  /pyspark\/(?:serializers\.py|cloudpickle|broadcast\.py)|\/cloudpickle\/|\/(?:joblib\/numpy_pickle\w*|pickle)\.py/;
const UNPICKLING_CODE = /\bloads?\(|__import__\(name\)|__setstate__|read_command\(|load_from_path/;
/** Eggs of `setup.py install` live in site-packages and shadow nothing. */
const EGG_FRAME = /^(?!.*site-packages\/).*?([A-Za-z0-9_.]+)-[^"/]*\.egg\//;
/** A zip of --py-files; Spark's own, Python's own and an unpacked archive are none. */
const ZIP_FRAME =
  /^(?!.*(?:site-packages|lib\/python[\d.]+|bin)\/)(?:.*\/)?(?!pyspark\.zip|py4j-|python\d*\.zip)[^/]+\.zip\/(\w+)\//;
const CHAIN =
  /^(?:During handling of the above exception|The above exception was the direct cause)/;
const EXCEPTION =
  '(?:[A-Za-z_]\\w*\\.)*[A-Z]\\w*(?:Error|Exception|Interrupt|Exit|Warning|StopIteration)';
/** The exception that ends a traceback, or Java's stack after it. */
const ENDED = new RegExp(`^(?:at [\\w.$/]+\\(|${EXCEPTION}(?::|$))`);
/** A traceback longer than this has lost its end. */
const LONGEST = 400;
/** Lines between the exception and the last call of a traceback whose start is cut off. */
const LAST_CALL = 6;
const LAST_OF_PYTEST = /^([^\s:'"]{1,600}\.pyx?):\d+: [\w.]*(?:Error|Exception)$/;
const LONGEST_OF_PYTEST = 80;

const FRAMES: readonly RegExp[] = [
  /^File "([^"]{1,600})", line \d+(?:,? in (.{1,120}))?/,
  // IPython, new and old, and notebooks of Databricks.
  /^File ([^\s":]{1,600}):\d+(?:,? in ([^\s(]{1,120}))?/,
  /^File (<[\w-]{1,80}>),? line \d+(?:,? in ([^\s(]{1,120}))?/,
  /^((?:\/|~\/)[^\s:]{1,600}\.pyx?|<[\w.-]{1,80}>) in ([^\s(]{1,120})/,
  /^(Cell In ?\[\d+\])[,:]/,
  // pytest, and rich.
  /^([^\s:'"]{1,600}\.py):\d+:(?: in (\S{1,120})|$)/,
  /^((?:\/|~\/|\.\/)[^\s:]{1,600}\.py):\d+ in (\S{1,120})/,
];

export function frameOf(message: string): Frame | null {
  const first = message.charCodeAt(0);
  // Only `F`, `/`, `~`, `<`, `C` and paths begin a call.
  if (first === 32 || Number.isNaN(first)) return null;
  for (const pattern of FRAMES) {
    const match = pattern.exec(message);
    if (match !== null) return { file: match[1] ?? '', name: match[2] ?? '', code: '' };
  }
  return null;
}

/**
 * The traceback that ends below `lines`, which are the lines before the exception, nearest first;
 * null when there is none. `after` is what follows the exception.
 */
export function tracebackIn(
  lines: Iterable<Segment>,
  source: string,
  after: readonly Segment[],
  isLogged: (previous: Segment | undefined) => boolean,
): Traceback | null {
  const walk = lines[Symbol.iterator]();
  const frames: Frame[] = [];
  // pytest names the last call below the exception.
  const last = after
    .slice(0, 3)
    .map(({ message }) => LAST_OF_PYTEST.exec(message)?.[1])
    .find(Boolean);
  const header = walkToHeader(
    walk,
    source,
    frames,
    last === undefined ? LAST_CALL : LONGEST_OF_PYTEST,
  );
  if (last !== undefined) frames.push({ file: last, name: '', code: '' });
  if (header === 'none') return null;
  const above = header === 'cut' ? ABOVE_NOTHING : lookAbove(walk, source, isLogged);
  const own = header === 'cut' ? '' : header.whole;
  const isWorker =
    WORKER_HEADER.test(own) ||
    above.isWorker ||
    frames.some(({ file }) => WORKER_FRAME.test(file)) ||
    WORKER_STACK.test(after.find(({ message }) => message !== '')?.message ?? '');
  return {
    frames,
    isWorker,
    isCaught: !isWorker && above.isCaught,
    egg: eggOf(frames),
    isSparkHomeSearch: frames.some(({ file }) => file.includes('find_spark_home')),
    isUnpickling: frames.some(
      ({ file, code }) =>
        UNPICKLING_FRAME.test(file) && (code === '' || UNPICKLING_CODE.test(code)),
    ),
  };
}

/** Collects the calls; the header's line, `cut` when it is cut off, `none` when there is none. */
function walkToHeader(
  walk: Iterator<Segment>,
  source: string,
  frames: Frame[],
  lastCall: number,
): Segment | 'cut' | 'none' {
  let below = '';
  /** Lines without a meaning of their own since the last call: parts of a wrapped one. */
  let wrapped: string[] = [];
  let nearest = Number.POSITIVE_INFINITY;
  for (let count = 1; count <= LONGEST; count += 1) {
    const { value: segment, done } = walk.next();
    if (done === true) break;
    if (segment.source !== source) continue;
    const { message } = segment;
    if (message.includes(HEADER) || isWrappedHeader(message, wrapped)) return segment;
    const frame = frameOf(message) ?? wrappedFrame(message, wrapped);
    if (frame !== null) {
      nearest = Math.min(nearest, count);
      frames.unshift({ ...frame, code: below });
      below = '';
      wrapped = [];
    } else if (endsTraceback(message)) break;
    else if (message !== '' && !/^[\^~]+$/.test(message)) {
      below = message;
      wrapped = [message, ...wrapped.slice(0, MOST_WRAPPED - 1)];
    }
  }
  return nearest <= lastCall ? 'cut' : 'none';
}

const MOST_WRAPPED = 4;

function isWrappedHeader(message: string, below: readonly string[]): boolean {
  if (!message.includes('Trace')) return false;
  const [next = ''] = below;
  return `${message} ${next}`.includes(HEADER) || `${message}${next}`.includes(HEADER);
}

/** A call whose path a terminal or a mail broke over lines. */
function wrappedFrame(message: string, below: readonly string[]): Frame | null {
  if (!message.startsWith('File "')) return null;
  for (let lines = 1; lines <= below.length; lines += 1) {
    const rest = below.slice(0, lines);
    const frame = frameOf([message, ...rest].join('')) ?? frameOf([message, ...rest].join(' '));
    if (frame !== null) return { ...frame, file: frame.file.replaceAll(' ', '') };
  }
  return null;
}

interface Above {
  isWorker: boolean;
  isCaught: boolean;
}
const ABOVE_NOTHING: Above = { isWorker: false, isCaught: false };

/** What stands above the header: who announced it, or the traceback it was raised on top of. */
function lookAbove(
  walk: Iterator<Segment>,
  source: string,
  isLogged: (previous: Segment | undefined) => boolean,
): Above {
  let isCaught = false;
  let isChained = false;
  for (let count = 0; count < (isChained ? LONGEST : 4); count += 1) {
    const { value: segment, done } = walk.next();
    if (done === true) break;
    if (count === 0) isCaught = isLogged(segment);
    if (segment.source !== source) continue;
    const { message } = segment;
    if (!isChained && CHAIN.test(message)) isChained = true;
    if (!isChained && WORKER_ANNOUNCED.test(message)) return { isWorker: true, isCaught };
    if (!isChained) continue;
    const frame = frameOf(message);
    if (frame !== null && WORKER_FRAME.test(frame.file)) return { isWorker: true, isCaught };
    if (message.includes(HEADER)) return { isWorker: WORKER_HEADER.test(segment.whole), isCaught };
  }
  return { isWorker: false, isCaught };
}

function eggOf(frames: readonly Frame[]): string | null {
  for (const { file } of frames.toReversed()) {
    const egg = EGG_FRAME.exec(file)?.[1] ?? ZIP_FRAME.exec(file)?.[1];
    if (egg !== undefined) return egg;
  }
  return null;
}

export function endsTraceback(message: string): boolean {
  return ENDED.test(message) && !message.includes(HEADER);
}

/** Whose code a call is in. */
export type Owner = 'spark' | 'package' | 'interpreter' | 'user';

export function ownerOf({ file }: Frame): Owner {
  if (/(?:^|\/)(?:pyspark(?:\.zip)?|py4j|py4j-[^/]*)\//.test(file)) return 'spark';
  if (/(?:site|dist)-packages\//.test(file)) return 'package';
  if (/^<frozen|\/lib\/python[\d.]+\/|\/python\d*\.zip\//.test(file)) return 'interpreter';
  // Cython keeps the path inside the package.
  return /^(?:pandas|numpy|pyarrow|sklearn|scipy)\/.*\.p(?:yx|xi|y)$/.test(file)
    ? 'package'
    : 'user';
}

/** The import name of the installed package a call is in: `pandas`; null when it is in none. */
export function packageOf({ file }: Frame): string | null {
  const installed = /(?:site|dist)-packages\/([A-Za-z_]\w*)/.exec(file)?.[1];
  return installed ?? /^(pandas|numpy|pyarrow|sklearn|scipy)\//.exec(file)?.[1] ?? null;
}
