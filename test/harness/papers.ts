import type { Papers } from '../../src/domain/manifest.ts';

/** What lies on an edge for a revision, where nobody reads it. */
export function papersOf(manifest: object): Papers {
  const json = `${JSON.stringify(manifest)}\n`;
  return { json, 'json.sig': 'a signature\n', 'cdx.json': '{}\n' };
}
