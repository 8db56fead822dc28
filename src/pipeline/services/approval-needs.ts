import {
  type Approval,
  type ApprovalSubject,
  approvalState,
  digestOf,
  isSatisfied,
  missing,
  type Need,
} from '../../domain/approval.ts';
import type { Build, Requester } from '../../domain/build.ts';
import { defaultRevision } from '../../domain/environment.ts';
import { userError } from '../../domain/errors.ts';
import { duration } from '../../domain/figures.ts';
import type { Lock } from '../../domain/lock.ts';
import { listInWords } from '../../domain/phrase.ts';
import { needsOf } from '../../domain/policy.ts';
import { type BuildRequest, pinnedProjects } from '../../domain/request.ts';
import { peopleOf } from '../../domain/roles.ts';
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
  if (ports.login !== null) {
    throw userError({
      code: 'not-allowed',
      message: `${aboutInWords(needs)} needs approval, and a terminal cannot prove who asks.`,
      suggestion: 'Ask in Slack, where it is known who you are.',
    });
  }
  const isWhole = known.lock !== null && known.projects.length === request.projects.length;
  const plan = isWhole ? null : await plans(ports).plan(request, requester);
  const projects = plan?.projects ?? known.projects;
  const lock = known.lock ?? plan?.lock;
  if (!lock) throw new Error('a plan has a lock');
  const subject = {
    lock,
    projects,
    request: { ...request, projects: pinnedProjects(request, projects) },
  };
  const digest = digestOf(subject);
  const approval = (await ports.store.listApprovals()).find(
    (each) =>
      each.digest === digest &&
      each.requester.user === requester.user &&
      ['waiting', 'approved'].includes(approvalState(each, ports.clock.now())),
  );
  if (approval && isSatisfied(needs, approval)) return { ...subject, approval };
  throw waiting(ports, approval ?? (await ask(ports, subject, digest, requester, needs)));
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
  const current = environment && defaultRevision(environment);
  const now = clock.now();
  const approval: Approval = {
    ...subject,
    ...{ id: ports.newId(), requester, digest, needs },
    before: current ? { number: current.number, lock: current.lock } : null,
    ...{ given: [], refused: null, createdAt: now, buildId: null },
    expiresAt: now + settings.approvalHours * 3600_000,
  };
  await store.createApproval(approval);
  await tell(ports, approval, 'waiting');
  return approval;
}

/** Messages of what became of it: to those who decide, and what was refused also to who asked. */
export async function tell(
  ports: ServicePorts,
  approval: Approval,
  state: 'waiting' | 'approved' | 'refused',
): Promise<void> {
  const { store, clock, settings } = ports;
  const { groups } = await askerOf(ports, approval.requester.user);
  const deciders = approval.needs.flatMap(({ by, where }) => {
    if (where !== null) return [where];
    const people = peopleOf(
      settings.roles.filter(({ name }) => name === by),
      groups,
    );
    return people.filter((user) => user !== approval.requester.user);
  });
  const targets = state === 'refused' ? [...deciders, approval.requester.user] : deciders;
  for (const to of new Set(targets)) {
    const id = `${approval.id}-${state}-${to}`;
    await store.addNotice({
      id,
      kind: 'approval',
      approvalId: approval.id,
      to,
      dueAt: clock.now(),
    });
  }
}

function waiting({ clock }: ServicePorts, { id, request, needs, given, expiresAt }: Approval) {
  const open = needs.filter((need) => missing(need, given) > 0);
  const who = open.map((need) => `${missing(need, given)} of the role \`${need.by}\``);
  return userError({
    code: 'waiting-for-approval',
    message: `\`${request.environment}\` waits for approval by ${listInWords([...new Set(who)], 'and')}: ${aboutInWords(open)} needs it. It is \`${id}\`.`,
    suggestion: `They have been asked. It is built as soon as they approve, and lapses in ${duration(expiresAt - clock.now())}.`,
  });
}

const aboutInWords = (needs: readonly Need[]) =>
  listInWords([...new Set(needs.map(({ about }) => about))], 'and');
