import type { Build, Requester } from '../build.ts';
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
}
