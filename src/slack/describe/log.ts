import type { Reply } from '../../domain/reply.ts';
import type { Settings } from '../../domain/services.ts';
import { labelOf } from '../buttons.ts';
import { block, code, type Document, heading, prose, small } from '../document.ts';
import { counted } from '../figures.ts';
import { visible } from '../outside.ts';

const ROOM = 8_000;
const LONGEST_LINE = 400;

/** The end of a build's log: the newest lines are the ones people look for. */
export function describeLog(
  { build, lines, last }: Extract<Reply, { kind: 'log' }>,
  settings: Settings,
): Document {
  const title = `Log of ${labelOf(build)}`;
  if (lines.length === 0) {
    return {
      summary: `${title}: nothing yet.`,
      parts: [heading(title), prose('Nothing is written yet; the build has not begun.')],
    };
  }
  const { text, shown } = newest(lines);
  const left = lines.length - shown;
  return {
    summary: `${title}: the last ${counted(shown, 'line')}`,
    parts: [
      heading(title),
      small(
        `the last ${counted(shown, 'line')}`,
        left > 0 ? ` of ${lines.length} asked for; more do not fit here` : '',
        ' · build ',
        code(build.id, 60),
      ),
      block(text),
      small(
        'More: ',
        code(`${settings.command} logs ${build.id} --last ${Math.min(9999, last * 4)}`),
      ),
    ],
  };
}

/** As many lines from the end as fit; of a very long line, its beginning. */
function newest(lines: readonly string[]): { text: string; shown: number } {
  const kept: string[] = [];
  let length = 0;
  for (let index = lines.length - 1; index >= 0; index -= 1) {
    const whole = visible(lines[index] ?? '').replaceAll('\n', ' ');
    const entry = whole.length > LONGEST_LINE ? `${whole.slice(0, LONGEST_LINE)}…` : whole;
    if (length + entry.length + 1 > ROOM) break;
    kept.unshift(entry);
    length += entry.length + 1;
  }
  return { text: kept.join('\n') || ' ', shown: kept.length };
}
