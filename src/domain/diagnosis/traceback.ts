import type { Segment } from './segment.ts';

/** What is known of the Python traceback a line belongs to. */
export interface Traceback {
  /** Number of the line with the header. */
  line: number;
  /** Its exception has been read. */
  isClosed: boolean;
  /** Raised in a Python worker of an executor, not in the driver. */
  isWorker: boolean;
  /** Follows a message below ERROR: the program caught it and went on. */
  isCaught: boolean;
  /** Distribution name of an egg shipped with --py-files that a frame is in: `numpy`. */
  egg: string | null;
  /** A frame is in Spark's search for itself. */
  isSparkHomeSearch: boolean;
  /** Raised while the function of the driver was read on the worker. */
  isUnpickling: boolean;
}

/** Literal texts on which the reader has to look at a line; the prefilter is made from them. */
export const TRACEBACK_NEEDLES = [
  'Traceback (most recent call last)',
  'Python worker',
  'python worker',
  '.egg/',
  'pyspark/worker.py',
  'pyspark/daemon.py',
  'pyspark/serializers.py',
  'pyspark/cloudpickle',
  'find_spark_home',
  'During handling of the above exception',
  'The above exception was the direct cause',
] as const;

const HEADER = 'Traceback (most recent call last)';
/** In front of the traceback: Spark wraps what the worker sent back. */
const WORKER_HEADER = /PythonException(?::| \(|\\*","msg\\*":)/;
const WORKER_ANNOUNCED =
  /(?:from|in) (?:the )?python worker|Python worker exited|thrown from a UDF/i;
const WORKER_FRAME = /File "[^"]*pyspark\/(?:worker|daemon)\.py"/;
const UNPICKLING_FRAME = /File "[^"]*pyspark\/(?:serializers\.py|cloudpickle)/;
/** Eggs of `setup.py install` live in site-packages and shadow nothing. */
const EGG_FRAME = /File "(?![^"]*site-packages\/)[^"]*?([A-Za-z0-9_.]+)-[^"/]*\.egg\//;
const CHAIN =
  /^(?:During handling of the above exception|The above exception was the direct cause)/;
/** The exception that ends a traceback, or Java's stack after it. */
const ENDED =
  /^(?:at [\w.$]+\(|(?:[A-Za-z_]\w*\.)*[A-Z]\w*(?:Error|Exception|Interrupt|Exit)(?::|$))/;

/** Follows the tracebacks of every process of a log, line by line. */
export class TracebackReader {
  readonly #current = new Map<string, Traceback>();
  readonly #announced = new Map<string, number>();
  readonly #chained = new Map<string, boolean>();

  /** Takes a line in. `isCaught` is asked only where a traceback starts. */
  read(segment: Segment, line: number, isCaught: () => boolean): void {
    const { message, source } = segment;
    if (CHAIN.test(message)) {
      this.#chained.set(source, this.#current.get(source)?.isWorker ?? false);
      return;
    }
    if (WORKER_ANNOUNCED.test(message)) this.#announced.set(source, line);
    if (message.includes(HEADER)) {
      const announcedAt = this.#announced.get(source);
      const chained = this.#chained.get(source) ?? false;
      this.#chained.delete(source);
      this.#announced.delete(source);
      const isWorker =
        chained ||
        WORKER_HEADER.test(message) ||
        (announcedAt !== undefined && line - announcedAt <= 4);
      this.#current.set(source, {
        line,
        isClosed: false,
        isWorker,
        isCaught: !isWorker && isCaught(),
        egg: null,
        isSparkHomeSearch: false,
        isUnpickling: false,
      });
    }
    this.#readFrame(message, this.#current.get(source));
  }

  #readFrame(message: string, traceback: Traceback | undefined): void {
    if (traceback === undefined || !message.includes('File "')) return;
    if (WORKER_FRAME.test(message)) traceback.isWorker = true;
    if (UNPICKLING_FRAME.test(message)) traceback.isUnpickling = true;
    if (message.includes('find_spark_home')) traceback.isSparkHomeSearch = true;
    if (message.includes('.egg/')) traceback.egg = EGG_FRAME.exec(message)?.[1] ?? traceback.egg;
  }

  /** The last traceback of this process; whether it is still open is for the caller to see. */
  latest(source: string): Traceback | null {
    return this.#current.get(source) ?? null;
  }

  /** Called with the exception that ends the traceback, where the caller sees it. */
  close(source: string): void {
    const traceback = this.#current.get(source);
    if (traceback !== undefined) traceback.isClosed = true;
  }
}

export function endsTraceback(message: string): boolean {
  return ENDED.test(message) && !message.includes(HEADER);
}
