import type { Approval } from '../approval.ts';
import type { Build, Requester } from '../build.ts';

/** Deciding on builds that wait for approval, by the people of the roles that rules name. */
export interface Approvals {
  /** Those that wait, the oldest first. */
  waitingApprovals(): Promise<Approval[]>;
  /**
   * Approves by the id of an approval or the environment it is for; with the last one that was
   * missing, what was approved is done for whoever asked. Throws `approval-not-found`,
   * `already-decided`, `not-allowed`, and what `create` throws.
   */
  approve(
    reference: string,
    requester: Requester,
  ): Promise<{ approval: Approval; isDone: boolean; build: Build | null }>;
  /** Throws as `approve` does. */
  refuse(reference: string, why: string, requester: Requester): Promise<Approval>;
}
