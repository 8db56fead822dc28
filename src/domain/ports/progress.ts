/** What every port that takes its time is given. */
/** How a long task reports and is stopped; given to every port that takes more than a moment. */
export interface Progress {
  signal: AbortSignal;
  /** One line for the build's log; secrets are redacted behind it. */
  log(line: string): void;
  /** A short line for people, replacing the last one: `62 MB of 98 MB`. */
  detail(text: string): void;
}
