import { requireMayMove } from '../../domain/policy.ts';
import { requireThere, revisionOf } from '../../domain/reference.ts';
import type { Schedules } from '../../domain/services/schedules.ts';
import { lookup } from './lookup.ts';
import type { ServicePorts } from './ports.ts';

/** Schedules are kept with their environments; a duty of the workers looks at them. */
export function schedules(ports: ServicePorts): Schedules {
  const { store, settings, clock } = ports;
  return {
    async schedule(name, every, tellOnly, { user }) {
      const environment = await lookup(ports).findEnvironment(name);
      requireMayMove(environment, user, settings);
      const revision = revisionOf(environment, null);
      if (every !== null) requireThere(name, revision);
      const begun = { by: user, dueAt: clock.now(), tellOnly, last: null };
      return store.updateEnvironment(name, (current) => ({
        ...current,
        // The first look is soon, so that who asked sees that it is at work.
        schedule: every === null ? null : { every, ...begun },
      }));
    },
  };
}
