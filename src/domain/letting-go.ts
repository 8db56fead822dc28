import { type Build, isSettled } from './build.ts';
import {
  type Environment,
  isThere,
  type LetGo,
  type Revision,
  revisionLabel,
  tagLabel,
  tagsOf,
  withRevision,
} from './environment.ts';
import type { Unreached } from './errands.ts';
import { type FerryError, type Repair, userError } from './errors.ts';
import { counted } from './figures.ts';
import { printable } from './names.ts';
import { listInWords } from './phrase.ts';
import { requireThere, restoring, revisionOf, type Which } from './reference.ts';
import { keepingUse, type Retention } from './retention.ts';
import { agoInWords } from './use.ts';

/**
 * The revisions that would go: one, or with null all that are there. Throws `in-use` for what
 * somebody relies on, naming who or what, `let-go` where it is gone already, and as `revisionOf`.
 */
export function leavingOf(
  environment: Environment,
  which: Which,
  builds: readonly Build[],
): Revision[] {
  const asked = revisionOf(environment, which);
  const there = environment.revisions.filter(isThere);
  if (which === null && there.length === 0) throw allGone(environment.name, asked.number);
  if (which !== null) requireThere(environment.name, asked);
  const leaving = which === null ? there : [asked];
  requireIdle(environment, leaving, builds);
  requireUntagged(environment, leaving);
  const staying = there.filter((revision) => !leaving.includes(revision));
  if (staying.length === 0) requireUnscheduled(environment);
  const moved = leaving.find(({ number }) => number === environment.defaultRevision);
  const other = staying.at(-1);
  if (moved && other) throw isDefault(environment.name, moved.number, other.number);
  return leaving;
}

/** What is known of who uses an environment: the edges whose clusters do not say, and the rules. */
export interface Known {
  unreached: readonly Unreached[];
  retention: Retention;
  now: number;
}

/** Where nobody could be asked. */
export const ANY_EDGE = '';

/**
 * Throws `in-use` for what an application on a cluster used lately, naming it, and `use-unknown` where
 * the cluster of an edge that has it does not say.
 */
export function requireUnused(
  { name }: Environment,
  leaving: readonly Revision[],
  { unreached, retention, now }: Known,
): void {
  if (retention.usedDays === 0) return;
  const [only, ...more] = leaving;
  const what = only && more.length === 0 ? revisionLabel(name, only.number) : name;
  const byForce = `An operator may let it go all the same: \`delete ${what} --force\`.`;
  const uses = leaving.flatMap((revision) => {
    const use = keepingUse(revision, retention, now);
    return use ? [{ number: revision.number, ...use }] : [];
  });
  const last = uses.toSorted((left, right) => right.at - left.at)[0];
  if (last) {
    const { number, application, user, edge, at } = last;
    throw inUse({
      message: `\`${revisionLabel(name, number)}\` was used by \`${printable(application)}\` of \`${printable(user)}\` behind \`${edge}\` ${agoInWords(now - at)}.`,
      suggestion: `What was used in the last ${counted(retention.usedDays, 'day')} is kept. ${byForce}`,
    });
  }
  const edges = new Set(leaving.flatMap(({ stagings }) => stagings.map(({ edge }) => edge)));
  const silent = unreached.find(({ edge }) => edge === ANY_EDGE || edges.has(edge));
  if (silent === undefined) return;
  throw userError({
    code: 'use-unknown',
    message: `Whether somebody uses \`${what}\` is not known: ${silent.why}`,
    suggestion: `Try again later. ${byForce}`,
  });
}

/**
 * The environment without these revisions. Where the one that its name meant goes, it means the
 * newest from then on; and a schedule ends where nothing stays.
 */
export function withoutRevisions(
  environment: Environment,
  leaving: readonly Pick<Revision, 'number'>[],
  letGo: LetGo,
): Environment {
  const left = leaving.reduce(
    (result, { number }) => withRevision(result, number, { letGo }),
    environment,
  );
  const isMoved = leaving.some(({ number }) => number === environment.defaultRevision);
  return {
    ...left,
    ...(isMoved ? { defaultRevision: null } : {}),
    ...(left.revisions.some(isThere) ? {} : { schedule: null }),
  };
}

function allGone(name: string, number: number): FerryError {
  return userError({
    code: 'let-go',
    message: `Nothing of \`${name}\` is there any more.`,
    suggestion: `\`delete ${name} --forget\` makes the name free; until then each revision can be had again.`,
    repairs: [forgetting(name), restoring(revisionLabel(name, number))],
  });
}

/** What makes a name free that has nothing behind it any more. */
export function forgetting(name: string): Repair {
  return { label: `Forget ${name}`, command: `delete ${name} --forget` };
}

/** Throws `in-use` while a build or a verification of the revisions is at work. */
function requireIdle(
  { name }: Environment,
  leaving: readonly Revision[],
  builds: readonly Build[],
): void {
  const numbers = leaving.map(({ number }) => number);
  const busy = builds.find(
    (build) => !isSettled(build) || (build.verifying && numbers.includes(build.revision ?? 0)),
  );
  if (!busy) return;
  const building = !isSettled(busy);
  throw inUse({
    message: [
      { person: busy.requester.user },
      ` is ${building ? 'building' : 'having a proof of'} \`${name}\` right now (build \`${busy.id}\`).`,
    ],
    suggestion: building
      ? `Wait for it, or stop it first: \`cancel ${busy.id}\`.`
      : 'Wait until the proof is there.',
    repairs: building ? [{ label: 'Stop it', command: `cancel ${busy.id}` }] : [],
  });
}

function requireUntagged(environment: Environment, leaving: readonly Revision[]): void {
  const { name } = environment;
  const tags = leaving.flatMap(({ number }) => tagsOf(environment, number));
  if (tags.length === 0) return;
  const named = listInWords(
    tags.map((tag) => `\`${tagLabel(name, tag)}\``),
    'and',
  );
  throw inUse({
    message: `${named} ${tags.length === 1 ? 'means a revision that' : 'mean revisions that'} would go.`,
    suggestion: `Take the ${tags.length === 1 ? 'tag' : 'tags'} away first, or move ${tags.length === 1 ? 'it' : 'them'} to another revision.`,
    repairs: tags.map((tag) => ({ label: `Untag ${tag}`, command: `untag ${name} ${tag}` })),
  });
}

/** A schedule goes on for as long as there is something to look at; its end is said, not implied. */
function requireUnscheduled({ name, schedule }: Environment): void {
  if (schedule === null) return;
  const command = `schedule ${name} off`;
  throw inUse({
    message: `\`${name}\` is scheduled: it is built ${schedule.every}.`,
    suggestion: `End that first: \`${command}\`.`,
    repairs: [{ label: 'End the schedule', command }],
  });
}

function isDefault(name: string, number: number, other: number): FerryError {
  const command = `rollback ${name} --to ${other}`;
  return inUse({
    message: `\`${revisionLabel(name, number)}\` is what \`${name}\` alone means, since somebody chose it.`,
    suggestion: `Choose another one first: \`${command}\`.`,
    repairs: [{ label: `Make it @${other}`, command }],
  });
}

function inUse(fields: Omit<Parameters<typeof userError>[0], 'code'>): FerryError {
  return userError({ code: 'in-use', ...fields });
}
