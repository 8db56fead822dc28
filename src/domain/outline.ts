/** An environment without what is large: its locks, what its packages bring, what its proofs said. */
import type { Environment, Revision, Staging, Verification } from './environment.ts';
import type { BuildRequest } from './request.ts';

/**
 * What lists, quotas and duties look at, of thousands of environments at a time. An environment is
 * an outline, too, so whatever takes one takes the other.
 */
export interface Outline
  extends Pick<
    Environment,
    | 'name'
    | 'owner'
    | 'createdAt'
    | 'tags'
    | 'defaultRevision'
    | 'keptUntil'
    | 'reminded'
    | 'schedule'
  > {
  revisions: readonly RevisionOutline[];
}

export interface RevisionOutline
  extends Pick<Revision, 'number' | 'fingerprint' | 'buildId' | 'createdAt' | 'letGo' | 'used'> {
  /** What versions that know of no archive of a staging go by, beside this one. */
  archive: Pick<Revision['archive'], 'sha256' | 'bytes'>;
  request: Pick<BuildRequest, 'specs' | 'pip'>;
  lock: Pick<Revision['lock'], 'platform'>;
  stagings: readonly StagingOutline[];
  verifications: readonly Pick<Verification, 'at'>[];
}

export interface StagingOutline extends Pick<Staging, 'edge' | 'stagedAt'> {
  archive: RevisionOutline['archive'];
}

/** How many environments somebody owns, or there are. */
export interface EnvironmentCount {
  /** With at least one revision that is there. */
  there: number;
  /** Nothing of them is there any more. */
  letGo: number;
}

export function outlineOf(environment: Environment): Outline {
  const { name, owner, createdAt, tags, defaultRevision, keptUntil, reminded, schedule } =
    environment;
  return {
    ...{ name, owner, createdAt, tags, defaultRevision, keptUntil, reminded, schedule },
    revisions: environment.revisions.map(revisionOutline),
  };
}

function revisionOutline(revision: Revision): RevisionOutline {
  const { number, fingerprint, buildId, createdAt, letGo, used, archive, request, lock } = revision;
  return {
    ...{ number, fingerprint, buildId, createdAt, letGo, used },
    archive: outlinedArchive(archive),
    request: { specs: request.specs, pip: request.pip },
    lock: { platform: lock.platform },
    stagings: revision.stagings.map(({ edge, stagedAt, archive }) => ({
      ...{ edge, stagedAt, archive: outlinedArchive(archive) },
    })),
    verifications: revision.verifications.map(({ at }) => ({ at })),
  };
}

function outlinedArchive({ sha256, bytes }: Revision['archive']): RevisionOutline['archive'] {
  return { sha256, bytes };
}
