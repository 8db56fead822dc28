import {
  type Approval,
  type ApprovalState,
  type ApprovalSubject,
  approvalLabel,
  approvalNoticeId,
  approvalState,
  closedBeyond,
  digestOf,
  isSatisfied,
  missing,
  type Need,
} from '../../domain/approval.ts';
import type { Build, Requester } from '../../domain/build.ts';
import { defaultRevision, type Revision } from '../../domain/environment.ts';
import { userError } from '../../domain/errors.ts';
import { duration } from '../../domain/figures.ts';
import type { Lock } from '../../domain/lock.ts';
import { listInWords } from '../../domain/phrase.ts';
import { needsOf, needsOfTag } from '../../domain/policy.ts';
import { requireWithinApprovals } from '../../domain/quota.ts';
import { type BuildRequest, pinnedProjects } from '../../domain/request.ts';
import { type Asker, peopleOf, type Role, unknownGroups } from '../../domain/roles.ts';
import { plans } from './plans.ts';
import type { ServicePorts } from './ports.ts';
import { askerOf } from './roles.ts';

/**
 * What may be built of a request: as it is where no rule holds for it, else exactly what was approved
 * for this person. Throws `waiting-for-approval` where nobody has, after asking those who could.
 */
export async function approvedSubject(
  ports: ServicePorts,
  request: BuildRequest,
  requester: Requester,
  known: { lock: Lock | null; projects: ProjectPins },
): Promise<{
  request: BuildRequest;
  lock: Lock | null;
  projects: ProjectPins;
  approval: Approval | null;
}> {
  const needs = needsOf(request, ports.settings);
  if (needs.length === 0) return { request, ...known, approval: null };
  requireProven(ports, needs);
  const isWhole = known.lock !== null && known.projects.length === request.projects.length;
  const plan = isWhole ? null : await plans(ports).plan(request, requester, known.lock);
  const projects = plan?.projects ?? known.projects;
  const lock = known.lock ?? plan?.lock;
  if (!lock) throw new Error('a plan has a lock');
  const subject = {
    lock,
    projects,
    request: { ...request, projects: pinnedProjects(request, projects) },
  };
  const approval = await approvedOrAsked(ports, { ...subject, tag: null }, requester, needs);
  return { ...subject, approval };
}

/**
 * The approval for giving this tag to the revision; null where no rule holds for it. Throws as
 * `approvedSubject` does.
 */
export async function approvedTag(
  ports: ServicePorts,
  { number, request, lock, projects }: Revision,
  tag: string,
  requester: Requester,
): Promise<Approval | null> {
  const needs = needsOfTag(tag, ports.settings);
  if (needs.length === 0) return null;
  requireProven(ports, needs);
  const subject = { request, lock, projects, tag: { name: tag, revision: number } };
  return approvedOrAsked(ports, subject, requester, needs);
}

/** The approval for exactly this and this person. Throws `waiting-for-approval` where there is none. */
async function approvedOrAsked(
  ports: ServicePorts,
  subject: ApprovalSubject,
  requester: Requester,
  needs: Need[],
): Promise<Approval> {
  const digest = digestOf(subject);
  const all = await ports.store.listApprovals();
  const own = all.filter(
    (each) => each.digest === digest && !each.isSpent && each.requester.user === requester.user,
  );
  const inState = (state: ApprovalState) =>
    own.filter((each) => approvalState(each, ports.clock.now()) === state);
  // The rules may ask for more by now than when it was approved.
  const approved = inState('approved').find((each) => isSatisfied(needs, each));
  if (approved) return approved;
  const [known] = inState('waiting');
  if (known) {
    // Whoever has come to the role since then has not heard of it; nobody is told twice.
    await tell(ports, known, 'waiting');
    throw await waiting(ports, known);
  }
  await requireRoom(ports, all, requester);
  throw await waiting(ports, await ask(ports, subject, digest, requester, needs));
}

/** For one more: within what the person may wait for, and without those that nothing comes of. */
async function requireRoom(
  { store, clock, settings }: ServicePorts,
  all: readonly Approval[],
  { user }: Requester,
): Promise<void> {
  const now = clock.now();
  const theirs = all.filter(
    (each) => each.requester.user === user && approvalState(each, now) === 'waiting',
  );
  requireWithinApprovals(settings.quota, theirs);
  for (const { id } of closedBeyond(settings.closedApprovals, all, now)) {
    await store.removeApproval(id);
  }
}

/** An approval says who asked, so it must be certain. */
function requireProven({ login }: ServicePorts, needs: readonly Need[]): void {
  if (login === null) return;
  throw userError({
    code: 'not-allowed',
    message: `Of what you ask ${aboutInWords(needs)} needs approval, and a terminal cannot prove who asks.`,
    suggestion: 'Ask in Slack, where it is known who you are.',
  });
}

type ProjectPins = ApprovalSubject['projects'];

/** Throws where a rule holds for a build and it is not of an approval: then it is to be asked anew. */
export async function requireApprovedBuild(ports: ServicePorts, build: Build): Promise<void> {
  const needs = needsOf(build.request, ports.settings);
  if (needs.length === 0) return;
  const known = await ports.store.listApprovals();
  const approval = known.find(({ buildId }) => buildId === build.id);
  if (approval && isSatisfied(needs, approval)) return;
  throw userError({
    code: 'not-approved',
    message: `This build of \`${build.request.environment}\` was not approved, and ${aboutInWords(needs)} needs it.`,
    suggestion: 'Rebuild it, or `create` it again: that asks for approval.',
  });
}

async function ask(
  ports: ServicePorts,
  subject: ApprovalSubject,
  digest: string,
  requester: Requester,
  needs: Need[],
): Promise<Approval> {
  const { store, clock, settings } = ports;
  const environment = await store.readEnvironment(subject.request.environment);
  const { tag } = subject;
  const number = tag === null ? null : environment?.tags[tag.name];
  const current =
    number == null
      ? environment && defaultRevision(environment)
      : environment?.revisions.find((revision) => revision.number === number);
  const now = clock.now();
  const approval: Approval = {
    ...subject,
    ...{ id: ports.newId(), requester, digest, needs },
    before: current ? { number: current.number, lock: current.lock } : null,
    ...{ given: [], refused: null, createdAt: now, buildId: null, isSpent: false },
    expiresAt: now + settings.approvalHours * 3600_000,
  };
  await store.createApproval(approval);
  await tell(ports, approval, 'waiting');
  return approval;
}

/** Where those who decide are asked: channels, and people of the roles as far as they are known. */
function decidersOf(
  ports: ServicePorts,
  needs: readonly Need[],
  { user: asking, groups }: Asker,
): string[] {
  return needs.flatMap(({ by, where }) =>
    where === null
      ? peopleOf(rolesNamed(ports, by), groups).filter((user) => user !== asking)
      : [where],
  );
}

function rolesNamed({ settings }: ServicePorts, name: string): Role[] {
  return settings.roles.filter((role) => role.name === name);
}

/** Messages of what became of it: to those who decide, and what was refused also to who asked. */
export async function tell(
  ports: ServicePorts,
  approval: Approval,
  state: 'waiting' | 'approved' | 'refused',
): Promise<void> {
  const { store, clock } = ports;
  const asker = await askerOf(ports, approval.requester.user);
  const deciders = decidersOf(ports, approval.needs, asker);
  const targets = state === 'refused' ? [...deciders, asker.user] : deciders;
  for (const to of new Set(targets)) {
    await store.addNotice({
      id: approvalNoticeId(approval, state, to),
      kind: 'approval',
      approvalId: approval.id,
      to,
      dueAt: clock.now(),
    });
  }
}

async function waiting(ports: ServicePorts, approval: Approval) {
  const { id, needs, given, expiresAt } = approval;
  const open = needs.filter((need) => missing(need, given) > 0);
  const who = open.map((need) => `${missing(need, given)} of the role \`${need.by}\``);
  const left = duration(expiresAt - ports.clock.now());
  const lapses = `It is done as soon as they approve, and lapses in ${left}. \`refuse ${id}\` takes it back.`;
  return userError({
    code: 'waiting-for-approval',
    message: `\`${approvalLabel(approval)}\` waits for approval by ${listInWords([...new Set(who)], 'and')}: ${aboutInWords(open)} needs it.`,
    suggestion: `${await askedInWords(ports, approval, open)} ${lapses}`,
  });
}

/** Whether those who decide have heard of it; where none of a need has, what to do. */
async function askedInWords(
  ports: ServicePorts,
  { id, requester }: Approval,
  open: readonly Need[],
): Promise<string> {
  const asker = await askerOf(ports, requester.user);
  for (const need of open) {
    if (decidersOf(ports, [need], asker).length > 0) continue;
    const unknown = unknownGroups(rolesNamed(ports, need.by), asker.groups);
    return unknown.length > 0
      ? `Slack has not said lately who is in ${listInWords(unknown, 'and')}, so nobody has been asked: tell somebody of the role \`${need.by}\` to \`approve ${id}\`.`
      : `Nobody else is of the role \`${need.by}\`: ask whoever looks after the configuration to name more people in it (\`roles\`).`;
  }
  return 'They have been asked.';
}

const aboutInWords = (needs: readonly Need[]) =>
  listInWords([...new Set(needs.map(({ about }) => about))], 'and');
