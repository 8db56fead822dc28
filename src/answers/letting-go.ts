import {
  type Environment,
  isLetGo,
  type LetGo,
  type Revision,
  revisionLabel,
} from '../domain/environment.ts';
import { counted, size } from '../domain/figures.ts';
import { forgetting } from '../domain/letting-go.ts';
import { restoring } from '../domain/reference.ts';
import type { Reply } from '../domain/reply.ts';
import { leavingAtEnd } from '../domain/retention.ts';
import type { Settings } from '../domain/services.ts';
import { formatSpec } from '../domain/spec.ts';
import { sayButtons } from './buttons.ts';
import {
  bold,
  buttons,
  code,
  codes,
  type Document,
  date,
  heading,
  type Inline,
  list,
  marked,
  type Part,
  prose,
  small,
  user,
  words,
} from './document.ts';
import { andMore } from './lists.ts';
import { line } from './outside.ts';

const MOST_REVISIONS = 10;

/** What would go and from where, what stays, and the button that does it. */
export function describeLeaving(
  { environment: { name }, revisions, forced }: Extract<Reply, { kind: 'leaving' }>,
  _settings: Settings,
): Document {
  const [only] = revisions;
  const isOne = revisions.length === 1 && only !== undefined;
  const what = isOne ? revisionLabel(name, only.number) : `all of ${name}`;
  const command = `delete ${isOne ? what : name}${forced ? ' --force' : ''} --yes`;
  const isInHdfs = revisions.some(({ stagings }) => stagings.some(({ hdfs }) => hdfs !== null));
  return {
    summary: line(`Delete ${what}? ${weightOf(revisions)} would go.`, 300),
    parts: [
      heading(`Delete ${what}?`),
      list(revisions.slice(0, MOST_REVISIONS).map((revision) => row(name, revision))),
      ...andMore(revisions.length - MOST_REVISIONS),
      prose(
        bold(weightOf(revisions)),
        ` would go: archive and unpacked prefix on each edge node, ${isInHdfs ? 'the copy in HDFS, ' : ''}and what the build host keeps. Applications that run with it now may fail.`,
      ),
      small('The list of packages is kept: ', restoreText(name, only), ' builds the same again.'),
      ...buttons(sayButtons([{ label: `Delete ${what}`, command }], 'danger')),
    ],
  };
}

/** What is gone, what has yet to go and why, and the way back. */
export function describeLeft(
  { environment, revisions, left }: Extract<Reply, { kind: 'left' }>,
  _settings: Settings,
): Document {
  const { name } = environment;
  const [only] = revisions;
  const back = only ? [restoring(revisionLabel(name, only.number))] : [];
  const isForgettable = isLetGo(environment) && left?.length === 0;
  const isOne = revisions.length === 1 && only !== undefined;
  const what = isOne ? revisionLabel(name, only.number) : counted(revisions.length, 'revision');
  const text = `${what}${isOne ? '' : ` of ${name}`} ${revisions.length === 1 ? 'is' : 'are'} let go`;
  return {
    summary: line(`${text}.`, 300),
    parts: [
      prose('✅ ', bold(text), '. ', ...comingOf(left)),
      ...(left ?? []).map(({ edge, why }) =>
        prose('⚠️ On ', code(edge, 60), ' something is left: ', marked(why, 400)),
      ),
      small('The list of packages is kept: ', restoreText(name, only), ' builds the same again.'),
      ...buttons(sayButtons([...back, ...(isForgettable ? [forgetting(name)] : [])], null)),
    ],
  };
}

function comingOf(left: Extract<Reply, { kind: 'left' }>['left']): string[] {
  if (left === null) return ['Its bytes are removed as soon as a build host has time.'];
  if (left.length === 0) return ['Its bytes are gone.'];
  return ['The rest is tried again until it is gone.'];
}

/** Told to the owner while there is time to keep it. */
export function describeExpiring(environment: Environment, ends: number): Document {
  const { name } = environment;
  const leaving = leavingAtEnd(environment);
  return {
    summary: line(`${name} was not built or proven for a while and will be let go.`, 300),
    parts: [
      prose(
        '⏳ ',
        bold(name),
        ' was not built or proven for a while. Unless you keep it, it is let go ',
        date(ends),
        `: ${counted(leaving.length, 'revision')}, ${weightOf(leaving)}.`,
      ),
      small('What has a tag stays, and so does the list of packages of what goes.'),
      ...buttons(
        sayButtons([
          { label: `Keep ${name}`, command: `keep ${name}` },
          { label: 'Delete it now', command: `delete ${name}` },
        ]),
      ),
    ],
  };
}

/** `⏹️ let go by @ana on 2 March`, wherever it is shown. */
export function letGoLine({ at, by }: LetGo): Part {
  return by === null
    ? prose('Let go when its time was up, ', date(at), '.')
    : prose('Let go by ', user(by), ', ', date(at), '.');
}

function restoreText(name: string, revision: Revision | undefined): Inline {
  return code(`restore ${revision ? revisionLabel(name, revision.number) : name}`);
}

function row(name: string, { number, request, stagings, archive, used }: Revision): Inline[] {
  return words(
    bold(revisionLabel(name, number)),
    `: ${size(archive.bytes)} on `,
    codes(
      stagings.map(({ edge }) => edge),
      120,
    ),
    ', ',
    codes(request.specs.map(formatSpec), 140),
    ...(used
      ? [
          ', last used by ',
          code(used.application, 60),
          ' of ',
          code(used.user, 40),
          ', ',
          date(used.at),
        ]
      : []),
  );
}

/** Bytes of the archives on all edges together: `3 archives, 1.2 GB`. */
function weightOf(revisions: readonly Revision[]): string {
  const archives = revisions.flatMap(({ stagings }) => stagings.map(({ archive }) => archive));
  const bytes = archives.reduce((sum, archive) => sum + archive.bytes, 0);
  return `${counted(archives.length, 'archive')}, ${size(bytes)}`;
}
