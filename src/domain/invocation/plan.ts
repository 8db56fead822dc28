import type { ManagerRules } from './managers.ts';
import type { CheckedRequest } from './request.ts';
import type { Settings } from './settings.ts';

/** Something the person should know before pasting; the line is right all the same. */
export interface InvocationWarning {
  /** Kebab-case and stable. */
  id: string;
  text: string;
}

/** What all documents are written from. */
export interface Plan {
  request: CheckedRequest;
  rules: ManagerRules;
  /** `--master`. */
  master: string;
  /** The environment as an executor sees it: `./churn_zip/churn`. */
  executorPrefix: string;
  /** The environment as the driver sees it. */
  driverPrefix: string;
  /** Every setting but master, deploy mode and archives. */
  settings: Settings;
  /** The value of `--archives`: ours first, then the person's. */
  archives: string;
}

export interface Invocation {
  /** One shell line, or the document for the program named by `for`. */
  text: string;
  format: 'shell' | 'json' | 'properties' | 'python';
  /** Exactly the variables the line sets; for `jupyter` those of the kernel; else empty. */
  environment: Readonly<Record<string, string>>;
  /** What is started with which arguments; empty for documents that start nothing. */
  argv: readonly string[];
  warnings: readonly InvocationWarning[];
  /** Where the line has to be run, absolute; null when anywhere will do. */
  directory: string | null;
  /** Where a document goes, in words; null for a shell line. */
  destination: string | null;
}

export function interpreter(prefix: string): string {
  return `${prefix}/bin/python`;
}

/** A path of the environment as seen from `prefix`. */
export function inside(prefix: string, path: string): string {
  return path === '' ? prefix : `${prefix}/${path}`;
}
