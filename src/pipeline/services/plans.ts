import type { Requester } from '../../domain/build.ts';
import { edgesOf } from '../../domain/defaults.ts';
import { requirePlatform } from '../../domain/edge-platforms.ts';
import type { Lock, Platform } from '../../domain/lock.ts';
import type { Plan } from '../../domain/plan.ts';
import type { BuildRequest } from '../../domain/request.ts';
import type { Plans } from '../../domain/services/plans.ts';
import { requireOwn } from './names.ts';
import type { ServicePorts } from './ports.ts';
import { requireBuildable } from './roles.ts';
import { servedPlatform } from './workers.ts';

/** A solve that takes longer is a matter for a build, which shows how far it is. */
const WAIT_MS = 120_000;

/** What a build of a request would have, for whoever may build it. */
export function plans(ports: ServicePorts): Plans {
  const { store, settings } = ports;
  const solve = planner(ports, WAIT_MS);
  return {
    async plan(asked, requester, lock = null) {
      if (lock !== null) requirePlatform(lock, asked, settings);
      const request = { ...asked, edges: edgesOf(asked, settings) };
      await requireBuildable(ports, null, request, requester);
      const environment = await store.readEnvironment(request.environment);
      await requireOwn(ports, asked, environment, [requester.user]);
      return solve(request, lock, requester, await servedPlatform(ports, request));
    },
  };
}

/** Has requests solved by a worker; those of this process that are the same and in flight once. */
export function planner(
  { errands }: Pick<ServicePorts, 'errands'>,
  waitMs: number,
): (
  request: BuildRequest,
  lock: Lock | null,
  requester: Requester,
  platform: Platform,
) => Promise<Plan> {
  const inFlight = new Map<string, Promise<Plan>>();
  return (request, lock, { user, channel }, platform) => {
    const asked = { request, lock, asker: { user, channel } };
    // Which files may be taken depends on who asks.
    const hasFiles = request.projects.some(({ kind }) => kind === 'file');
    const key = JSON.stringify(hasFiles ? asked : { request, lock });
    const plan =
      inFlight.get(key) ??
      errands.ask('plan', asked, { platform, waitMs }).finally(() => inFlight.delete(key));
    inFlight.set(key, plan);
    return plan;
  };
}
