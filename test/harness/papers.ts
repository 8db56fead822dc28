import type { Papers, RecordPapers } from '../../src/domain/manifest.ts';

/** What lies on an edge for a revision, where nobody reads it. */
export function papersOf(manifest: object): Papers {
  const json = `${JSON.stringify(manifest)}\n`;
  return { json, 'json.sig': 'a signature\n', 'cdx.json': '{}\n' };
}

/** What an edge is told of a record, where nobody reads it. */
export const recordPapers: RecordPapers = { json: '{"told":true}\n', 'json.sig': '' };
