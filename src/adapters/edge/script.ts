import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { quote } from '../../domain/shell.ts';

/** The shell programs in `scripts/`: which there are, what is sent to run one, and how it fails. */

/** Names of the programs in `scripts/`. */
export type ScriptName =
  | 'ahead'
  | 'prepare'
  | 'publish'
  | 'keep'
  | 'unpack'
  | 'launch'
  | 'point'
  | 'intact'
  | 'restore'
  | 'remove'
  | 'sweep'
  | 'applications'
  | 'discard'
  | 'profile'
  | 'examine'
  | 'numbers'
  | 'papers'
  | 'recover'
  | 'hdfs'
  | 'run';

/** Programs that know of the packages that an edge keeps, unpacked and in its archives. */
const WITH_PACKAGES: ReadonlySet<ScriptName> = new Set([
  ...(['ahead', 'prepare', 'keep', 'unpack', 'restore', 'remove', 'sweep'] as const),
]);
const WITH_UNPACKING: ReadonlySet<ScriptName> = new Set(['keep', 'unpack', 'restore']);
/** Programs that tell what activation would set. */
const WITH_ACTIVATION: ReadonlySet<ScriptName> = new Set(['unpack', 'recover']);

/** Programs that write papers, or remove them. */
const WITH_KEEPING: ReadonlySet<ScriptName> = new Set(['unpack', 'point', 'remove']);

/** Parts that several programs have. */
type Part = 'common' | 'packages' | 'unpacking' | 'activation' | 'keeping';

export interface Script {
  name: ScriptName;
  /** Set as shell variables before the program runs; their values are always quoted. */
  variables: Readonly<Record<string, string | number>>;
  /** With the login shell's environment: SPARK_HOME, HADOOP_CONF_DIR and the like. */
  login?: boolean;
  deadlineSeconds?: number;
}

export interface ScriptOutput {
  /** `word rest of line` lines as a table; the last one with the same word wins. */
  facts: Map<string, string>;
  stdout: string;
  /** What start-up files of the login shell printed before the program began. */
  before: string;
  stderr: string;
}

/** Exit code and words of a program that failed; turned into an error by `failures.ts`. */
export class ScriptFailure extends Error {
  readonly code: number | null;
  readonly stderr: string;
  readonly stdout: string;

  constructor(code: number | null, stdout: string, stderr: string) {
    super(`exit code ${code}`);
    this.code = code;
    this.stdout = stdout;
    this.stderr = stderr;
  }
}

/**
 * /etc/profile often sets PATH anew; what the SSH server gave (as `$1`) stays reachable behind it.
 * What SPARK_HOME is without our own variables decides whether a person's line must set it.
 */
const AFTER_LOGIN = 'PATH=$PATH:$1\nouter_spark_home=$SPARK_HOME';

/**
 * A program travels as the standard input of `sh -s`, so that it does not matter which login shell
 * the user has. It is one function called on the last line: a connection cut while it travels
 * leaves nothing that runs, and what comes behind it is read by the program alone. Whatever start-up files print comes before the marker.
 */
export function composeScript(
  script: Script,
  environment: Readonly<Record<string, string>>,
  extra = '',
): { text: string; marker: string } {
  const marker = `conda-ferry-${randomBytes(8).toString('hex')}`;
  const program = [
    `marker=${marker}`,
    ...Object.entries(script.variables).map(([name, value]) => `${name}=${quote(String(value))}`),
    extra,
    withoutComments('common'),
    WITH_PACKAGES.has(script.name) ? withoutComments('packages') : '',
    WITH_UNPACKING.has(script.name) ? withoutComments('unpacking') : '',
    WITH_KEEPING.has(script.name) ? withoutComments('keeping') : '',
    WITH_ACTIVATION.has(script.name) ? withoutComments('activation') : '',
    script.login ? 'begin' : '',
    withoutComments(script.name),
  ].join('\n');
  const exported = Object.entries(environment)
    .map(([name, value]) => `export ${name}=${quote(value)}`)
    .join('\n');
  const body = script.login
    ? [
        'shell=sh',
        'if command -v bash >/dev/null 2>&1; then shell=bash; fi',
        `exec "$shell" -l -c ${quote(`${AFTER_LOGIN}\n${exported}\n${program}`)} "$shell" "$PATH" </dev/null`,
      ].join('\n')
    : [exported, `printf '%s\\n' ${marker}`, program].join('\n');
  return { text: `main() {\n${body}\n}\nmain; exit\n`, marker };
}

/** Comments are for who reads the file; several programs travel for each staging. */
function withoutComments(name: ScriptName | Part): string {
  return read(name).replace(/^ *#.*\n/gm, '');
}

/** The text of a file in `scripts/`. */
export function read(name: ScriptName | Part | 'launcher'): string {
  return readFileSync(new URL(`./scripts/${name}.sh`, import.meta.url), 'utf8');
}
