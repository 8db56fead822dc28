import type { Requester } from '../../domain/build.ts';
import { type Environment, isThere, moveTo, type Revision } from '../../domain/environment.ts';
import { FerryError, userError } from '../../domain/errors.ts';
import { requireMayMove } from '../../domain/policy.ts';
import {
  numberOf,
  requireFreeTag,
  requireThere,
  revisionOf,
  type Which,
} from '../../domain/reference.ts';
import type { Moved, Tags } from '../../domain/services/tags.ts';
import { tellMoved } from '../telling.ts';
import { approvedTag } from './approval-needs.ts';
import { lookup } from './lookup.ts';
import type { ServicePorts } from './ports.ts';
import { anyPlatform } from './workers.ts';

/** What the names of revisions mean, changed by whom the policy lets. */
export function tags(ports: ServicePorts): Tags {
  return {
    async tag(name, which, tag, requester) {
      requireFreeTag(tag);
      const known = await lookup(ports).findEnvironment(name);
      requireMayMove(known, requester.user, ports.settings);
      const revision = thereOf(known, which);
      const isGiven = known.tags[tag] === revision.number;
      const approval = isGiven ? null : await approvedTag(ports, revision, tag, requester);
      const moved = await move(ports, name, requester, (environment) => {
        const isMoved = isGiven && environment.tags[tag] !== revision.number;
        if (isMoved) throw movedMeanwhile(name, tag, environment.tags[tag]);
        // What was approved, whatever has become the default one meanwhile.
        return { tag, to: thereOf(environment, revision.number).number };
      });
      if (approval !== null) {
        await ports.store.updateApproval(approval.id, (each) => ({ ...each, isSpent: true }));
      }
      return moved;
    },
    async untag(name, tag, requester) {
      requireFreeTag(tag);
      return move(ports, name, requester, (environment) => {
        numberOf(environment, tag);
        return { tag, to: null };
      });
    },
    rollback: (name, which, requester) =>
      move(ports, name, requester, (environment) => ({
        tag: null,
        to: which === null ? numberBefore(environment) : thereOf(environment, which).number,
      })),
  };
}

/** Decides on the newest record what moves: of two people at once, the later one sees the other. */
async function move(
  ports: ServicePorts,
  name: string,
  { user }: Requester,
  decide: (environment: Environment) => Pick<Moved['move'], 'tag' | 'to'>,
): Promise<Moved> {
  const { store, settings, clock } = ports;
  requireMayMove(await lookup(ports).findEnvironment(name), user, settings);
  let moved: Omit<Moved, 'unreached'> | null = null;
  await store.updateEnvironment(name, (environment) => {
    requireMayMove(environment, user, settings);
    moved = moveTo(environment, { ...decide(environment), by: user, at: clock.now() });
    return moved.environment;
  });
  if (moved === null) throw new Error(`${name} was changed without a change`);
  const { environment, move }: Omit<Moved, 'unreached'> = moved;
  if (move.from !== move.to) await tellMoved(ports, environment, move);
  const unreached = move.from === move.to ? [] : await tellEdges(ports, name);
  return { environment, move, unreached };
}

/** Edges may be far away; what was moved is moved, whether they hear of it now or later. */
const WAIT_MS = 20_000;

async function tellEdges(ports: ServicePorts, environment: string) {
  try {
    const platform = await anyPlatform(ports);
    const told = await ports.errands.ask('point', { environment }, { platform, waitMs: WAIT_MS });
    return told.unreached;
  } catch (error) {
    if (error instanceof FerryError && error.kind !== 'defect') return null;
    throw error;
  }
}

function thereOf(environment: Environment, which: Which): Revision {
  const revision = revisionOf(environment, which);
  requireThere(environment.name, revision);
  return revision;
}

/** Where it was already nobody was asked whether it may be given. */
function movedMeanwhile(name: string, tag: string, to: number | undefined) {
  return userError({
    code: 'tag-moved',
    message: `Somebody has just ${to === undefined ? 'taken' : 'moved'} \`${name}:${tag}\`${to === undefined ? ' away' : ` to \`${name}@${to}\``}.`,
    suggestion: 'Say it again where it should be here all the same.',
  });
}

function numberBefore(environment: Environment): number {
  const { name, revisions } = environment;
  const current = revisionOf(environment, null).number;
  const before = revisions.findLast((known) => known.number < current && isThere(known));
  if (before) return before.number;
  const others = revisions.filter((known) => known.number !== current && isThere(known));
  throw userError({
    code: 'no-revision-before',
    message: `\`${name}\` is \`${name}@${current}\`, and there is none before it.`,
    suggestion:
      others.length === 0
        ? `There is no other revision of \`${name}\`.`
        : `Name one: \`rollback ${name} --to ${others.at(-1)?.number}\`.`,
  });
}
