import type { Build } from '../domain/build.ts';
import { duration } from '../domain/figures.ts';
import { howFailed } from './build.ts';
import { labelOf } from './buttons.ts';
import { block, bold, type Document, link, marked, type Part, prose, words } from './document.ts';
import { linesOf, shortest } from './invocation.ts';
import { line } from './outside.ts';

/**
 * Tells whoever asked, in their direct conversation, that a build which took long has ended: how, the
 * line where it is short, and the way to its message, which has the rest. `live`: the address of that
 * message; null where there is none.
 */
export function describeSettled(build: Build, live: string | null): Document {
  const { icon, words: ended } = build.state === 'failed' ? howFailed(build) : ENDED[build.state];
  const label = labelOf(build);
  const [first] = linesOf(build).lines;
  const reason = build.failure?.message ?? '';
  return {
    summary: line(`${label} ${ended}. ${first ? shortest(first) : reason}`, 600),
    parts: [
      prose(
        ...[`${icon} `, bold(label), ` ${ended}${tookOf(build)}. `],
        ...(build.state === 'failed' ? words(marked(line(reason, 300)), ' ') : []),
        ...(live ? [link(live, 'Its message'), ' has the rest.'] : []),
      ),
      ...shortLine(first?.short ?? null),
    ],
  };
}

/** All but the one that says more than its state. */
const ENDED: Readonly<Record<Exclude<Build['state'], 'failed'>, { icon: string; words: string }>> =
  {
    ready: { icon: '✅', words: 'is ready' },
    cancelled: { icon: '⏹️', words: 'was cancelled' },
    queued: { icon: '🕓', words: 'waits for a build host' },
    running: { icon: '⏳', words: 'is being built' },
  };

function shortLine(short: string | null): Part[] {
  return short === null ? [] : [block(short)];
}

function tookOf({ queuedAt, finishedAt }: Build): string {
  return finishedAt === null ? '' : ` after ${duration(finishedAt - queuedAt)}`;
}
