import { edgesOf } from '../../domain/defaults.ts';
import type { Plan } from '../../domain/plan.ts';
import type { BuildRequest } from '../../domain/request.ts';
import type { Plans } from '../../domain/services/plans.ts';
import { requireOwn } from './names.ts';
import type { ServicePorts } from './ports.ts';
import { requireBuildable } from './roles.ts';

/** A solve that takes longer is a matter for a build, which shows how far it is. */
const WAIT_MS = 120_000;

/** What a build of a request would have, for whoever may build it. */
export function plans(ports: ServicePorts): Plans {
  const { store, settings } = ports;
  const solve = planner(ports, WAIT_MS);
  return {
    async plan(asked, requester) {
      const request = { ...asked, edges: edgesOf(asked, settings) };
      await requireBuildable(ports, null, request, requester);
      const environment = await store.readEnvironment(request.environment);
      await requireOwn(ports, asked, environment, [requester.user]);
      return solve(request);
    },
  };
}

/** Has requests solved by a worker; those of this process that are the same and in flight once. */
export function planner(
  { errands, platform }: ServicePorts,
  waitMs: number,
): (request: BuildRequest) => Promise<Plan> {
  const inFlight = new Map<string, Promise<Plan>>();
  return (request) => {
    const key = JSON.stringify(request);
    const plan =
      inFlight.get(key) ??
      errands.ask('plan', { request }, { platform, waitMs }).finally(() => inFlight.delete(key));
    inFlight.set(key, plan);
    return plan;
  };
}
