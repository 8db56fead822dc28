import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/** Name → its versions, each once, as the channel writes them. */
export type Versions = Map<string, Set<string>>;

/**
 * A record's key is its file name, `name-version-build.conda`, and neither version nor build may
 * hold a hyphen (conda, "Package naming conventions"); a key is followed by its record.
 */
const KEY = /"([^"\\/]+)-([^"\\/-]+)-[^"\\/-]+\.(?:conda|tar\.bz2)"\s*:\s*\{/g;
/** The longest key there may be and its colon: what a border between two pieces can cut through. */
const LONGEST_KEY = 1024;
/** Names and versions together; the largest public channel has about eight million characters. */
const MOST_CHARACTERS = 64e6;

/**
 * Collects names and versions of a `repodata.json` while it streams by, so that neither its bytes
 * (several hundred megabytes of the largest channel) nor its records are ever held. Throws when
 * it holds more names than fit into memory, or ends before its document does.
 */
export async function readRepodata(source: Readable, versions: Versions = new Map()) {
  /** Most versions are those of many packages. */
  const copies = new Map<string, string>();
  let rest = '';
  let characters = 0;
  let last = '';
  const decoder = new TextDecoder();
  await pipeline(source, async (pieces: AsyncIterable<Uint8Array>) => {
    for await (const piece of pieces) {
      const text = rest + decoder.decode(piece, { stream: true });
      let end = 0;
      for (const match of text.matchAll(KEY)) {
        const [whole, name = '', version = ''] = match;
        end = match.index + whole.length;
        const known = versions.get(name);
        if (known?.has(version)) continue;
        const own = copies.get(version) ?? copy(version);
        copies.set(own, own);
        if (known) known.add(own);
        else versions.set(copy(name), new Set([own]));
        characters += version.length + (known ? 0 : name.length);
        if (characters > MOST_CHARACTERS) throw new Error('the channel has too many packages');
      }
      rest = text.slice(Math.max(end, text.length - LONGEST_KEY));
      last = text.trimEnd().at(-1) ?? last;
    }
  });
  if (last !== '}') throw new Error('repodata.json ends in the middle');
  return versions;
}

/** Slices of a large text keep all of it in memory; copies do not. */
function copy(text: string): string {
  return Buffer.from(text).toString();
}
