import { counted } from '../domain/figures.ts';
import type { Reply } from '../domain/reply.ts';
import type { Settings } from '../domain/services.ts';
import { bold, type Document, date, heading, list, prose, user, words } from './document.ts';
import { line } from './outside.ts';

/** What is frozen, by whom, since when and why. */
export function describeFreezes(
  { freezes }: Extract<Reply, { kind: 'freezes' }>,
  _settings: Settings,
): Document {
  if (freezes.length === 0) {
    const nothing = 'No edge is frozen.';
    return { summary: nothing, parts: [prose(nothing)] };
  }
  return {
    summary: `${counted(freezes.length, 'freeze')}: nothing new is staged there`,
    parts: [
      heading('Frozen: nothing new is staged'),
      list(
        freezes.map(({ edge, why, user: by, at }) =>
          words(
            bold(edge ?? 'every edge'),
            ' by ',
            user(by),
            ' since ',
            date(at),
            `: ${line(why, 300)}`,
          ),
        ),
      ),
    ],
  };
}
