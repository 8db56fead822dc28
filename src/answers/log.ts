import { isSettled } from '../domain/build.ts';
import { counted } from '../domain/figures.ts';
import type { Reply } from '../domain/reply.ts';
import type { Settings } from '../domain/services.ts';
import { labelOf, sayButtons } from './buttons.ts';
import {
  block,
  buttons,
  code,
  type Document,
  heading,
  type Part,
  prose,
  small,
} from './document.ts';
import { visible } from './outside.ts';

const ROOM = 8_000;
const LONGEST_LINE = 400;
const MOST_LINES = 9999;

type LogReply = Extract<Reply, { kind: 'log' }>;

/** The end of a build's log: the newest lines are the ones people look for. */
export function describeLog(reply: LogReply, _settings: Settings): Document {
  const { build, lines } = reply;
  const title = `Log of ${labelOf(build)}`;
  if (lines.length === 0) {
    const nothing = isSettled(build)
      ? 'Nothing was written, or the log is no longer kept.'
      : build.state === 'queued'
        ? 'Nothing is written yet; the build has not begun.'
        : 'Nothing is written yet.';
    return {
      summary: `${title}: ${nothing}`,
      parts: [
        heading(title),
        prose(nothing),
        ...buttons(sayButtons([{ label: 'Status', command: `status ${build.id}` }], null)),
      ],
    };
  }
  const { text, shown } = newest(lines, ROOM);
  return {
    summary: `${title}: ${howMuch(reply, shown)}`,
    parts: [
      heading(title),
      small(howMuch(reply, shown), ' · build ', code(build.id, 60)),
      ...passedOver(reply),
      block(text),
      ...buttons(sayButtons(further(reply, shown), null)),
    ],
  };
}

function howMuch({ build, lines, more }: LogReply, shown: number): string {
  if (shown < lines.length) {
    return `the last ${counted(shown, 'line')}: of the ${lines.length} asked for, more do not fit here`;
  }
  if (more) return `the last ${counted(shown, 'line')}`;
  return `all ${counted(shown, 'line')}${isSettled(build) ? '' : ' so far'}`;
}

function passedOver({ build, passedOver: newer }: LogReply): Part[] {
  if (newer === null) return [];
  return [
    small(
      newer.state === 'cancelled'
        ? 'The newest build was cancelled before it began ('
        : 'The newest build found everything in place (',
      code(newer.id, 60),
      `); this is the one before it that ${build.state === 'ready' ? 'built something' : 'did something'}.`,
    ),
  ];
}

/** More lines only where there are some and they would be shown. */
function further({ build, lines, last, more }: LogReply, shown: number) {
  const next = Math.min(MOST_LINES, last * 4);
  const fits = shown === lines.length && next > last;
  return [
    { label: 'Status', command: `status ${build.id}` },
    ...(more && fits
      ? [{ label: `Last ${next} lines`, command: `logs ${build.id} --last ${next}` }]
      : []),
  ];
}

/** As many lines from the end as fit into `room` characters; of a very long line, its beginning. */
export function newest(lines: readonly string[], room: number): { text: string; shown: number } {
  const kept: string[] = [];
  let length = 0;
  for (let index = lines.length - 1; index >= 0; index -= 1) {
    const whole = visible(lines[index] ?? '').replaceAll('\n', ' ');
    const entry = whole.length > LONGEST_LINE ? `${whole.slice(0, LONGEST_LINE)}…` : whole;
    if (length + entry.length + 1 > room) break;
    kept.unshift(entry);
    length += entry.length + 1;
  }
  return { text: kept.join('\n') || ' ', shown: kept.length };
}
