import { type Approval, approvalLabel, approvalState, isSatisfied } from '../../domain/approval.ts';
import type { Build, Requester } from '../../domain/build.ts';
import { FerryError, userError } from '../../domain/errors.ts';
import { counted } from '../../domain/figures.ts';
import { closest } from '../../domain/near-names.ts';
import { followedBy, listInWords } from '../../domain/phrase.ts';
import { rolesToDecide } from '../../domain/policy.ts';
import type { Approvals } from '../../domain/services/approvals.ts';
import { tell } from './approval-needs.ts';
import { create } from './create.ts';
import { door } from './door.ts';
import type { ServicePorts } from './ports.ts';
import { askerOf } from './roles.ts';
import { tags } from './tags.ts';

/** Deciding on builds that wait for approval. */
export function approvals(ports: ServicePorts): Approvals {
  const { store, clock, settings } = ports;

  async function find(reference: string): Promise<Approval> {
    const known = await store.listApprovals();
    const exact = known.find(({ id }) => id === reference);
    if (exact) return exact;
    const named = known.filter(
      (each) => each.request.environment === reference && stateOf(each) === 'waiting',
    );
    const [only, ...more] = named;
    if (only && more.length === 0) return only;
    // What was asked for last need not be what somebody has looked at.
    if (only) throw several(reference, named);
    const waiting = known.filter((each) => stateOf(each) === 'waiting');
    const near = closest(
      reference,
      waiting.flatMap(({ id, request }) => [request.environment, id]),
    );
    throw userError({
      code: 'approval-not-found',
      message: `Nothing waits for approval as \`${reference}\`.`,
      suggestion: `${near === null ? '' : `Did you mean \`${near}\`? `}\`approve\` lists what waits.`,
    });
  }

  const stateOf = (approval: Approval) => approvalState(approval, clock.now());

  /** Changes it while it waits, as somebody who may. */
  async function decide(
    { id }: Approval,
    verb: 'approve' | 'refuse',
    requester: Requester,
    change: (approval: Approval, roles: string[]) => Approval,
  ): Promise<Approval> {
    const asker = await askerOf(ports, requester.user);
    return store.updateApproval(id, (approval) => {
      if (stateOf(approval) !== 'waiting') throw decided(approval, stateOf(approval));
      return change(approval, rolesToDecide(asker, verb, approval, settings));
    });
  }

  return {
    async waitingApprovals() {
      return (await store.listApprovals()).filter((each) => stateOf(each) === 'waiting');
    },

    async approve(reference, requester) {
      const { user } = requester;
      const known = await find(reference);
      // What could not begin then; whoever has not approved it has nothing to say here.
      const isOpen =
        stateOf(known) === 'approved' &&
        known.buildId === null &&
        !known.isSpent &&
        known.given.some((each) => each.user === user);
      const approval = isOpen
        ? known
        : await decide(known, 'approve', requester, (current, roles) => ({
            ...current,
            given: [...current.given, { user, at: clock.now(), roles }],
          }));
      if (!isSatisfied(approval.needs, approval)) return { approval, isDone: false, build: null };
      await tell(ports, approval, 'approved');
      const build = await perform(ports, approval);
      return { approval: { ...approval, buildId: build?.id ?? null }, isDone: true, build };
    },

    async refuse(reference, why, requester) {
      const refused = { user: requester.user, at: clock.now(), why };
      const approval = await decide(await find(reference), 'refuse', requester, (current) => ({
        ...current,
        refused,
      }));
      await tell(ports, approval, 'refused');
      return approval;
    },
  };
}

/**
 * Does what was approved for whoever asked, through the door as they would: what they may by now
 * decides, not what they might when they asked. It finds itself approved, as any request of the same
 * person for the same bytes would. Null where it was a tag.
 */
async function perform(
  ports: ServicePorts,
  { id, requester, given, request, lock, projects, tag }: Approval,
): Promise<Build | null> {
  const by = given.map(({ user }) => user);
  const asAsked = door(ports, { ...tags(ports), ...create(ports) }, { id, by });
  try {
    if (tag === null) {
      return (await asAsked.create(request, requester, { lock, projects })).build;
    }
    await asAsked.tag(request.environment, tag.revision, tag.name, requester);
    return null;
  } catch (error) {
    throw error instanceof FerryError ? ofWhoAsked(error, requester) : error;
  }
}

/** Refusals that are about who asked, with what they read like to whoever approves. */
const ABOUT_WHO_ASKED: Readonly<Record<string, { told: string; suggestion: string }>> = {
  'not-allowed': {
    told: ', who asked, may not do it any more:',
    suggestion: 'Whoever may can ask for it.',
  },
  quota: {
    told: ', who asked, has no room for it:',
    suggestion: 'Approve it again once there is room.',
  },
};

function ofWhoAsked(error: FerryError, { user }: Requester): FerryError {
  const row = ABOUT_WHO_ASKED[error.code];
  if (row === undefined) return error;
  const message = followedBy([{ person: user }, row.told], error.said.message);
  return userError({ code: error.code, message, suggestion: row.suggestion });
}

function several(name: string, known: readonly Approval[]) {
  const each = known.map((approval) => `\`${approval.id}\` (\`${approvalLabel(approval)}\`)`);
  return userError({
    code: 'several-wait',
    message: `${counted(known.length, 'request')} wait for approval as \`${name}\`.`,
    suggestion: `Say which: ${listInWords(each, 'or')}. \`approve\` shows them.`,
  });
}

function decided({ id, refused, given }: Approval, state: string) {
  const by = refused?.user ?? given.at(-1)?.user;
  return userError({
    code: 'already-decided',
    message: [
      `\`${id}\` is ${state} already`,
      ...(by === undefined || state === 'expired' ? [] : [', by ', { person: by }]),
      '.',
    ],
    suggestion: 'Whoever asked may ask again.',
  });
}
