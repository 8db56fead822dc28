import type { FailureId } from '../finding.ts';
import type { Traceback } from '../traceback.ts';

/** What a clue may ask about the place it was found in. */
export interface Place {
  match: RegExpExecArray;
  message: string;
  /** The traceback this line ends; null when it ends none, or one that was caught. */
  readonly traceback: Traceback | null;
  /** Whether one of the next `lines` lines matches. */
  followedBy: (pattern: RegExp, lines: number) => boolean;
  /** Whether Java's stack below matches, with its causes. */
  stackHas: (pattern: RegExp) => boolean;
  /** Whether one of the `lines` lines before matches. */
  precededBy: (pattern: RegExp, lines: number) => boolean;
  /** Whether the text says it anywhere. */
  mentions: (pattern: RegExp) => boolean;
}

/** A wording that points to a cause. */
export interface Clue {
  id: FailureId;
  /** A text every match holds one of, in the log's own letters; the prefilter looks for it. */
  needle: string | readonly string[];
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
export const CANNOT_RUN = `${THROWN}Cannot run program "(${PYTHON})"[^:]{0,300}: (?:Exec failed, )?error[=:] ?`;

/** A Python path of an archive or a staging, as shells and the kernel print it. */
export const PYTHON_PATH = '((?:\\.{1,2}|/)[^\\s:\'"]{0,300}/bin/python[\\d.]*)';

/** The program raised it: a text that only quotes the words ends no traceback. */
export const isRaised = ({ traceback }: Place): boolean => traceback !== null;

/** An absolute path that is no container's: the driver's Python, unpacked on the edge. */
export function isOnEdge(path: string): boolean {
  return (
    path.startsWith('/') &&
    !/\/(?:appcache|usercache|filecache|work-dir|work|blockmgr-|spark-)[^/]*\//.test(path)
  );
}
