import type { Build } from '../domain/build.ts';
import { type Revision, revisionLabel } from '../domain/environment.ts';
import { FerryError, type Repair } from '../domain/errors.ts';
import { counted } from '../domain/figures.ts';
import { lineFor, linesForBuild } from '../domain/lines.ts';
import type { Phrase } from '../domain/phrase.ts';
import type { InvocationLine, Reply } from '../domain/reply.ts';
import type { Settings } from '../domain/services.ts';
import { quote } from '../domain/shell.ts';
import { sayButtons } from './buttons.ts';
import {
  block,
  bold,
  buttons,
  code,
  type Document,
  heading,
  list,
  marked,
  type Part,
  prose,
  small,
  words,
} from './document.ts';
import { describeEvidence } from './evidence.ts';
import { andMore } from './lists.ts';
import { line } from './outside.ts';

/** Room for lines in one message, in characters. What does not fit is in the modal behind Line to copy. */
const ROOM = 4_500;

export function describeInvocation(
  reply: Extract<Reply, { kind: 'invocation' }>,
  settings: Settings,
): Document {
  const label = revisionLabel(reply.environment, reply.revision);
  const [first] = reply.lines;
  const stagings = reply.lines.map((entry) => entry.staging);
  const verifications = reply.lines.flatMap((entry) => entry.verification ?? []);
  return {
    summary: first ? `${label} on ${first.edge}: ${shortest(first)}` : `${label} is on no edge.`,
    parts: [
      heading(`How to run ${label}`),
      ...describeLines(reply.lines, `${settings.command} run ${label}`),
      ...describeEvidence(verifications, stagings, reply.lines),
      ...buttons(sayButtons(otherForms(label, reply.lines), null)),
    ],
  };
}

/** Forms of the line that people ask for next. */
function otherForms(label: string, lines: readonly InvocationLine[]): Repair[] {
  const isShell = ({ form }: InvocationLine) => form.purpose === 'shell' && form.tool === 'pyspark';
  const isJupyter = lines.some(({ form }) => form.purpose === 'jupyter');
  return [
    lines.every(isShell)
      ? { label: 'spark-submit', command: `run ${label} spark-submit` }
      : { label: 'pyspark', command: `run ${label} pyspark` },
    ...(isJupyter ? [] : [{ label: 'Jupyter kernel', command: `run ${label} --for jupyter` }]),
    { label: 'Verify', command: `verify ${label}` },
  ];
}

/**
 * The lines of a finished build, one for each edge, or the reason why what its edge told of itself
 * gives none: the build is shown all the same.
 */
export function linesOf(build: Build): { lines: readonly InvocationLine[]; reason: Phrase | null } {
  try {
    const lines = linesForBuild(build);
    const shells = lines.filter(({ tool }) => tool === 'pyspark');
    return { lines: shells.length > 0 ? shells : lines, reason: null };
  } catch (error) {
    if (!(error instanceof FerryError)) throw error;
    return { lines: [], reason: error.said.message };
  }
}

/**
 * Each line with where it holds, and what to know of them; `more` is what to type to see those that
 * did not fit.
 */
export function describeLines(lines: readonly InvocationLine[], more: string): Part[] {
  return [
    ...rowsOf(lines, more, (entry) => [lineTitle(entry), ...pasted(entry)]),
    ...warnings(lines),
  ];
}

/** The lines and nothing else: where there are several, each with its edge. */
export function bareLines(lines: readonly InvocationLine[], more: string): Part[] {
  return rowsOf(lines, more, (entry) => [
    ...(lines.length > 1 ? [lineTitle(entry)] : []),
    ...(entry.short === null ? [] : [block(entry.short)]),
    block(textToPaste(entry), entry.language),
  ]);
}

/** As much as there is room for; of a line whose whole is too long, the short one. */
function rowsOf(
  lines: readonly InvocationLine[],
  more: string,
  show: (entry: InvocationLine) => Part[],
): Part[] {
  const parts: Part[] = [];
  let left = ROOM;
  let hidden = 0;
  for (const entry of lines) {
    const short = entry.short ?? '';
    const whole = textToPaste(entry);
    const fits = short.length + whole.length <= left;
    if (!fits) hidden += 1;
    if (fits) parts.push(...show(entry));
    else if (short !== '' && short.length <= left) parts.push(lineTitle(entry), block(short));
    else continue;
    left -= fits ? short.length + whole.length : short.length;
  }
  if (hidden > 0) {
    parts.push(
      prose(
        `${hidden === lines.length ? 'The' : `${hidden} more`} whole ${hidden === 1 ? 'line is' : 'lines are'} too long to show here: press Line to copy or type `,
        code(more),
        '.',
      ),
    );
  }
  return parts;
}

/** The short line first where there is one, then the whole. */
export function pasted(entry: InvocationLine): Part[] {
  const whole = block(textToPaste(entry), entry.language);
  return entry.short === null ? [whole] : [block(entry.short), small(WHOLE), whole];
}

/** What stands between the short line and the whole one. */
const WHOLE = 'The same as a whole, in rows that paste as they are:';

/** The short line of a revision, for each root it is staged under; none where an older version did. */
export function shortLinesOf({ stagings, letGo }: Revision): string[] {
  if (letGo) return [];
  const lines = stagings.flatMap((staging) => {
    try {
      return lineFor({ staging }, null).short ?? [];
    } catch (error) {
      if (!(error instanceof FerryError)) throw error;
      return [];
    }
  });
  return [...new Set(lines)];
}

/** The line that says most in the fewest characters. */
export function shortest(entry: InvocationLine): string {
  return entry.short ?? entry.text;
}

/** The whole line in rows, after the `cd` it needs when it holds only in one folder. */
export function textToPaste(entry: InvocationLine): string {
  const isLine = entry.language === null;
  return entry.directory !== null && isLine
    ? `cd ${quote(entry.directory)}\n${entry.rows}`
    : entry.rows;
}

export function lineTitle(entry: InvocationLine): Part {
  return prose(bold(line(entry.title, 60)), ' on ', code(entry.edge, 60));
}

/** Warnings of all lines, each once. */
export function warnings(lines: readonly InvocationLine[]): Part[] {
  const texts = [...new Set(lines.flatMap((entry) => entry.warnings))];
  if (texts.length === 0) return [];
  const shown = texts.slice(0, 4).map((text) => words('⚠️ ', marked(line(text, 300))));
  const hidden = texts.length - shown.length;
  return [list(shown), ...andMore(hidden, counted(hidden, 'more warning'))];
}
