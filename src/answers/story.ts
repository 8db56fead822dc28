/** What stands in the thread under a build's message once it has ended: all that is not in its rows. */
import type { Build } from '../domain/build.ts';
import type { InvocationLine } from '../domain/reply.ts';
import type { Settings } from '../domain/services.ts';
import { factsOf, whereToRead } from './build.ts';
import { labelOf } from './buttons.ts';
import { block, bold, code, type Document, type Part, prose, small } from './document.ts';
import { describeEvidence } from './evidence.ts';
import { linesOf, warnings } from './invocation.ts';
import { newest } from './log.ts';
import { replaced } from './move.ts';
import { describeNotes } from './notes.ts';
import { progress, progressTitle } from './progress.ts';

/** Lines at the end of the log that a failure is read by. */
export const MOST_LOG_LINES = 15;
const ROOM_LOG = 2_500;

/** `log`: the last lines of its log, the newest at the end. */
export function describeStory(build: Build, log: readonly string[], settings: Settings): Document {
  const label = labelOf(build);
  const { lines } = linesOf(build);
  return {
    summary: `The build of ${label}, step by step: ${progressTitle(build)}`,
    parts: [
      prose(bold(`The build of ${label}, step by step`)),
      small(factsOf(build, settings)),
      ...digestOf(build),
      ...remarksOf(build, lines),
      ...describeEvidence(build.verifications, build.stagings),
      progress(build),
      ...whereToRead(build, settings),
      ...(build.state === 'failed' ? tailOf(log) : []),
    ],
  };
}

/** What the executors said when they were asked again. */
export function describeVerified(build: Build): Document {
  const label = labelOf(build);
  return {
    summary: `${label} was proven again.`,
    parts: [
      prose(bold(`${label}, asked again`)),
      ...describeEvidence(build.verifications, build.stagings),
    ],
  };
}

/** What to know before the line is used. */
export function remarksOf(build: Build, lines: readonly InvocationLine[]): Part[] {
  return [...describeNotes(build.notes), ...warnings(lines), ...replaced(build)];
}

/** Each edge has its own where the same was built again with other bytes. */
function digestOf({ archive, stagings, fingerprint }: Build): Part[] {
  if (archive === null) return [];
  const others = stagings.filter((staging) => staging.archive.sha256 !== archive.sha256);
  return [
    small(
      'sha256 ',
      code(archive.sha256, 70),
      ...others.flatMap(({ edge, archive: { sha256 } }) => [
        ...[', on ', code(edge, 60), ' ', code(sha256, 70)],
      ]),
      ...(fingerprint ? [' · fingerprint ', code(fingerprint.slice(0, 16), 20)] : []),
    ),
  ];
}

function tailOf(log: readonly string[]): Part[] {
  return log.length === 0 ? [] : [block(newest(log, ROOM_LOG).text)];
}
