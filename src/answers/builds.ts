import type { Build } from '../domain/build.ts';
import { counted, duration } from '../domain/figures.ts';
import { MOST_ENTRIES } from '../domain/pages.ts';
import type { Reply } from '../domain/reply.ts';
import type { Settings } from '../domain/services.ts';
import { choicesOf, labelOf } from './buttons.ts';
import {
  bold,
  type Choice,
  code,
  type Document,
  date,
  heading,
  type Inline,
  marked,
  row,
  user,
  words,
} from './document.ts';
import { more, nothing, STATE_ICONS } from './lists.ts';
import { line } from './outside.ts';

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
      ...shown.map((build) => row(buildLine(build), { menu: menuOfBuild(build) })),
      ...more(builds.length - shown.length),
    ],
  };
}

/** What can be looked at of a build, whatever becomes of it. */
export function menuOfBuild(build: Build): Choice[] {
  const hasLine = build.state === 'ready' && build.revision !== null && !build.letGo;
  return choicesOf([
    { label: 'Status', command: `status ${build.id}` },
    { label: 'Logs', command: `logs ${build.id}` },
    ...(hasLine ? [{ label: 'Line', command: `run ${labelOf(build)}` }] : []),
  ]);
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
