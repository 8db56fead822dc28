import { printable } from '../names.ts';
import { refuse } from './refusal.ts';
import type { CheckedRequest } from './request.ts';

/** Spark settings in the order they are written. */
export type Settings = readonly (readonly [key: string, value: string])[];

export interface Decided {
  /** Settings the line writes. */
  settings: Settings;
  /** Settings the line writes unless the person has their own. */
  defaults: Settings;
  /** What further settings are for the line but not written as such: key → the only value allowed. */
  implied: Readonly<Record<string, string | null>>;
  /** `spark.yarn.dist.archives` or `spark.archives`. */
  archivesSetting: string;
}

export interface MergedSettings {
  settings: Settings;
  /** Archives the person adds to ours, as `location` or `location#alias`. */
  archives: readonly string[];
}

/**
 * Adds the person's `conf` to what the line decides. Archives are additive, a repeated value is
 * dropped, and everything that contradicts the line, carries a secret or ships an egg is refused.
 */
export function mergeSettings(request: CheckedRequest, decided: Decided): MergedSettings {
  const settings = new Map(decided.settings);
  for (const [key, value] of decided.defaults) {
    if (!Object.hasOwn(request.conf, key) && !settings.has(key)) settings.set(key, value);
  }
  const archives: string[] = [];
  for (const [key, value] of Object.entries(request.conf)) {
    checkSecret(key, value);
    checkEgg(key, value);
    if (isArchives(key)) {
      archives.push(...addedArchives(request, decided, key, value));
      continue;
    }
    const fixed = Object.hasOwn(decided.implied, key) ? decided.implied[key] : settings.get(key);
    if (fixed !== undefined && fixed !== value) contradiction(key, fixed);
    if (Object.hasOwn(decided.implied, key)) continue;
    settings.set(key, value);
  }
  return { settings: [...settings], archives };
}

/** Whether a setting is one that `--archives` stands for. */
export function isArchives(key: string): boolean {
  return key === 'spark.yarn.dist.archives' || key === 'spark.archives';
}

/**
 * The option `--archives` replaces these settings of the same command line, so their values move
 * into it. YARN takes both kinds (measured on 3.5.9: what a site's `spark-defaults.conf` has under
 * either is unpacked beside `--archives`); elsewhere only `spark.archives` is read.
 */
function addedArchives(
  request: CheckedRequest,
  decided: Decided,
  key: string,
  value: string,
): string[] {
  if (decided.archivesSetting === 'spark.archives' && key !== 'spark.archives') {
    refuse(
      'conf-conflict',
      `\`${key}\` is read on YARN only, and this cluster is another.`,
      'Use `spark.archives`.',
    );
  }
  const added = value
    .split(',')
    .map((archive) => archive.trim())
    .filter((archive) => archive !== '');
  for (const archive of added) {
    const alias = archive.includes('#')
      ? archive.slice(archive.indexOf('#') + 1)
      : archive.slice(archive.lastIndexOf('/') + 1);
    if (alias === request.alias) {
      refuse(
        'conf-conflict',
        `\`${key}\` unpacks \`${printable(archive)}\` under \`${request.alias}\`, where the environment goes.`,
        'Give that archive another name after the `#`.',
      );
    }
  }
  return added;
}

function contradiction(key: string, fixed: string | null): never {
  return refuse(
    'conf-conflict',
    fixed === null
      ? `\`${key}\` would break the line: the interpreter and its paths come from the archive.`
      : `\`${key}\` contradicts the line, which needs ${fixed === '' ? 'it empty' : `\`${fixed}\` there`}.`,
    `Remove \`${key}\` from \`conf\`.`,
  );
}

/** Spark's own `spark.redaction.regex`, and Azure's account keys. */
const SECRET_KEY = /secret|password|token|access[.]?key|account[.]key/i;
/** Settings that match but name a place or a switch, never a secret. */
const NOT_SECRET = /(file|path|provider|enabled|interval|class|renewer)$/i;
const SECRET_VALUE =
  /\bAKIA[0-9A-Z]{16}\b|\bxox[abprs]-|-----BEGIN |[a-z]:\/\/[^/\s:@]+:[^/\s@]+@/i;

/** A variable's name may end so without a word of Spark's. */
const SECRET_VARIABLE = /(^|_)(API_?KEY|KEY|AUTH|CREDENTIALS?|PASS(WD)?)$/i;

export function looksSecret(name: string, value: string): boolean {
  return SECRET_VARIABLE.test(name) || isSecret(name, value);
}

function isSecret(key: string, value: string): boolean {
  return (SECRET_KEY.test(key) && !NOT_SECRET.test(key)) || SECRET_VALUE.test(value);
}

function checkSecret(key: string, value: string): void {
  if (!isSecret(key, value)) return;
  refuse(
    'secret-in-conf',
    `\`${key}\` looks like a secret, and a command line is visible to every user of the host.`,
    'Put it into spark-defaults.conf on the edge or a Hadoop credential provider.',
  );
}

function checkEgg(key: string, value: string): void {
  if (!/\.egg\s*(,|$)/i.test(value)) return;
  refuse(
    'egg',
    `\`${key}\` ships an egg: it goes before the environment on the path, and its compiled parts cannot be imported from it.`,
    'Build your package into the environment with `--project`.',
  );
}
