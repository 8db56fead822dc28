import type { Requester } from '../build.ts';
import type { Lock } from '../lock.ts';
import type { Plan } from '../plan.ts';
import type { BuildRequest } from '../request.ts';

/** Seeing what a build would have, before there is one. */
export interface Plans {
  /**
   * Solves a request now, whatever builds are at work; nothing is recorded or held. The same request
   * in flight is solved once. Throws `name-taken` as `create` does, what a build's solve would fail
   * with, and `errand-unanswered` where no worker answers.
   *
   * With a `lock`, the plan has those packages of conda's, byte for byte, and beside them the wheels
   * for what is asked of pip. Throws `other-platform` as `create` does, and `lock-incomplete` where
   * what has to come beside them would move one.
   */
  plan(request: BuildRequest, requester: Requester, lock?: Lock | null): Promise<Plan>;
}
