/** Which of the environments there are a log, or who asks about it, means. */
import type { Mention } from './diagnosis.ts';
import {
  archiveDigests,
  type Environment,
  latestRevision,
  type Revision,
  revisionLabel,
} from './environment.ts';
import type { OwnEnvironment } from './reply.ts';

/** One revision of an environment, and how it is known to be the one meant. */
export interface Meant extends Pick<OwnEnvironment, 'by' | 'logLine' | 'notes'> {
  environment: Environment;
  revision: Revision;
}

/** The first environment that the log names and that is there. */
export function namedInLog(
  mentions: readonly Mention[],
  environments: readonly Environment[],
): Meant | null {
  for (const mention of mentions) {
    const logLine = mention.line;
    const exact = environments.flatMap((environment) =>
      environment.revisions
        .filter(
          (revision) =>
            mention.archive !== null && archiveDigests(revision).includes(mention.archive),
        )
        .map((revision): Meant => ({ environment, revision, by: 'log', logLine, notes: [] })),
    );
    // The same archive may be of several revisions: the newest, and the one that is named first.
    const named = exact.findLast((meant) => meant.environment.name === mention.environment);
    const held = named ?? exact.at(-1);
    if (held) return held;
    const environment = environments.find(({ name }) => name === mention.environment);
    const newest = environment && latestRevision(environment);
    if (!environment || !newest) continue;
    const numbered = environment.revisions.find(({ number }) => number === mention.revision);
    return {
      ...{ environment, revision: numbered ?? newest, by: 'log', logLine },
      notes: goneNotes(mention, numbered !== undefined),
    };
  }
  return null;
}

function goneNotes({ environment, revision, archive }: Mention, isKnown: boolean): string[] {
  if (revision !== null && !isKnown) {
    const label = revisionLabel(environment, revision);
    return [`The log names \`${label}\`, which is not there any more.`];
  }
  if (archive === null || isKnown) return [];
  return [
    `The archive in the log is of no revision of \`${environment}\` that is there: it was replaced or removed.`,
  ];
}

/** What the log surely names and nobody knows: `churn@2`; null where there is no such thing. */
export function unknownInLog(
  mentions: readonly Mention[],
  environments: readonly Environment[],
): string | null {
  const sure = mentions.find(({ revision, archive }) => revision !== null || archive !== null);
  if (!sure || environments.some(({ name }) => name === sure.environment)) return null;
  return sure.revision === null ? sure.environment : revisionLabel(sure.environment, sure.revision);
}
