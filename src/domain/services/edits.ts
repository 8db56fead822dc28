import type { Requester } from '../build.ts';
import type { Edited } from '../edit.ts';
import type { Plan } from '../plan.ts';

/** Changing a package or two of an environment, and all that has to move for it. */
export interface Edits {
  /**
   * Solves an edited request; nothing is recorded or held. Throws `name-taken` as `create` does,
   * `package-needed`, what a build's solve would fail with, and `errand-unanswered`.
   */
  planEdit(edited: Edited, requester: Requester): Promise<Plan>;
  /** Keeps a plan for some days, so that exactly what was shown can be built; answers its id. */
  keepPlan(kept: KeptPlan): Promise<string>;
  /** Throws `plan-forgotten`, and `plan-outdated` once the environment has a newer revision. */
  keptPlan(id: string): Promise<KeptPlan>;
}

export interface KeptPlan {
  plan: Plan;
  /** The newest revision of the environment when it was planned; null where others do not matter. */
  newest: number | null;
  /** What was typed for it, to plan it again: `add churn scipy`. */
  command: string;
}
