import { text as textOf } from 'node:stream/consumers';
import { normalName } from '../../domain/pip.ts';
import { anything, listOf, mapOf, object, or, readJson, string } from '../../domain/shape.ts';
import type { Fetcher } from '../host/fetch.ts';

/** A file of a package, as its index names it. */
export interface IndexedFile {
  file: string;
  url: string;
  /** Null where the index does not say it. */
  sha256: string | null;
  /** Versions of Python that it is for; null for all. */
  requiresPython: string | null;
  /** Why it was withdrawn, if it was. */
  yanked: boolean | string;
  /** Whether its metadata lie beside it (PEP 658). */
  hasMetadata: boolean;
}

/** The files of a package in the first index that has it (PEP 503 or 691); null where none does. */
export async function readPage(
  fetcher: Fetcher,
  indexes: readonly string[],
  name: string,
  signal: AbortSignal,
): Promise<IndexedFile[] | null> {
  for (const index of indexes) {
    const folder = `${index.replace(/\/+$/, '')}/${name}/`;
    const page = folder.startsWith('file:') ? `${folder}index.html` : folder;
    const fetched = await fetcher.get(page, null, signal);
    if (fetched.state === 'found') return filesOf(await textOf(fetched.body), folder);
  }
  return null;
}

/** Name and version of an sdist, from its file name; null for what is none of this package. */
export function sdistVersion(file: string, name: string): string | null {
  const stem = /^(.+)\.(?:tar\.gz|zip)$/.exec(file)?.[1] ?? '';
  const ends = [...stem.matchAll(/-/g)].map(({ index }) => index);
  const end = ends.find((at) => normalName(stem.slice(0, at)) === name);
  return end === undefined ? null : stem.slice(end + 1);
}

function filesOf(page: string, folder: string): IndexedFile[] {
  return page.trimStart().startsWith('{') ? filesOfJson(page, folder) : filesOfHtml(page, folder);
}

const LINK = /<a\s([^>]*)>([^<]*)<\/a>/gi;

function filesOfHtml(page: string, folder: string): IndexedFile[] {
  return [...page.matchAll(LINK)].flatMap(([, words = '', label = '']) => {
    const fields = new Map(
      [...words.matchAll(/([\w-]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'))?/g)].map(
        ([, field = '', double, single]) => [
          field.toLowerCase(),
          unescapeHtml(double ?? single ?? ''),
        ],
      ),
    );
    const href = fields.get('href') ?? '';
    if (!URL.canParse(href, folder)) return [];
    const url = new URL(href, folder);
    const sha256 = /^#sha256=([0-9a-f]{64})$/i.exec(url.hash)?.[1]?.toLowerCase() ?? null;
    url.hash = '';
    const withdrawn = fields.get('data-yanked');
    return {
      ...{ file: unescapeHtml(label).trim(), url: url.href, sha256 },
      requiresPython: fields.get('data-requires-python') ?? null,
      yanked: withdrawn === undefined ? false : withdrawn || true,
      hasMetadata: fields.has('data-core-metadata') || fields.has('data-dist-info-metadata'),
    };
  });
}

const ENTITIES: Readonly<Record<string, string>> = {
  ...{ '&lt;': '<', '&gt;': '>', '&quot;': '"', '&#39;': "'", '&#x27;': "'", '&amp;': '&' },
};

const unescapeHtml = (text: string): string =>
  text.replace(/&(?:lt|gt|quot|amp|#39|#x27);/g, (entity) => ENTITIES[entity] ?? entity);

interface Listed {
  filename: string;
  url: string;
  hashes: Record<string, string>;
  'requires-python': string | null;
  yanked: unknown;
  'core-metadata': unknown;
}

const PAGE = object<{ files: Listed[] }>({
  files: listOf(
    object<Listed>({
      ...{ filename: string, url: string, hashes: mapOf(string) },
      'requires-python': or(string, null),
      yanked: anything,
      'core-metadata': anything,
    }),
  ),
});

function filesOfJson(page: string, folder: string): IndexedFile[] {
  const { files } = readJson(page, PAGE, (why) => new Error(`its page cannot be read: ${why}`));
  return files
    .filter(({ url }) => URL.canParse(url, folder))
    .map(({ filename, url, hashes, yanked, ...fields }) => ({
      ...{ file: filename, url: new URL(url, folder).href },
      sha256: hashes.sha256?.toLowerCase() ?? null,
      requiresPython: fields['requires-python'],
      yanked: typeof yanked === 'string' ? yanked || true : yanked === true,
      hasMetadata: Boolean(fields['core-metadata']),
    }));
}
