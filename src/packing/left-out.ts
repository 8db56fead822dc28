import { readdirSync, readFileSync } from 'node:fs';
import { anything, mapOf, object, parseJson } from '../domain/shape.ts';
import { isLeftOut, type PrefixFile } from './prefix.ts';
import type { PackWarning } from './warning.ts';

/** Scripts another conda left here: they name its own prefix. An environment's own stay. */
const FOREIGN_SCRIPTS = new Set([
  'bin/conda',
  'bin/activate',
  'bin/deactivate',
  'bin/conda-unpack',
]);

/** What the archive has of its own, unless it is made for one place: `scripts` in `plan.ts`. */
const OWN_SCRIPTS = new Set(['bin/activate', 'bin/deactivate', 'bin/conda-unpack']);

/** Whether a file of the prefix stays behind for its name. */
export function staysBehind(path: string, isOwned: boolean, ownScripts: boolean): boolean {
  return (!isOwned && FOREIGN_SCRIPTS.has(path)) || (ownScripts && OWN_SCRIPTS.has(path));
}

/** conda's `PREFIX_STATE_FILE`: what `conda env config vars set` keeps. */
const STATE = 'conda-meta/state';

const STATE_SHAPE = object<{ env_vars: Record<string, unknown> }>({ env_vars: mapOf(anything) });

/** How conda writes down that a variable is to be unset (`CONDA_ENV_VARS_UNSET_VAR`). */
const UNSET = '***unset***';

/** What an archive does not have although somebody may count on it. */
export function leftOutWarnings(
  prefix: string,
  files: readonly PrefixFile[],
  isOwned: (path: string) => boolean,
  ownScripts: boolean,
): PackWarning[] {
  const folders = readdirSync(prefix).filter(isLeftOut).sort();
  const replaced = ownScripts ? [...OWN_SCRIPTS].filter(isOwned) : [];
  const variables = files.some(({ path }) => path === STATE)
    ? variablesOf(`${prefix}/${STATE}`)
    : [];
  return [
    ...said(
      folders,
      'left-out',
      (names) =>
        `${names} of conda's own (package cache, other environments, locks, trash) stay behind.`,
    ),
    ...said(
      replaced,
      'scripts-replaced',
      (names) =>
        `${names} of the package \`conda\` name the place they were installed at; the archive has its own instead.`,
    ),
    ...said(
      variables,
      'variables-left-out',
      (names) =>
        `\`conda env config vars\` sets ${names} here; an archive that everybody reads does not have them. Set what a job needs on its line: \`--conf spark.executorEnv.${variables[0]}=…\`.`,
    ),
  ];
}

function said(
  names: readonly string[],
  id: string,
  text: (names: string) => string,
): PackWarning[] {
  if (names.length === 0) return [];
  return [{ id, text: text(names.map((name) => `\`${name}\``).join(', ')) }];
}

/** Names only: their values are often secrets. */
function variablesOf(state: string): string[] {
  const variables = parseJson(readText(state), STATE_SHAPE)?.env_vars ?? {};
  return Object.keys(variables)
    .filter((name) => variables[name] !== UNSET)
    .sort();
}

/** Empty where it cannot be read: it is not archived. */
function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
