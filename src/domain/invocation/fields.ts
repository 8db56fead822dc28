/** Readers of a request's fields that have rules of their own. */
import type { Manager } from '../cluster.ts';
import { isName, NAME_RULE, printable } from '../names.ts';
import { meantOf } from '../near-names.ts';
import type { Layout } from '../request.ts';
import { isVariable } from '../shell.ts';
import { hiddenBy } from './alias.ts';
import { refuse } from './refusal.ts';
import { entriesAt, isAbsent, kindOf, printableAt, textAt } from './values.ts';
import { isVersion } from './version.ts';

export function nameAt(value: unknown, field: string): string {
  const text = textAt(value, field);
  if (isName(text)) return text;
  return refuse(
    'bad-name',
    `\`${field}\` cannot be \`${printable(text)}\`: a name is ${NAME_RULE}.`,
    'Use a name such as `churn` or `my-local-env`.',
  );
}

export function aliasAt(value: unknown, layout: Layout): string | null {
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

export function revisionAt(value: unknown): number | null {
  if (isAbsent(value)) return null;
  if (typeof value === 'number' && Number.isSafeInteger(value) && value > 0) return value;
  return refuse(
    'bad-type',
    `\`revision\` must be a whole number from 1, not ${kindOf(value)}.`,
    'Give the number after the `@`, such as 3 of `churn@3`.',
  );
}

export function managerAt(value: unknown): Manager {
  const managers: readonly Manager[] = ['yarn', 'kubernetes', 'standalone', 'local-cluster'];
  const manager = managers.find((candidate) => candidate === value);
  if (manager !== undefined) return manager;
  return refuse(
    isAbsent(value) ? 'missing-field' : 'bad-value',
    `\`cluster.manager\` cannot be ${typeof value === 'string' ? `\`${printable(value)}\`` : kindOf(value)}.`,
    meantOf(String(value), managers).suggestion,
  );
}

export function versionAt(value: unknown, field: string): string | null {
  if (isAbsent(value)) return null;
  const text = textAt(value, field);
  if (isVersion(text)) return text;
  return refuse(
    'bad-version',
    `\`${field}\` is not a version: \`${printable(text)}\`.`,
    'Give a version such as `3.5.9`, or null when it is not known.',
  );
}

/** A Spark setting's name; Spark drops settings that do not start with `spark.` with a warning. */
const CONF_KEY = /^spark\.[A-Za-z0-9_][A-Za-z0-9_.-]*$/;

export function confAt(value: unknown): Readonly<Record<string, string>> {
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

export function activationAt(value: unknown): Readonly<Record<string, string>> {
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

export function plainVariablesAt(value: unknown): Readonly<Record<string, string>> {
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

export function variablesAt(value: unknown, field: string): readonly string[] {
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

export function importsAt(value: unknown): readonly string[] {
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

export function packagesAt(value: unknown): ReadonlySet<string> | null {
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
