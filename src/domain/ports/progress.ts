/** How a long task reports and is stopped; given to every port that takes more than a moment. */
export interface Progress {
  signal: AbortSignal;
  /** One line for the build's log; secrets are redacted behind it. */
  log(line: string): void;
  /** A short line for people, replacing the last one: `62 MB of 98 MB`. */
  detail(text: string): void;
  /** Somebody waits for an answer and sees nothing until then: an edge that is away is not tried for long. */
  isAwaited?: boolean;
}

/** The same of work on an edge, of which nobody may want to see more than the log. */
export type EdgeReporting = Pick<Progress, 'signal' | 'log' | 'isAwaited'> &
  Partial<Pick<Progress, 'detail'>>;
