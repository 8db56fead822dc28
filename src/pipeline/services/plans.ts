import { edgesOf } from '../../domain/defaults.ts';
import type { Plan } from '../../domain/plan.ts';
import type { Plans } from '../../domain/services/plans.ts';
import { requireOwn } from './names.ts';
import type { ServicePorts } from './ports.ts';
import { requireBuildable } from './roles.ts';

/** A solve that takes longer is a matter for a build, which shows how far it is. */
const WAIT_MS = 120_000;

/** Plans of this process that are being solved, by their request. */
export function plans(ports: ServicePorts): Plans {
  const { store, errands, platform, settings } = ports;
  const inFlight = new Map<string, Promise<Plan>>();
  return {
    async plan(asked, requester) {
      const request = { ...asked, edges: edgesOf(asked, settings) };
      await requireBuildable(ports, null, request, requester);
      const environment = await store.readEnvironment(request.environment);
      await requireOwn(ports, asked, environment, [requester.user]);
      const key = JSON.stringify(request);
      const plan =
        inFlight.get(key) ??
        errands
          .ask('plan', { request }, { platform, waitMs: WAIT_MS })
          .finally(() => inFlight.delete(key));
      inFlight.set(key, plan);
      return plan;
    },
  };
}
