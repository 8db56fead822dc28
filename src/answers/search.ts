import { revisionLabel } from '../domain/environment.ts';
import { counted } from '../domain/figures.ts';
import { MOST_ENTRIES, pagesOf } from '../domain/pages.ts';
import type { Reply } from '../domain/reply.ts';
import { quoted } from '../domain/request.ts';
import type { Found, NotFound } from '../domain/search.ts';
import type { Settings } from '../domain/services.ts';
import { formatSpec } from '../domain/spec.ts';
import { sayButtons } from './buttons.ts';
import {
  bold,
  buttons,
  code,
  codes,
  type Document,
  heading,
  type Inline,
  list,
  prose,
  small,
  user,
  words,
} from './document.ts';
import { line } from './outside.ts';

type Search = Extract<Reply, { kind: 'search' }>;

/** Who has the packages, a page of them; and what nobody has. */
export function describeSearch(reply: Search, _settings: Settings): Document {
  const { found, count, missing, specs, page, looked, all } = reply;
  const pages = pagesOf(count.revisions);
  const rows = found.slice(0, MOST_ENTRIES);
  const asked = specs.map(formatSpec).join(', ');
  const { revisions, environments } = count;
  const many =
    revisions === 0
      ? `No environment has ${asked}`
      : revisions === environments
        ? counted(environments, 'environment')
        : `${counted(revisions, 'revision')} of ${counted(environments, 'environment')}`;
  return {
    summary: revisions === 0 ? many : `${asked}: ${many}`,
    parts: [
      heading(line(revisions === 0 ? 'Nobody has it' : `Who has ${asked}`, 140)),
      ...(rows.length > 0 ? [list(rows.map(foundLine))] : []),
      ...missing.map((each) => prose(missingWords(each))),
      small(
        [
          revisions > 0 && many,
          `${counted(looked, 'revision')} looked through${all ? '' : ': those that names and tags mean'}`,
          pages > 1 && `page ${page} of ${pages}`,
        ]
          .filter(Boolean)
          .join('; '),
      ),
      ...buttons(
        sayButtons(
          [
            ...(page < pages
              ? [{ label: 'Next page', command: searchCommand(reply, page + 1) }]
              : []),
            ...missing
              .flatMap(({ near }) => near.slice(0, 1))
              .map((name) => ({ label: `Search ${name}`, command: `search ${name}` })),
            ...(all
              ? []
              : [{ label: 'All revisions', command: searchCommand({ ...reply, all: true }, 1) }]),
          ].slice(0, 3),
          null,
        ),
      ),
    ],
  };
}

function searchCommand({ specs, all }: Pick<Search, 'specs' | 'all'>, page: number): string {
  const packages = specs.map((spec) => quoted(formatSpec(spec))).join(' ');
  return `search ${packages}${all ? ' --all' : ''}${page > 1 ? ` --page ${page}` : ''}`;
}

/** `churn@3 of @ana: openssl 3.0.14 · prod` */
function foundLine(found: Found): Inline[] {
  const { environment, owner, revision, isDefault, tags, packages } = found;
  return words(
    bold(line(revisionLabel(environment, revision), 80)),
    ' of ',
    user(owner),
    ': ',
    codes(
      packages.map(({ name, version }) => `${name} ${version}`),
      140,
    ),
    found.isThere ? (isDefault ? '' : ' · not the default') : ' · let go',
    tags.length > 0 ? ' · ' : '',
    codes(tags, 80),
  );
}

function missingWords({ spec, versions, near }: NotFound): Inline[] {
  const asked = code(formatSpec(spec), 120);
  if (versions.length > 0)
    return words('Nobody has ', asked, '; there is ', codes(versions, 140), '.');
  if (near.length > 0) return words('Nobody has ', asked, '; some have ', codes(near, 140), '.');
  return words('Nobody has ', asked, '.');
}
