import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';

/** The scopes a workspace grants our bot: those the manifest asks for, and no more. */
export async function manifestScopes(): Promise<string[]> {
  const text = await readFile(join(import.meta.dirname, '../../manifest.yaml'), 'utf8');
  const manifest = parse(text) as { oauth_config: { scopes: { bot: string[] } } };
  return manifest.oauth_config.scopes.bot;
}
