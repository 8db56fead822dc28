import type { Build, Requester } from '../build.ts';
import type { BuildRequest } from '../request.ts';

/** Asking for a build. */
export interface Create {
  /**
   * Records and enqueues a build. The same request in flight is joined; another one for the same
   * environment throws `environment-busy` naming the holder; an environment with a revision that is
   * somebody else's throws `name-taken` naming the owner.
   */
  create(request: BuildRequest, requester: Requester): Promise<{ build: Build; joined: boolean }>;
}
