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
  /** The same shell line in rows to read, which paste as they are; null for a document. */
  rows: string | null;
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

/** Paths of the environment as seen from `prefix`: one, or several with `:` between. */
function inside(prefix: string, paths: string): string {
  return paths
    .split(':')
    .map((path) => (path === '' ? prefix : `${prefix}/${path}`))
    .join(':');
}

/** Everything that activation would have set, for an environment at `prefix`. */
export function activated(
  { activation, variables }: Pick<CheckedRequest, 'activation' | 'variables'>,
  prefix: string,
): [name: string, value: string][] {
  return [
    ...Object.entries(activation).map(([name, paths]): [string, string] => [
      name,
      inside(prefix, paths),
    ]),
    ...Object.entries(variables),
  ];
}
