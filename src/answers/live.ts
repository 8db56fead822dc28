/**
 * The message that everybody follows a build in. With a line to paste, and at the end, it has one row
 * for each thing there is to know; what else there is to tell stands in its thread (story.ts).
 */
import { type Build, hasLine, isSettled } from '../domain/build.ts';
import type { Outlook } from '../domain/estimate.ts';
import { counted, duration, size } from '../domain/figures.ts';
import type { InvocationLine } from '../domain/reply.ts';
import type { Settings } from '../domain/services.ts';
import { askedFor, describeBuild, reasonOf, titleOf, toCome, whoStopped } from './build.ts';
import { buttonsOf, labelOf, sayButtons } from './buttons.ts';
import {
  buttons,
  type Document,
  heading,
  type Inline,
  marked,
  type Part,
  prose,
  small,
  words,
} from './document.ts';
import { newestPerEdge, verdictOf } from './evidence.ts';
import { bareLines, linesOf } from './invocation.ts';
import { letGoLine } from './letting-go.ts';
import { repairsOf } from './notes.ts';
import { line } from './outside.ts';
import { progress } from './progress.ts';
import { remarksOf } from './story.ts';

/** Characters of packages asked for that one row holds. */
const ROOM_ASKED = 200;
const ROOM_REASON = { wrong: 700, todo: 400 };

export function describeLive(
  build: Build,
  settings: Settings,
  outlook: Outlook | null = null,
): Document {
  const whole = describeBuild({ kind: 'build', build, audience: 'channel', outlook }, settings);
  if (!isSettled(build) && !hasLine(build)) return whole;
  return {
    summary: whole.summary,
    parts: [
      heading(titleOf(build)),
      ...rowsOf(build, settings),
      small(askedFor(build, ROOM_ASKED), weightOf(build)),
      ...(isSettled(build) ? [] : [progress(build, outlook)]),
      ...buttons([...buttonsOf(build), ...sayButtons(insteadOf(build), null)]),
    ],
  };
}

function rowsOf(build: Build, settings: Settings): Part[] {
  if (build.letGo) return [letGoLine(build.letGo)];
  if (build.state === 'failed') return reasonOf(build, settings, ROOM_REASON);
  if (build.state === 'cancelled') return [whoStopped(build)];
  const { lines, reason } = linesOf(build);
  return [
    ...bareLines(lines, `${settings.command} run ${labelOf(build)}`),
    ...(reason ? [prose('⚠️ ', marked(reason, 300))] : []),
    ...proofOf(build, lines),
  ];
}

/** What the executors of each edge said, in one row; after the last one, how long the build took. */
function proofOf(build: Build, lines: readonly InvocationLine[]): Part[] {
  if (build.state === 'running') return [toCome(build)];
  const verdicts = newestPerEdge(build.verifications).map(verdictOf);
  const rows = verdicts.length > 0 ? verdicts : [words('🔎 Staged; no executor was asked')];
  const remarks = countOf(remarksOf(build, lines));
  const after: Inline[] = words(
    build.verifying ? ' · being proven again…' : '',
    tookOf(build),
    remarks > 0 ? ` · ${counted(remarks, 'note')} in the thread` : '',
  );
  return rows.map((row, index) => prose(row, index === rows.length - 1 ? after : []));
}

function countOf(remarks: readonly Part[]): number {
  return remarks.reduce((sum, part) => sum + (part.kind === 'list' ? part.items.length : 1), 0);
}

function tookOf({ startedAt, finishedAt, reused }: Build): string {
  if (startedAt === null || finishedAt === null) return '';
  return ` · ${reused ? 'nothing to build, ' : ''}${duration(finishedAt - startedAt)}`;
}

function weightOf({ archive }: Build): string {
  return archive ? ` · ${line(archive.name, 80)} ${size(archive.bytes)}` : '';
}

/** What the notes would have instead; a failure has what would go through itself. */
function insteadOf(build: Build) {
  return build.state === 'failed' || build.letGo ? [] : repairsOf(build.notes);
}
