import { NOTE } from './note.ts';
import type { Plan } from './plan.ts';
import type { KeptPlan } from './services/edits.ts';
import { listOf, number, object, oneOf, or, string } from './shape.ts';
import { LOCK, PIN, REQUEST } from './stored.ts';

/** A plan as it arrives from the worker that made it. */
export const PLAN = object<Plan>({
  ...{ request: REQUEST, engine: string, lock: LOCK, projects: listOf(PIN) },
  ...{ format: oneOf(['zip', 'tar.gz']), fingerprint: string, notes: listOf(NOTE) },
  before: or(
    object<NonNullable<Plan['before']>>({ number, lock: LOCK, fingerprint: string }),
    null,
  ),
  staged: or(number, null),
});

/** A plan as it is kept until it is built. */
export const KEPT_PLAN = object<KeptPlan>({
  plan: PLAN,
  newest: or(number, null),
  command: string,
});
