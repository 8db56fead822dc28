import { defaultRevision, latestRevision, revisionLabel } from '../domain/environment.ts';
import { counted } from '../domain/figures.ts';
import type { Outline } from '../domain/outline.ts';
import { MOST_ENTRIES, pagesOf } from '../domain/pages.ts';
import type { Reader, Reply } from '../domain/reply.ts';
import { packagesAsked } from '../domain/request.ts';
import type { Settings } from '../domain/services.ts';
import { actsOn } from './acts.ts';
import { choicesOf, openButton, sayButtons } from './buttons.ts';
import {
  bold,
  buttons,
  type Choice,
  code,
  codes,
  type Document,
  date,
  heading,
  type Inline,
  marked,
  prose,
  row,
  small,
  user,
  words,
} from './document.ts';
import { nothing } from './lists.ts';
import { line } from './outside.ts';

type Environments = Extract<Reply, { kind: 'environments' }>;

export function describeEnvironments(reply: Environments, settings: Settings): Document {
  const { environments, count, page, others, letGo, reader } = reply;
  if (environments.length === 0 && others) return noneOfYours(others, settings);
  if (environments.length === 0) {
    const none =
      letGo === 0 ? 'There are no environments yet.' : `None is there now. ${letGoInWords(letGo)}`;
    return nothing(none, settings);
  }
  const shown = environments.slice(0, MOST_ENTRIES);
  const pages = pagesOf(count);
  return {
    summary: `${counted(count, 'environment')}: ${shown.map(({ name }) => name).join(', ')}`,
    parts: [
      heading('Environments'),
      ...shown.map((each) => row(environmentLine(each), { menu: menuOf(each, reader, settings) })),
      ...(pages > 1 ? [small(`page ${page} of ${pages}`)] : []),
      small(
        'All about one of them: ',
        code(`${settings.command} show ${shown[0]?.name ?? 'NAME'}`),
      ),
      ...(letGo > 0 ? [small(marked(letGoInWords(letGo)))] : []),
      ...buttons(
        page < pages
          ? sayButtons([{ label: 'Next page', command: listCommand(reply, page + 1) }], null)
          : [],
      ),
    ],
  };
}

function listCommand({ mine, all }: Pick<Environments, 'mine' | 'all'>, page: number): string {
  return `list${mine ? ' --mine' : ''}${all ? ' --all' : ''} --page ${page}`;
}

/** ``2 were let go: `list --all` shows them.`` */
function letGoInWords(count: number): string {
  return count === 1
    ? '1 was let go: `list --all` shows it.'
    : `${count} were let go: \`list --all\` shows them.`;
}

/** `churn@3 of @ana: python=3.11 numpy, on lab` */
export function environmentLine(environment: Outline): Inline[] {
  const revision = defaultRevision(environment);
  const label = revision ? revisionLabel(environment.name, revision.number) : environment.name;
  const newest = latestRevision(environment)?.number;
  return words(
    bold(line(label, 80)),
    revision && newest !== revision.number ? ` (the newest is @${newest})` : '',
    ' of ',
    user(environment.owner),
    revision ? ': ' : ', nothing built yet',
    revision ? codes(packagesAsked(revision.request), 140) : '',
    revision && revision.stagings.length > 0 ? ', on ' : '',
    revision
      ? codes(
          revision.stagings.map(({ edge }) => edge),
          80,
        )
      : '',
    ...(revision ? [' ', date(revision.createdAt)] : []),
    ...tagsIn(environment),
  );
}

/** Room for more would make a list unreadable; `show` has all of them. */
const MOST_TAGS = 4;

/** ` · prod is @2`, for each tag. */
function tagsIn({ tags }: Outline): (string | Inline)[] {
  const known = Object.entries(tags).slice(0, MOST_TAGS);
  return known.flatMap(([tag, number], index) => [
    index === 0 ? ' · ' : ', ',
    code(tag, 70),
    ` is @${number}`,
  ]);
}

/** What can be done with an environment; nothing while there is no revision. */
export function menuOf(environment: Outline, reader: Reader, settings: Settings): Choice[] {
  const revision = defaultRevision(environment);
  if (!revision || revision.letGo) return [];
  const acts = ['line', 'show', 'update', 'lock', 'delete'] as const;
  return choicesOf(actsOn(environment, revision, acts, reader, settings));
}

/** None of one's own is no dead end: there are others to use, or one to make. */
function noneOfYours(others: number, settings: Settings): Document {
  const sentence = `None of the environments is yours; there ${others === 1 ? 'is 1 of somebody else' : `are ${others} of others`}.`;
  return {
    summary: sentence,
    parts: [
      prose(sentence, ' Everybody may use them: ', code(`${settings.command} list`), '.'),
      {
        kind: 'buttons',
        buttons: [
          openButton('open_form', 'New environment', 'primary'),
          ...sayButtons([{ label: 'All environments', command: 'list' }], null),
        ],
      },
    ],
  };
}
