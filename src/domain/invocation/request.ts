import type { ClusterProfile, Manager } from '../cluster.ts';
import { isName, NAME_RULE, printable } from '../names.ts';
import { isVariable } from '../shell.ts';
import { defaultAlias, hiddenBy } from './alias.ts';
import { refuse } from './refusal.ts';
import { isVersion } from './version.ts';

/** Where the answer is pasted: a shell line, or a document for another program. */
export type Purpose = 'shell' | 'jupyter' | 'livy' | 'spark-defaults' | 'connect';
export type Tool = 'pyspark' | 'spark-submit';
export type ClusterMode = 'client' | 'cluster';
export type Layout = 'local' | 'global';

/** One staging and how it is to be run. Everything but the first three has a default. */
export interface InvocationRequest {
  environment: string;
  archive: { path: string; hdfs?: string | null };
  cluster: Pick<ClusterProfile, 'manager'> & Partial<ClusterProfile>;
  /** The unpacked prefix on the edge, absolute: the driver's Python in client mode. */
  driverPrefix?: string | null;
  revision?: number | null;
  layout?: Layout;
  /** The folder the archive is unpacked under on the executors. */
  alias?: string | null;
  tool?: Tool;
  mode?: ClusterMode;
  /** The Python file for spark-submit; null ends the line where the person adds their own. */
  application?: string | null;
  arguments?: readonly string[];
  /** Further Spark settings. */
  conf?: Readonly<Record<string, string>>;
  for?: Purpose;
  /** What activation would set: variable → path relative to the prefix, or several with `:`. */
  activation?: Readonly<Record<string, string>>;
  /** What it would set to other values: variable → value. */
  variables?: Readonly<Record<string, string>>;
  /** The staging root on the edge, absolute: where the global layout's folder is. */
  root?: string | null;
  /** Modules the verification imports; without effect on the line. */
  imports?: readonly string[];
  /** Names of the packages in the environment: some documents need one; null when not known. */
  packages?: readonly string[] | null;
}

/** A request that was read completely: every field present, every value well formed. */
export interface CheckedRequest {
  environment: string;
  revision: number | null;
  layout: Layout;
  alias: string;
  archive: { path: string; hdfs: string | null };
  driverPrefix: string | null;
  cluster: {
    manager: Manager;
    spark: string | null;
    hadoop: string | null;
    master: string | null;
    sparkHome: string | null;
    siteVariables: readonly string[];
    siteAliases: readonly string[];
  };
  tool: Tool;
  mode: ClusterMode;
  application: string | null;
  arguments: readonly string[];
  conf: Readonly<Record<string, string>>;
  for: Purpose;
  activation: Readonly<Record<string, string>>;
  variables: Readonly<Record<string, string>>;
  root: string | null;
  imports: readonly string[];
  packages: ReadonlySet<string> | null;
}

const KEYS = [
  'environment',
  'revision',
  'layout',
  'alias',
  'archive',
  'driverPrefix',
  'cluster',
  'tool',
  'mode',
  'application',
  'arguments',
  'conf',
  'for',
  'activation',
  'variables',
  'root',
  'imports',
  'packages',
];
const ARCHIVE_KEYS = ['path', 'hdfs'];
const CLUSTER_KEYS = [
  'manager',
  'spark',
  'hadoop',
  'master',
  'sparkHome',
  'name',
  'glibc',
  'architecture',
  'siteVariables',
  'siteAliases',
];

/**
 * Control characters end lines, lone surrogates have no UTF-8, and bidirectional controls make a
 * line read differently from what it does.
 */
const UNPRINTABLE = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/u;

/** Reads a request, from JSON or from our own code. Throws `InvocationRefusal`. */
export function checkRequest(value: unknown): CheckedRequest {
  const request = objectAt(value, 'the request', KEYS);
  const archive = objectAt(request.archive, '`archive`', ARCHIVE_KEYS);
  const cluster = objectAt(request.cluster, '`cluster`', CLUSTER_KEYS);
  const environment = nameAt(request.environment, 'environment');
  const layout = choiceAt(request.layout, 'layout', ['local', 'global'], 'local');
  const path = absolutePathAt(archive.path, 'archive.path');
  return {
    environment,
    revision: revisionAt(request.revision),
    layout,
    alias: aliasAt(request.alias, layout) ?? defaultAlias(layout, environment, path),
    archive: { path, hdfs: optionalTextAt(archive.hdfs, 'archive.hdfs') },
    driverPrefix: optionalPathAt(request.driverPrefix, 'driverPrefix'),
    cluster: {
      manager: managerAt(cluster.manager),
      spark: versionAt(cluster.spark, 'cluster.spark'),
      hadoop: versionAt(cluster.hadoop, 'cluster.hadoop'),
      master: optionalTextAt(cluster.master, 'cluster.master'),
      sparkHome: optionalPathAt(cluster.sparkHome, 'cluster.sparkHome'),
      siteVariables: variablesAt(cluster.siteVariables, 'cluster.siteVariables'),
      siteAliases: textsAt(cluster.siteAliases, 'cluster.siteAliases'),
    },
    tool: choiceAt(request.tool, 'tool', ['pyspark', 'spark-submit'], 'pyspark'),
    mode: choiceAt(request.mode, 'mode', ['client', 'cluster'], 'client'),
    application: optionalTextAt(request.application, 'application'),
    arguments: textsAt(request.arguments, 'arguments'),
    conf: confAt(request.conf),
    for: choiceAt(
      request.for,
      'for',
      ['shell', 'jupyter', 'livy', 'spark-defaults', 'connect'],
      'shell',
    ),
    activation: activationAt(request.activation),
    variables: plainVariablesAt(request.variables),
    root: optionalPathAt(request.root, 'root'),
    imports: importsAt(request.imports),
    packages: packagesAt(request.packages),
  };
}

function isAbsent(value: unknown): value is null | undefined {
  return value === undefined || value === null;
}

function objectAt(value: unknown, what: string, keys: readonly string[]): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return refuse(
      'bad-request',
      `${what} must be an object, not ${kindOf(value)}.`,
      `Give ${what} as a JSON object with ${keys.map((key) => `\`${key}\``).join(', ')}.`,
    );
  }
  for (const key of Object.keys(value)) {
    if (keys.includes(key)) continue;
    refuse(
      'unknown-key',
      `${what} has an unknown key \`${printable(key)}\`.`,
      `Use only ${keys.map((known) => `\`${known}\``).join(', ')}.`,
    );
  }
  return value as Record<string, unknown>;
}

function textAt(value: unknown, field: string): string {
  if (typeof value !== 'string' || value === '') {
    return refuse(
      isAbsent(value) ? 'missing-field' : 'bad-type',
      `\`${field}\` must be text that is not empty, not ${kindOf(value)}.`,
      `Set \`${field}\`.`,
    );
  }
  return printableAt(value, field);
}

function printableAt(text: string, field: string): string {
  const bad = UNPRINTABLE.exec(text);
  if (bad === null) return text;
  const code = bad[0].codePointAt(0)?.toString(16).toUpperCase().padStart(4, '0');
  return refuse(
    'bad-character',
    `\`${field}\` holds the character U+${code} at offset ${bad.index}, which cannot stand in a command line.`,
    'Remove it: newlines, tabs, NUL, lone surrogates and text-direction controls are not accepted.',
  );
}

function optionalTextAt(value: unknown, field: string): string | null {
  return isAbsent(value) ? null : textAt(value, field);
}

function nameAt(value: unknown, field: string): string {
  const text = textAt(value, field);
  if (isName(text)) return text;
  return refuse(
    'bad-name',
    `\`${field}\` cannot be \`${printable(text)}\`: a name is ${NAME_RULE}.`,
    'Use a name such as `churn` or `my-local-env`.',
  );
}

function aliasAt(value: unknown, layout: Layout): string | null {
  if (isAbsent(value)) return null;
  const alias = nameAt(value, 'alias');
  const hidden = hiddenBy(alias, layout);
  if (hidden === null) return alias;
  return refuse(
    'alias-taken',
    `The alias \`${alias}\` would hide ${hidden}.`,
    'Leave `alias` out: the default, such as `churn_zip`, is free.',
  );
}

function revisionAt(value: unknown): number | null {
  if (isAbsent(value)) return null;
  if (typeof value === 'number' && Number.isSafeInteger(value) && value > 0) return value;
  return refuse(
    'bad-type',
    `\`revision\` must be a whole number from 1, not ${kindOf(value)}.`,
    'Give the number after the `@`, such as 3 of `churn@3`.',
  );
}

function absolutePathAt(value: unknown, field: string): string {
  const text = textAt(value, field);
  if (!text.startsWith('/') || text.split('/').includes('..')) {
    return refuse(
      'bad-path',
      `\`${field}\` must be an absolute path without \`..\`, not \`${printable(text)}\`.`,
      `Give the path on the edge node from \`/\` on.`,
    );
  }
  return text === '/' ? text : text.replace(/\/+$/, '');
}

function optionalPathAt(value: unknown, field: string): string | null {
  return isAbsent(value) ? null : absolutePathAt(value, field);
}

function choiceAt<Choice extends string>(
  value: unknown,
  field: string,
  choices: readonly Choice[],
  fallback: Choice,
): Choice {
  if (isAbsent(value)) return fallback;
  const choice = choices.find((candidate) => candidate === value);
  if (choice !== undefined) return choice;
  return refuse(
    'bad-value',
    `\`${field}\` cannot be ${typeof value === 'string' ? `\`${printable(value)}\`` : kindOf(value)}.`,
    `Use one of ${choices.map((candidate) => `\`${candidate}\``).join(', ')}.`,
  );
}

function managerAt(value: unknown): Manager {
  const managers: readonly Manager[] = ['yarn', 'kubernetes', 'standalone', 'local-cluster'];
  const manager = managers.find((candidate) => candidate === value);
  if (manager !== undefined) return manager;
  return refuse(
    isAbsent(value) ? 'missing-field' : 'bad-value',
    `\`cluster.manager\` cannot be ${typeof value === 'string' ? `\`${printable(value)}\`` : kindOf(value)}.`,
    `Use one of ${managers.map((candidate) => `\`${candidate}\``).join(', ')}.`,
  );
}

function versionAt(value: unknown, field: string): string | null {
  if (isAbsent(value)) return null;
  const text = textAt(value, field);
  if (isVersion(text)) return text;
  return refuse(
    'bad-version',
    `\`${field}\` is not a version: \`${printable(text)}\`.`,
    'Give a version such as `3.5.9`, or null when it is not known.',
  );
}

function textsAt(value: unknown, what: string): readonly string[] {
  if (isAbsent(value)) return [];
  if (!Array.isArray(value)) {
    return refuse(
      'bad-type',
      `\`${what}\` must be a list of text.`,
      'Give a list such as `["x"]`.',
    );
  }
  return value.map((argument, index) => {
    const field = `${what}[${index}]`;
    if (typeof argument === 'string') return printableAt(argument, field);
    return refuse(
      'bad-type',
      `\`${field}\` must be text, not ${kindOf(argument)}.`,
      'Write every argument as text: `"7"`, not `7`.',
    );
  });
}

/** A Spark setting's name; Spark drops settings that do not start with `spark.` with a warning. */
const CONF_KEY = /^spark\.[A-Za-z0-9_][A-Za-z0-9_.-]*$/;

function confAt(value: unknown): Readonly<Record<string, string>> {
  const conf: [string, string][] = [];
  for (const [key, setting] of entriesAt(value, 'conf')) {
    if (!CONF_KEY.test(key)) {
      refuse(
        'bad-conf-key',
        `\`${printable(key)}\` is not the name of a Spark setting.`,
        'Use names that start with `spark.`, such as `spark.executor.memory`.',
      );
    }
    if (typeof setting !== 'string') {
      return refuse(
        'bad-type',
        `\`conf.${key}\` must be text, not ${kindOf(setting)}.`,
        'Write every value as text: `"4"`, not `4`.',
      );
    }
    conf.push([key, printableAt(setting, `conf.${key}`)]);
  }
  return Object.fromEntries(conf);
}

/** Paths below the prefix in letters that neither YARN (`{{X}}`, `$X`) nor a shell rewrites. */
const RELATIVE_PATHS = /^(?!.*(?:^|:)\/)(?!.*(?:^|[/:])\.\.(?:[/:]|$))[A-Za-z0-9_.+@/:-]*$/;
/** The same for a value, which is no path or not of the prefix. */
const PLAIN_VALUE = /^[\w.+@:,=/ -]*$/;

function activationAt(value: unknown): Readonly<Record<string, string>> {
  const activation: [string, string][] = [];
  for (const [name, path] of entriesAt(value, 'activation')) {
    if (!isVariable(name)) {
      refuse(
        'bad-activation',
        `\`${printable(name)}\` in \`activation\` is not the name of a variable.`,
        'Use variables such as `GDAL_DATA` or `PROJ_DATA`.',
      );
    }
    if (typeof path !== 'string' || !RELATIVE_PATHS.test(path)) {
      return refuse(
        'bad-activation',
        `\`activation.${name}\` must be a path relative to the prefix.`,
        'Give a path such as `share/gdal`, without a leading `/` and without `..`.',
      );
    }
    activation.push([name, path.replace(/\/+$/, '')]);
  }
  return Object.fromEntries(activation);
}

function plainVariablesAt(value: unknown): Readonly<Record<string, string>> {
  const variables = entriesAt(value, 'variables').map(([name, text]): [string, string] => {
    if (isVariable(name) && typeof text === 'string' && PLAIN_VALUE.test(text)) return [name, text];
    return refuse(
      'bad-variable',
      `\`variables.${printable(name)}\` is not a plain value of a variable.`,
      'Use names such as `PROJ_NETWORK` and values of letters, digits, blanks and `. _ - + = @ : , /`.',
    );
  });
  return Object.fromEntries(variables);
}

function variablesAt(value: unknown, field: string): readonly string[] {
  if (isAbsent(value)) return [];
  if (Array.isArray(value) && value.every((name) => typeof name === 'string' && isVariable(name))) {
    return value;
  }
  return refuse(
    'bad-type',
    `\`${field}\` must be a list of names of variables.`,
    'Give a list such as `["PYTHONPATH"]`.',
  );
}

const MODULE = /^[A-Za-z_]\w*(\.[A-Za-z_]\w*)*$/;

function importsAt(value: unknown): readonly string[] {
  if (isAbsent(value)) return [];
  if (
    Array.isArray(value) &&
    value.every((item) => typeof item === 'string' && MODULE.test(item))
  ) {
    return value;
  }
  return refuse(
    'bad-type',
    '`imports` must be a list of module names.',
    'Give a list such as `["numpy", "pandas"]`.',
  );
}

function packagesAt(value: unknown): ReadonlySet<string> | null {
  if (isAbsent(value)) return null;
  if (Array.isArray(value) && value.every((item) => typeof item === 'string')) {
    return new Set(value);
  }
  return refuse(
    'bad-type',
    '`packages` must be a list of package names.',
    'Give a list such as `["python", "numpy"]`, or leave it out.',
  );
}

function entriesAt(value: unknown, field: string): [string, unknown][] {
  if (isAbsent(value)) return [];
  if (typeof value === 'object' && !Array.isArray(value)) return Object.entries(value);
  return refuse(
    'bad-type',
    `\`${field}\` must be an object, not ${kindOf(value)}.`,
    `Leave \`${field}\` out or give \`{}\`.`,
  );
}

function kindOf(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  if (value === '') return 'empty text';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}
