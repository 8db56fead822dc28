import type { Build } from '../domain/build.ts';
import { type Environment, type Move, revisionLabel, tagLabel } from '../domain/environment.ts';
import type { Repair } from '../domain/errors.ts';
import { compareLocks } from '../domain/lock.ts';
import type { Reply } from '../domain/reply.ts';
import { sayButtons } from './buttons.ts';
import { describeDifference } from './difference.ts';
import { buttons, code, codes, type Document, type Part, prose, small } from './document.ts';
import { line } from './outside.ts';

/** What a name means now, what it meant before, and the way back. */
export function describeMove({
  environment,
  move,
  unreached,
}: Extract<Reply, { kind: 'move' }>): Document {
  const name = tagLabel(environment.name, move.tag);
  const [from, to] = [labelAt(environment, move.from), labelAt(environment, move.to)];
  if (move.from === move.to) {
    return {
      summary: line(`${name} is ${to} already`, 200),
      parts: [prose('ℹ️ ', code(name), ' is ', code(to ?? ''), ' already: nothing was changed.')],
    };
  }
  const before = from === null ? [] : [' It was ', code(from), ' before.'];
  return {
    summary: line(to === null ? `${name} is taken away` : `${name} is ${to} now`, 200),
    parts: [
      to === null
        ? prose('✅ ', code(name), ' is taken away.', ...before)
        : prose('✅ ', code(name), ' is ', code(to), ' now.', ...before),
      ...differenceOf(environment, move),
      ...untold(name, unreached),
      ...buttons(sayButtons(nextSteps(environment.name, move), null)),
    ],
  };
}

/** Lines that name the number are right in any case. */
function untold(name: string, unreached: string[] | null): Part[] {
  if (unreached?.length === 0) return [];
  const where = unreached === null ? ['The edge nodes'] : [codes(unreached, 200)];
  return [
    small(
      ...['⚠️ ', ...where, ' could not be told: a short line with ', code(name)],
      ' still starts what it did before, until the next build of the environment.',
    ),
  ];
}

/** The name alone means another revision than it would by itself: a build that is ready says so. */
export function replaced({ request: { environment }, state, revision, replaces }: Build): Part[] {
  if (state !== 'ready' || revision === null || replaces === null) return [];
  const back = `rollback ${environment} --to ${replaces}`;
  return [
    small(
      code(environment),
      ` is ${revisionLabel(environment, revision)} now; it was ${revisionLabel(environment, replaces)} before. Back: `,
      code(back),
    ),
  ];
}

function labelAt({ name }: Environment, number: number | null): string | null {
  return number === null ? null : revisionLabel(name, number);
}

function differenceOf(environment: Environment, { from, to }: Move) {
  const lockOf = (wanted: number | null) =>
    environment.revisions.find(({ number }) => number === wanted)?.lock;
  const [before, after] = [lockOf(from), lockOf(to)];
  if (!before || !after) return [];
  return describeDifference(compareLocks(before, after), `Since ${labelAt(environment, from)}`);
}

function nextSteps(name: string, { tag, from, to }: Move): Repair[] {
  const line = to === null ? [] : [{ label: 'Line', command: `run ${tagLabel(name, tag)}` }];
  const back =
    tag === null
      ? `rollback ${name} --to ${from}`
      : from === null
        ? `untag ${name} ${tag}`
        : `tag ${revisionLabel(name, from)} ${tag}`;
  return [...line, { label: 'Undo', command: back }];
}
