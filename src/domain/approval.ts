import { createHash } from 'node:crypto';
import type { Requester } from './build.ts';
import type { Revision } from './environment.ts';
import { type Lock, sdistsOf } from './lock.ts';
import type { BuildRequest, ProjectPin } from './request.ts';

/** What is built, or given a tag, only after others have looked at it. */
export interface ApprovalRule {
  edges: readonly string[];
  channels: readonly string[];
  /** Tags that a revision is given. */
  tags: readonly string[];
  /** Whatever code of people's own comes along. */
  projects: boolean;
  /** The role whose people approve, and how many of them. */
  by: string;
  count: number;
  /** Id of the channel where they are asked; null: each directly. */
  where: string | null;
}

/** One rule that holds for a request, and what for: `the edge \`production\``. */
export type Need = Pick<ApprovalRule, 'by' | 'count' | 'where'> & { about: string };

/** What is approved: a build of these packages and this code, or a tag for a revision that has them. */
export interface ApprovalSubject {
  request: BuildRequest;
  lock: Lock;
  projects: ProjectPin[];
  /** Null: it is built. */
  tag: { name: string; revision: number } | null;
}

/** Something that waits for people to approve it; a build is recorded as one only then. */
export interface Approval extends ApprovalSubject {
  id: string;
  requester: Requester;
  /** Over the subject: other packages or other code need another approval. */
  digest: string;
  /** The revision it takes the place of: the default one, or the one that has the tag. */
  before: Pick<Revision, 'number' | 'lock'> | null;
  needs: Need[];
  /** Who approved, with the roles they had then. */
  given: { user: string; at: number; roles: string[] }[];
  refused: { user: string; at: number; why: string } | null;
  createdAt: number;
  expiresAt: number;
  /** The build that was made of it. */
  buildId: string | null;
  /** Its tag was given. A tag moves on, so to give it again needs another approval. */
  isSpent: boolean;
}

/** What waits: `churn`, or a tag, `churn:prod`. */
export function approvalLabel({ request, tag }: ApprovalSubject): string {
  return tag === null ? request.environment : `${request.environment}:${tag.name}`;
}

/** The notice to a channel or a person that it waits, or how it was decided: each is told once. */
export function approvalNoticeId(
  { id }: Pick<Approval, 'id'>,
  state: 'waiting' | 'approved' | 'refused',
  to: string,
): string {
  return `${id}-${state}-${to}`;
}

export type ApprovalState = 'waiting' | 'approved' | 'refused' | 'expired';

export function approvalState(approval: Approval, now: number): ApprovalState {
  if (approval.refused !== null) return 'refused';
  if (isSatisfied(approval.needs, approval)) return 'approved';
  return now > approval.expiresAt ? 'expired' : 'waiting';
}

/** Those refused or lapsed that are more than so many, the oldest first: nothing comes of them any more. */
export function closedBeyond(
  most: number,
  approvals: readonly Approval[],
  now: number,
): Approval[] {
  const closed = approvals
    .filter((approval) => ['refused', 'expired'].includes(approvalState(approval, now)))
    .toSorted((left, right) => left.createdAt - right.createdAt);
  return closed.slice(0, Math.max(0, closed.length - most));
}

/** Whether enough people of each role have approved. */
export function isSatisfied(needs: readonly Need[], { given }: Pick<Approval, 'given'>): boolean {
  return needs.every((need) => missing(need, given) === 0);
}

/** How many more people of its role a need waits for. */
export function missing({ by, count }: Need, given: Approval['given']): number {
  return Math.max(0, count - given.filter(({ roles }) => roles.includes(by)).length);
}

/** Changes with every byte that would be built, and with where it goes. */
export function digestOf({ request, lock, projects, tag }: ApprovalSubject): string {
  const packages = lock.packages.map(({ url, sha256 }) => `${url} ${sha256}`).sort();
  const wheels = [...(lock.wheels ?? []), ...sdistsOf(lock).flatMap(({ builtWith }) => builtWith)]
    .map(({ url, sha256 }) => `${url} ${sha256}`)
    .sort();
  const pins = projects.map(({ origin, sha256 }) => `${origin} ${sha256}`);
  const text = JSON.stringify([request, lock.platform, packages, wheels, pins, tag]);
  return createHash('sha256').update(text).digest('hex');
}
