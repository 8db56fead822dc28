import { findConfigFile, requireConfigFile } from '../config/find.ts';
import type { Config } from '../config.ts';

/** The named configuration or the one that is found; null where a command does without. */
export async function configuration(named: string | undefined): Promise<Config | null> {
  const file = named ?? (await findConfigFile(process.env));
  return file === null ? null : read(file);
}

/** The same for a command that cannot do without. Throws `config-missing`. */
export async function requireConfiguration(named: string | undefined): Promise<Config> {
  return read(await requireConfigFile(named, process.env));
}

/** Its rules are loaded for a file only. */
async function read(file: string): Promise<Config> {
  const { loadConfig } = await import('../config.ts');
  return loadConfig({ file, environment: process.env });
}
