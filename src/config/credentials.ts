import type { Credential } from '../domain/credential.ts';
import type { Path } from '../reading/yaml.ts';
import { type ConfigDocument, valueAt } from './document.ts';
import type { Problem } from './problems.ts';
import { readSecretFile } from './secrets.ts';

/** Who an index of pip takes a token from, as the public one does; others take any name. */
const TOKEN_USER = '__token__';

const FILES = ['tokenFile', 'usernameFile', 'passwordFile'] as const;

/**
 * What opens the private channels and indexes, from the files that are named beside each, and all that is wrong with
 * those. `absolute` gives the path of a file that is named.
 */
export async function readCredentials(
  document: ConfigDocument,
  absolute: (path: string) => string,
): Promise<{ credentials: Credential[]; problems: Problem[] }> {
  const known = new Map<string, { credential: Credential; path: Path }>();
  const problems: Problem[] = [];
  for (const { list, path } of entriesOf(document)) {
    const found = await readOne(document, list, path, absolute);
    if (found === null) continue;
    if ('problems' in found) {
      problems.push(...found.problems);
      continue;
    }
    const other = known.get(found.host);
    if (other === undefined) known.set(found.host, { credential: found, path });
    else if (JSON.stringify(other.credential) !== JSON.stringify(found)) {
      problems.push({
        where: document.placeOf(path),
        what: `is opened in another way than ${document.placeOf(other.path)}, which lies on the same host, ${found.host}. Programs know one way for each host: give both the same files, or offer one of them under another host name.`,
      });
    }
  }
  return { credentials: [...known.values()].map(({ credential }) => credential), problems };
}

function entriesOf({ content }: ConfigDocument): { list: string; path: Path }[] {
  return ['channels', 'indexes'].flatMap((list) => {
    const entries = valueAt(content, [list]);
    return Array.isArray(entries) ? entries.map((_, at) => ({ list, path: [list, at] })) : [];
  });
}

/** Null where none is named; what has no address is for the rules to refuse. */
async function readOne(
  { content, placeOf }: ConfigDocument,
  list: string,
  path: Path,
  absolute: (path: string) => string,
): Promise<Credential | { problems: Problem[] } | null> {
  const named = FILES.filter((key) => typeof valueAt(content, [...path, key]) === 'string');
  const url = valueAt(content, [...path, 'url']);
  if (named.length === 0 || typeof url !== 'string' || !URL.canParse(url)) return null;
  const refuse = (what: string) => ({ problems: [{ where: placeOf(path), what }] });
  if (new URL(url).protocol === 'file:') return refuse('is a folder, which nothing opens.');
  const isPair = named.length === 2 && !named.includes('tokenFile');
  if (!isPair && named.join() !== 'tokenFile') {
    return refuse('needs either `tokenFile` alone, or both `usernameFile` and `passwordFile`.');
  }
  const texts: Partial<Record<(typeof FILES)[number], string>> = {};
  const problems: Problem[] = [];
  for (const key of named) {
    const { value, fault } = await readSecretFile(
      absolute(String(valueAt(content, [...path, key]))),
    );
    const wrong =
      fault ?? (/\s/.test(value ?? '') ? 'names a file with more than one word.' : null);
    if (wrong) problems.push({ where: placeOf([...path, key]), what: wrong });
    texts[key] = value ?? '';
  }
  if (problems.length > 0) return { problems };
  const { tokenFile: token = '', usernameFile: username = '', passwordFile: password = '' } = texts;
  const { hostname: host } = new URL(url);
  if (isPair) return { host, kind: 'password', username, password };
  if (list === 'indexes') return { host, kind: 'password', username: TOKEN_USER, password: token };
  const isInAddress = valueAt(content, [...path, 'tokenAs']) === 'address';
  return { host, kind: isInAddress ? 'address' : 'header', token };
}
