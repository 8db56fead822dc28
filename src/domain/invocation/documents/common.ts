import type { Plan } from '../plan.ts';
import { refuse } from '../refusal.ts';

/** What a document has in common: nothing is started by it. */
export const STARTS_NOTHING = { environment: {}, argv: [], directory: null, rows: null } as const;

/** Refuses a request that names an application; `what` begins the sentence. */
export function noApplication(plan: Plan, what: string): void {
  if (plan.request.application === null && plan.request.arguments.length === 0) return;
  refuse(
    'application-not-used',
    `${what} starts no application.`,
    'Leave `application` and `arguments` out, or use `--for shell` or `--for livy`.',
  );
}
