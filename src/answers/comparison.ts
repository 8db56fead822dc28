import type { Compared, Judged, Side } from '../domain/comparison.ts';
import { counted } from '../domain/figures.ts';
import { countChanges } from '../domain/lock.ts';
import type { Reply } from '../domain/reply.ts';
import { type ByKind, byKind } from './by-kind.ts';
import { describeDifference } from './difference.ts';
import {
  code,
  type Document,
  heading,
  type Inline,
  list,
  type Part,
  small,
  words,
} from './document.ts';
import { andMore } from './lists.ts';

/** Rows shown: whoever compares wants to see them all. */
const MOST_ROWS = 60;
/** Rows of a file that are named though nothing is compared with them. */
const MOST_LEFT = 5;

interface Told {
  /** A few words: `2 of 5 constraints are not met`. */
  outcome: string;
  parts: Part[];
}

/** How a file differs from a revision, or from another file. */
export function describeComparison({
  from,
  to,
  compared,
}: Extract<Reply, { kind: 'comparison' }>): Document {
  const title = `${from.label} → ${to.label}`;
  const { outcome, parts } = byKind(OUTCOMES, compared);
  return {
    summary: `${title}: ${outcome}`,
    parts: [heading(`📋 ${title}`), ...parts, ...[from, to].flatMap(describeLeft)],
  };
}

const OUTCOMES: ByKind<Compared, Told> = {
  packages: ({ difference }) => ({
    outcome: countChanges(difference),
    parts: describeDifference(difference, 'Packages', MOST_ROWS),
  }),
  constraints: ({ judged, others }) => {
    const unmet = judged.filter(({ isMet }) => !isMet);
    const met = judged.filter(({ isMet }) => isMet);
    const outcome =
      unmet.length === 0
        ? `all ${counted(judged.length, 'constraint')} met`
        : `${unmet.length} of ${counted(judged.length, 'constraint')} not met`;
    return {
      outcome,
      parts: [
        ...rows('Not met', unmet.map(rowOf)),
        ...rows('Met', met.map(rowOf)),
        small(`${counted(others, 'more package')} that nobody here asks for`),
      ],
    };
  },
  asked: (difference) => ({
    outcome: countChanges(difference, 'the same is asked for'),
    parts: rows('Asked for', [
      ...difference.changed.map(({ from, to }) => words(code(from), ' → ', code(to))),
      ...difference.added.map((text) => words('also ', code(text))),
      ...difference.removed.map((text) => words('no longer ', code(text))),
    ]),
  }),
};

function rowOf({ asked, found, isMet }: Judged): Inline[] {
  if (found === null) return words(code(asked), ': nothing of that name');
  return words(code(asked), isMet ? ': ' : ': there is ', code(found));
}

/** A title and what stands below it, as far as there is room; nothing where nothing does. */
function rows(title: string, items: readonly Inline[][]): Part[] {
  if (items.length === 0) return [];
  const hidden = items.length - MOST_ROWS;
  return [
    small(`${title}: ${items.length}`),
    list(items.slice(0, MOST_ROWS)),
    ...andMore(hidden, counted(hidden, 'more row')),
  ];
}

/** What of a file could not be read as packages. */
function describeLeft({ label, left }: Side): Part[] {
  if (left.length === 0) return [];
  const named = left
    .slice(0, MOST_LEFT)
    .flatMap(({ line, text }, index) =>
      words(index === 0 ? '' : ', ', `line ${line} `, code(text, 60)),
    );
  const more = left.length > MOST_LEFT ? ` and ${left.length - MOST_LEFT} more` : '';
  const count = counted(left.length, 'row');
  return [small(`${count} of ${label} cannot be had, and not compared: `, named, more)];
}
