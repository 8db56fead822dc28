import type { Build } from '../domain/build.ts';
import type { Repair } from '../domain/errors.ts';
import { counted, duration } from '../domain/figures.ts';
import type { Reply } from '../domain/reply.ts';
import type { Settings } from '../domain/services.ts';
import { labelOf, sayButtons } from './buttons.ts';
import {
  bold,
  buttons,
  code,
  type Document,
  date,
  heading,
  type Inline,
  list,
  marked,
  user,
  words,
} from './document.ts';
import { MOST_BUTTONS, MOST_ENTRIES, more, nothing, STATE_ICONS } from './lists.ts';
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
