import { findConfigFile } from '../config/find.ts';
import type { Config } from '../config.ts';

/** The named configuration or the one that is found; null where a command does without. */
export async function configuration(named: string | undefined): Promise<Config | null> {
  const file = named ?? (await findConfigFile(process.env));
  if (file === null) return null;
  // Its rules are loaded for a file only.
  const { loadConfig } = await import('../config.ts');
  return loadConfig({ file, environment: process.env });
}
