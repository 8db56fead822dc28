import type { Build } from '../domain/build.ts';
import { duration } from '../domain/figures.ts';
import type { Settings } from '../domain/services.ts';
import { labelOf } from './buttons.ts';
import { bold, code, type Document, marked, type Part, prose, small, user } from './document.ts';
import { newestPerEdge } from './evidence.ts';
import { describeLines, linesOf, shortest } from './invocation.ts';
import { replaced } from './move.ts';
import { line } from './outside.ts';

/** The message that tells whoever asked that their build has ended. */
export function describeSettled(build: Build, settings: Settings): Document {
  const label = labelOf(build);
  const took =
    build.startedAt !== null && build.finishedAt !== null
      ? ` after ${duration(build.finishedAt - build.startedAt)}`
      : '';
  if (build.state === 'ready') {
    const { lines, reason } = linesOf(build);
    const shells = lines.filter((entry) => entry.tool === 'pyspark');
    const doubt = newestPerEdge(build.verifications).find(({ outcome }) => outcome !== 'proven');
    return {
      summary: `${label} is ready. ${shells[0] ? shortest(shells[0]) : ''}`.trim(),
      parts: [
        prose(
          user(build.requester.user),
          ' ✅ ',
          bold(label),
          ` is ready${took}. Paste this on the edge node:`,
        ),
        ...describeLines(shells, `${settings.command} run ${label}`),
        ...(reason ? [prose('⚠️ ', marked(reason))] : []),
        ...replaced(build),
        ...(doubt
          ? [
              small(
                `${proof(doubt.outcome)} on ${line(doubt.edge, 40)}: `,
                marked(line(doubt.reason ?? '', 200)),
              ),
            ]
          : []),
      ],
    };
  }
  if (build.state === 'cancelled') {
    const by = build.cancelRequested;
    return {
      summary: `The build of ${label} was cancelled.`,
      parts: [
        prose(
          user(build.requester.user),
          ' ⏹️ The build of ',
          bold(label),
          ' was cancelled',
          ...(by ? [' by ', user(by.user)] : []),
          '.',
        ),
      ],
    };
  }
  const reason = build.failure?.message ?? 'No reason was recorded.';
  const next: Part[] = build.failure?.suggestion
    ? [prose(bold('What to do: '), marked(build.failure.suggestion, 600))]
    : [];
  return {
    summary: `${label} could not be built: ${line(reason, 600)}`,
    parts: [
      prose(
        user(build.requester.user),
        ' ❌ ',
        bold(label),
        ` could not be built${took}. `,
        marked(reason, 1200),
      ),
      ...next,
      small(
        'Log: ',
        code(`${settings.command} logs ${build.id}`),
        ' · again: ',
        code(`${settings.command} retry ${build.id}`),
      ),
    ],
  };
}

function proof(outcome: 'smoke-tested' | 'failed' | 'proven'): string {
  return outcome === 'failed' ? '❌ Not proven' : '🔎 Smoke-tested';
}
