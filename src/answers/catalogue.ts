import type { Build, BuildState } from '../domain/build.ts';
import type { Environment, Revision } from '../domain/environment.ts';
import { latestRevision, revisionLabel } from '../domain/environment.ts';
import type { Repair } from '../domain/errors.ts';
import type { Reply } from '../domain/reply.ts';
import type { Settings } from '../domain/services.ts';
import { formatSpec } from '../domain/spec.ts';
import { freeButton, labelOf, sayButtons } from './buttons.ts';
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
import { describeEvidence } from './evidence.ts';
import { counted, duration, size } from './figures.ts';
import { line } from './outside.ts';

const MOST_ENTRIES = 20;
/** A row with more buttons is no help any more. */
const MOST_BUTTONS = 3;

export const STATE_ICONS: Readonly<Record<BuildState, string>> = {
  queued: '🕓',
  running: '⏳',
  ready: '✅',
  failed: '❌',
  cancelled: '⏹️',
};

export function describeBuilds(
  { builds }: Extract<Reply, { kind: 'builds' }>,
  settings: Settings,
): Document {
  if (builds.length === 0) return nothing('There are no builds yet.', settings);
  const shown = builds.slice(0, MOST_ENTRIES);
  return {
    summary: `${counted(builds.length, 'build')}, the newest of ${builds[0] ? labelOf(builds[0]) : ''}`,
    parts: [
      heading('Builds'),
      list(shown.map(buildLine)),
      ...more(builds.length - shown.length),
      ...buttons(
        sayButtons(newestPerEnvironment(shown).slice(0, MOST_BUTTONS).map(statusButton), null),
      ),
    ],
  };
}

function newestPerEnvironment(builds: readonly Build[]): Build[] {
  const newest = new Map<string, Build>();
  for (const build of builds)
    if (!newest.has(build.request.environment)) newest.set(build.request.environment, build);
  return [...newest.values()];
}

function statusButton(build: Build): Repair {
  return { label: `Status of ${labelOf(build)}`, command: `status ${build.id}` };
}

/** What says the line of an environment; none while there is none. */
export function lineButton(environment: Environment): Repair[] {
  const revision = latestRevision(environment);
  if (!revision) return [];
  const label = revisionLabel(environment.name, revision.number);
  return [{ label: `Line of ${label}`, command: `run ${label}` }];
}

/** `✅ churn@3 ready in 42 s, asked for by @ana …` */
export function buildLine(build: Build): Inline[] {
  const took =
    build.startedAt !== null && build.finishedAt !== null
      ? ` in ${duration(build.finishedAt - build.startedAt)}`
      : '';
  return words(
    `${STATE_ICONS[build.state]} `,
    bold(labelOf(build)),
    ` ${build.state}${took}, asked for by `,
    user(build.requester.user),
    ' ',
    date(build.createdAt),
    ' ',
    code(build.id, 60),
    build.failure ? ': ' : '',
    build.failure ? marked(line(build.failure.message, 120)) : '',
  );
}

export function describeEnvironments(
  { environments, others }: Extract<Reply, { kind: 'environments' }>,
  settings: Settings,
): Document {
  if (environments.length === 0 && others) return noneOfYours(others, settings);
  if (environments.length === 0) return nothing('There are no environments yet.', settings);
  const shown = environments.slice(0, MOST_ENTRIES);
  return {
    summary: `${counted(environments.length, 'environment')}: ${shown.map(({ name }) => name).join(', ')}`,
    parts: [
      heading('Environments'),
      list(shown.map(environmentLine)),
      ...more(environments.length - shown.length),
      small(
        'All about one of them: ',
        code(`${settings.command} show ${shown[0]?.name ?? 'NAME'}`),
      ),
      ...buttons(sayButtons(shown.flatMap(lineButton).slice(0, MOST_BUTTONS), null)),
    ],
  };
}

/** `churn@3 of @ana: python=3.11 numpy, on lab` */
export function environmentLine(environment: Environment): Inline[] {
  const revision = latestRevision(environment);
  const label = revision ? revisionLabel(environment.name, revision.number) : environment.name;
  return words(
    bold(line(label, 80)),
    ' of ',
    user(environment.owner),
    revision ? ': ' : ', nothing built yet',
    revision ? codes(revision.request.specs.map(formatSpec), 140) : '',
    revision && revision.stagings.length > 0 ? ', on ' : '',
    revision
      ? codes(
          revision.stagings.map(({ edge }) => edge),
          80,
        )
      : '',
    ...(revision ? [' ', date(revision.createdAt)] : []),
  );
}

export function describeEnvironment(
  { environment, revision, building }: Extract<Reply, { kind: 'environment' }>,
  _settings: Settings,
): Document {
  const label = revision ? revisionLabel(environment.name, revision.number) : environment.name;
  const parts: Part[] = [
    heading(label),
    small('owned by ', user(environment.owner), ' since ', date(environment.createdAt)),
  ];
  if (building)
    parts.push(prose(`${STATE_ICONS[building.state]} At work: `, code(building.id, 60)));
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
  if (revision) {
    parts.push(
      ...buttons(
        sayButtons([
          { label: 'Line', command: `run ${label}` },
          { label: 'spark-submit', command: `run ${label} spark-submit` },
          { label: 'Verify', command: `verify ${label}` },
          { label: 'Logs', command: `logs ${revision.buildId}` },
        ]),
      ),
    );
  }
  return { summary: `${label}, owned by ${line(environment.owner, 40)}`, parts };
}

function describeRevision(revision: Revision): Part[] {
  const { archive, lock, projects, request } = revision;
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
        code(staging.alias, 70),
      ),
    );
  return [
    list([
      words('asked for: ', codes(request.specs.map(formatSpec), 700)),
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
        `${counted(lock.packages.length, 'package')} for ${lock.platform} `,
        codes(
          lock.packages.map(({ name, version }) => `${name} ${version}`),
          500,
        ),
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
    ...describeEvidence(revision.verifications, revision.stagings),
  ];
}

function revisionLine(environment: Environment, revision: Revision): Inline[] {
  return words(
    bold(revisionLabel(environment.name, revision.number)),
    ' ',
    date(revision.createdAt),
    ': ',
    codes(revision.request.specs.map(formatSpec), 100),
  );
}

function more(hidden: number): Part[] {
  return hidden > 0 ? [small(`and ${hidden} more; name one to see it`)] : [];
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
          freeButton('open_form', 'New environment', 'primary'),
          ...sayButtons([{ label: 'All environments', command: 'list' }], null),
        ],
      },
    ],
  };
}

function nothing(sentence: string, settings: Settings): Document {
  return {
    summary: sentence,
    parts: [
      prose(
        sentence,
        ' Make one: ',
        code(`${settings.command} create churn python=3.11 numpy pandas`),
      ),
      { kind: 'buttons', buttons: [freeButton('open_form', 'New environment', 'primary')] },
    ],
  };
}
