import type { Build, Requester } from '../build.ts';
import type { Revision } from '../environment.ts';
import type { Lock } from '../lock.ts';
import type { BuildRequest, ProjectPin } from '../request.ts';

/** Asking for a build. */
export interface Create {
  /**
   * Records and enqueues a build. The same request in flight is joined; another one for the same
   * environment throws `environment-busy` naming the holder; an environment with a revision that is
   * somebody else's throws `name-taken` naming the owner.
   *
   * With a `lock`, the build has those packages and asks no engine for others; only a build with the
   * same ones is joined. A lock for another platform throws `other-platform`. With `projects`, the
   * build fails where the code asked for has other bytes by then.
   */
  create(
    request: BuildRequest,
    requester: Requester,
    options?: { lock?: Lock | null; projects?: ProjectPin[] },
  ): Promise<{ build: Build; joined: boolean }>;
  /**
   * Solves a request and, once that stands, does what `create` does with the packages; a revision
   * that is exactly those, staged and intact, is answered instead. Throws as `create` does, before
   * anything is solved, and what a build's solve would fail with, before anything is recorded. Where
   * no worker answers soon, there is a build that will find out. A `lock` is as in `plan`.
   */
  createPlanned(request: BuildRequest, requester: Requester, lock?: Lock | null): Promise<Created>;
}

/**
 * A build, begun or joined; or the revision it would make, with the stagings asked for. `means`: the
 * number of the revision that the environment's name means.
 */
export type Created = { build: Build; joined: boolean } | { known: Revision; means: number };
