import { type Approval, approvalLabel } from './approval.ts';
import type { Build } from './build.ts';
import {
  defaultRevision,
  isLetGo,
  isOwned,
  isThere,
  revisionLabel,
  tagsOf,
} from './environment.ts';
import { type Repair, userError } from './errors.ts';
import { counted, size } from './figures.ts';
import type { Outline, RevisionOutline } from './outline.ts';

/** How much one person may have at a time, and one environment; null as much as they like. */
export interface Quota {
  /** Builds of a person that wait or are at work. */
  builds: number | null;
  /** Environments of a person with anything there. */
  environments: number | null;
  /** Archives of a person's environments on all edges together. */
  gigabytes: number | null;
  /** Archives of one environment on all edges together. */
  environmentGigabytes: number | null;
  /** Of a person that wait for others to approve them: each calls those who decide. */
  approvals: number;
}

export interface Usage {
  user: string;
  /** What is asked for. */
  environment: string;
  /** The person's at least, and the one that is asked for where there is one. */
  environments: readonly Outline[];
  /** The person's that are not settled. */
  builds: readonly Build[];
}

/**
 * Throws `quota` where another build is more than the person or the environment may have, with what
 * could be deleted or stopped for it.
 */
export function requireWithin(
  quota: Quota,
  { user, environment, environments, builds }: Usage,
): void {
  const owned = environments.filter((each) => each.owner === user && isOwned(each));
  const own = owned.filter((each) => !isLetGo(each));
  const known = environments.find(({ name }) => name === environment);
  if (quota.builds !== null && builds.length >= quota.builds) {
    throw exceeded(
      `${counted(builds.length, 'build')} of yours ${builds.length === 1 ? 'is' : 'are'} waiting or at work, and ${quota.builds} may be.`,
      'Wait for one of them, or stop one.',
      builds.map(({ id, request }) => ({
        label: `Stop ${request.environment}`,
        command: `cancel ${id}`,
      })),
    );
  }
  const isNew = known === undefined || !isOwned(known) || isLetGo(known);
  if (quota.environments !== null && isNew && own.length >= quota.environments) {
    throw exceeded(
      `You have ${counted(own.length, 'environment')}, and may have ${quota.environments}.`,
      'Delete one you do not need any more.',
      wholeOnes(own.toSorted((left, right) => newestOf(left) - newestOf(right))),
    );
  }
  requireRoom('You have', own, quota.gigabytes);
  const one = known === undefined || isLetGo(known) ? [] : [known];
  requireRoom(`\`${environment}\` has`, one, quota.environmentGigabytes);
}

/** Throws `quota` where another approval is more than the person may wait for, of these `waiting`. */
export function requireWithinApprovals({ approvals }: Quota, waiting: readonly Approval[]): void {
  if (waiting.length < approvals) return;
  throw exceeded(
    `${counted(waiting.length, 'request')} of yours ${waiting.length === 1 ? 'waits' : 'wait'} for approval, and ${approvals} may.`,
    'Wait for those who decide, or take one back.',
    waiting.map((approval) => ({
      label: `Take back ${approvalLabel(approval)}`,
      command: `refuse ${approval.id}`,
    })),
  );
}

function requireRoom(
  who: string,
  environments: readonly Outline[],
  gigabytes: number | null,
): void {
  const used = environments.reduce((sum, each) => sum + bytesOf(each), 0);
  if (gigabytes === null || used < gigabytes * 1e9) return;
  const largest = environments.toSorted((left, right) => bytesOf(right) - bytesOf(left));
  throw exceeded(
    `${who} ${size(used)} on the edge nodes; there is room for ${size(gigabytes * 1e9)}.`,
    'Delete something you do not need any more.',
    [...revisionsToSpare(environments), ...wholeOnes(largest)],
  );
}

/** Revisions that nothing means, the largest first and of equal ones the oldest. */
function revisionsToSpare(environments: readonly Outline[]): Repair[] {
  return environments
    .flatMap((environment) =>
      environment.revisions
        .filter((revision) => isSpare(environment, revision))
        .map((revision) => ({ name: environment.name, revision })),
    )
    .sort(
      (left, right) =>
        stagedBytes(right.revision) - stagedBytes(left.revision) ||
        left.revision.createdAt - right.revision.createdAt,
    )
    .map(({ name, revision }) => deleting(revisionLabel(name, revision.number)));
}

function isSpare(environment: Outline, revision: RevisionOutline): boolean {
  const isNamed = tagsOf(environment, revision.number).length > 0;
  return isThere(revision) && !isNamed && defaultRevision(environment) !== revision;
}

/** Environments without a tag: what a tag means is not deleted. */
function wholeOnes(environments: readonly Outline[]): Repair[] {
  return environments
    .filter(({ tags }) => Object.keys(tags).length === 0)
    .map(({ name }) => deleting(name));
}

function deleting(label: string): Repair {
  return { label: `Delete ${label}`, command: `delete ${label}` };
}

/** Bytes of its archives on all edges together. */
function stagedBytes({ stagings }: RevisionOutline): number {
  return stagings.reduce((sum, { archive }) => sum + archive.bytes, 0);
}

function bytesOf({ revisions }: Outline): number {
  return revisions.filter(isThere).reduce((sum, revision) => sum + stagedBytes(revision), 0);
}

function newestOf({ revisions }: Outline): number {
  return Math.max(...revisions.filter(isThere).map(({ createdAt }) => createdAt));
}

function exceeded(message: string, suggestion: string, repairs: readonly Repair[]) {
  return userError({ code: 'quota', message, suggestion, repairs });
}
