import {
  aliasOf,
  type Environment,
  type Revision,
  revisionLabel,
  tagLabel,
} from '../domain/environment.ts';
import type { Repair } from '../domain/errors.ts';
import { counted, size } from '../domain/figures.ts';
import { everyPackage } from '../domain/lock.ts';
import { otherNames, restoring } from '../domain/reference.ts';
import type { Reply } from '../domain/reply.ts';
import { packagesAsked } from '../domain/request.ts';
import type { Settings } from '../domain/services.ts';
import { actsOn } from './acts.ts';
import { sayButtons } from './buttons.ts';
import { labelOf } from './difference.ts';
import {
  block,
  bold,
  buttons,
  code,
  codes,
  type Document,
  date,
  heading,
  type Inline,
  list,
  type Part,
  prose,
  small,
  user,
  words,
} from './document.ts';
import { describeEvidence } from './evidence.ts';
import { shortLinesOf } from './invocation.ts';
import { letGoLine } from './letting-go.ts';
import { STATE_ICONS } from './lists.ts';
import { describeNotes, repairsOf } from './notes.ts';
import { line } from './outside.ts';
import { scheduleLine } from './schedules.ts';

export function describeEnvironment(
  { environment, revision, building, isWatched, reader }: Extract<Reply, { kind: 'environment' }>,
  settings: Settings,
): Document {
  const label = revision ? revisionLabel(environment.name, revision.number) : environment.name;
  const parts: Part[] = [
    heading(label),
    ...(revision ? shortLinesOf(revision).map((short) => block(short)) : []),
    small('owned by ', user(environment.owner), ' since ', date(environment.createdAt)),
    ...(revision ? namesOf(environment, revision) : []),
  ];
  if (building)
    parts.push(prose(`${STATE_ICONS[building.state]} At work: `, code(building.id, 60)));
  if (revision?.letGo) parts.push(letGoLine(revision.letGo));
  if (revision) parts.push(...describeRevision(revision));
  else parts.push(prose('Nothing is built yet.'));
  const others = environment.revisions
    .filter((entry) => entry.number !== revision?.number)
    .slice(-6)
    .reverse();
  if (others.length > 0) {
    parts.push(
      prose(bold('Other revisions')),
      list(others.map((entry) => revisionLine(environment, entry))),
    );
  }
  parts.push(...describeMoves(environment), ...describeSchedule(environment));
  if (revision) {
    parts.push(
      ...buttons(
        sayButtons(
          revision.letGo
            ? [restoring(label)]
            : [
                { label: 'Line', command: `run ${label}` },
                { label: 'spark-submit', command: `run ${label} spark-submit` },
                { label: 'Verify', command: `verify ${label}` },
                { label: 'Logs', command: `logs ${revision.buildId}` },
              ],
        ),
      ),
      ...(revision.letGo
        ? []
        : buttons(
            sayButtons(
              actsOn(environment, revision, actsOf(environment, revision), reader, settings),
              null,
            ),
          )),
      ...buttons(
        sayButtons([...repairsOf(revision.notes), watching(environment, isWatched)], null),
      ),
    );
  }
  return { summary: `${label}, owned by ${line(environment.owner, 40)}`, parts };
}

/** What is offered beside its lines; a tag that it has already is not. */
function actsOf({ tags }: Environment, { number }: Revision) {
  const tag = tags.prod === number ? [] : (['tag'] as const);
  return ['update', 'lock', ...tag, 'delete'] as const;
}

function watching({ name }: Environment, isWatched: boolean): Repair {
  return isWatched
    ? { label: 'Unwatch', command: `unsubscribe ${name}` }
    : { label: 'Watch', command: `subscribe ${name}` };
}

/** When it is built by itself, and what came of it the last time. */
function describeSchedule(environment: Environment): Part[] {
  return environment.schedule === null ? [] : [small(scheduleLine(environment.schedule))];
}

/** The names by which the revision is found beside its number. */
function namesOf(environment: Environment, { number }: Revision): Part[] {
  const names = otherNames(environment, number);
  return names.length === 0 ? [] : [small('also ', codes(names, 300))];
}

const MOST_MOVES = 5;

/** Who moved tags and the default, the last one first. */
function describeMoves({ name, moves }: Environment): Part[] {
  if (moves.length === 0) return [];
  const label = (number: number | null) => (number === null ? 'none' : revisionLabel(name, number));
  const rows = moves.slice(-MOST_MOVES).reverse();
  return [
    prose(bold('Moved names')),
    list(
      rows.map(({ tag, from, to, by, at }) =>
        words(
          code(tagLabel(name, tag)),
          ` ${from === null ? '' : `${label(from)} `}→ ${label(to)}, by `,
          ...[user(by), ' ', date(at)],
        ),
      ),
    ),
  ];
}

function describeRevision(revision: Revision): Part[] {
  const { archive, lock, projects, request } = revision;
  const packages = everyPackage(lock);
  const places = revision.stagings
    .slice(0, 5)
    .map((staging) =>
      words(
        'on ',
        code(staging.edge, 60),
        ': ',
        code(staging.archivePath, 160),
        staging.hdfs ? ' and ' : '',
        ...(staging.hdfs ? [code(staging.hdfs, 160)] : []),
        `, seen by executors as `,
        code(aliasOf(staging), 70),
      ),
    );
  return [
    list([
      words('asked for: ', codes(packagesAsked(request), 700)),
      ...(projects.length > 0
        ? [
            words(
              'projects: ',
              codes(
                projects.map(({ name, origin }) => `${name} (${origin})`),
                300,
              ),
            ),
          ]
        : []),
      words(
        `${counted(packages.length, 'package')} for ${lock.platform} `,
        codes(packages.map(labelOf), 500),
      ),
      words(
        code(archive.name, 80),
        ` ${size(archive.bytes)}, ${counted(archive.files, 'file')}, sha256 `,
        code(archive.sha256.slice(0, 16), 20),
      ),
      ...places,
      words(
        'built ',
        date(revision.createdAt),
        ' for ',
        user(revision.createdBy),
        ', build ',
        code(revision.buildId, 60),
      ),
    ]),
    ...describeNotes(revision.notes),
    ...describeEvidence(revision.verifications, revision.stagings),
  ];
}

function revisionLine(environment: Environment, revision: Revision): Inline[] {
  return words(
    bold(revisionLabel(environment.name, revision.number)),
    ...otherNames(environment, revision.number).flatMap((name) => [' ', code(name)]),
    ' ',
    revision.letGo ? 'let go ' : '',
    date(revision.letGo?.at ?? revision.createdAt),
    ': ',
    codes(packagesAsked(revision.request), 100),
  );
}
