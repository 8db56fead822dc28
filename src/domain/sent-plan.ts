import { NOTE } from './note.ts';
import type { Plan } from './plan.ts';
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
