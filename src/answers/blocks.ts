import { counted } from '../domain/figures.ts';
import type { Reply } from '../domain/reply.ts';
import type { Settings } from '../domain/services.ts';
import { formatSpec } from '../domain/spec.ts';
import { code, type Document, date, heading, list, prose, user, words } from './document.ts';
import { line } from './outside.ts';

/** What is blocked, by whom, since when and why. */
export function describeBlocks(
  { blocks }: Extract<Reply, { kind: 'blocks' }>,
  _settings: Settings,
): Document {
  if (blocks.length === 0) {
    const nothing = 'No package is blocked.';
    return { summary: nothing, parts: [prose(nothing)] };
  }
  return {
    summary: `${counted(blocks.length, 'block')}: nothing new is made with these`,
    parts: [
      heading('Blocked: nothing new is made with these'),
      list(
        blocks.map(({ spec, why, user: by, at }) =>
          words(
            code(formatSpec(spec), 120),
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
