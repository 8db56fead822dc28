import { access } from 'node:fs/promises';
import { resolve } from 'node:path';
import { userError } from '../domain/errors.ts';

type Environment = Readonly<Record<string, string | undefined>>;

const FILE_NAME = 'conda-ferry.yaml';

/** CONDA_FERRY_CONFIG, or `conda-ferry.yaml` in the current folder when it is there; else null. */
export async function findConfigFile(environment: Environment): Promise<string | null> {
  if (environment.CONDA_FERRY_CONFIG) return resolve(environment.CONDA_FERRY_CONFIG);
  const file = resolve(FILE_NAME);
  return (await isThere(file)) ? file : null;
}

/** The named file or the one that is found. Throws `config-missing`. */
export async function requireConfigFile(
  named: string | undefined,
  environment: Environment,
): Promise<string> {
  const file = named === undefined ? await findConfigFile(environment) : resolve(named);
  if (file !== null && (await isThere(file))) return file;
  throw userError({
    code: 'config-missing',
    message: file
      ? `There is no configuration at ${file}.`
      : `There is no ${FILE_NAME} in this folder, and CONDA_FERRY_CONFIG is not set.`,
    suggestion: `Type \`conda-ferry init\`, which asks for what it needs and writes it; or copy deploy/config.example.yaml to ${FILE_NAME}.`,
  });
}

async function isThere(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}
