import { requireMayMove } from '../../domain/policy.ts';
import { revisionOf } from '../../domain/reference.ts';
import type { Schedules } from '../../domain/services/schedules.ts';
import { lookup } from './lookup.ts';
import type { ServicePorts } from './ports.ts';

/** Schedules are kept with their environments; a duty of the workers looks at them. */
export function schedules(ports: ServicePorts): Schedules {
  const { store, settings, clock } = ports;
  return {
    async schedule(name, every, { user }) {
      const environment = await lookup(ports).findEnvironment(name);
      requireMayMove(environment, user, settings);
      revisionOf(environment, null);
      return store.updateEnvironment(name, (current) => ({
        ...current,
        // The first look is soon, so that who asked sees that it is at work.
        schedule: every === null ? null : { every, by: user, dueAt: clock.now(), last: null },
      }));
    },
  };
}
