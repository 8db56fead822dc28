import { defaultRevision, type Revision } from '../../domain/environment.ts';
import type { Errand } from '../../domain/errands.ts';
import type { Plan } from '../../domain/plan.ts';
import type { Progress } from '../../domain/ports.ts';
import type { BuildPorts } from '../context.ts';
import { engineLabel, type SolveInput, solve } from '../steps/solve.ts';

/** What a build of the request would have, compared with the newest revision. */
export async function plan(
  ports: BuildPorts,
  { id, asked: { request } }: Errand<'plan'>,
  progress: Progress,
): Promise<Plan> {
  const environment = await ports.store.readEnvironment(request.environment);
  const before = environment ? defaultRevision(environment) : null;
  return planFrom(ports, { request, id, before }, progress);
}

/**
 * Projects are pinned for the fingerprint, and their bytes cleared: a build of the plan may run on
 * another host, and pins them again.
 */
export async function planFrom(
  ports: BuildPorts,
  asked: Pick<SolveInput, 'request' | 'id' | 'basis'> & { before: Revision | null },
  progress: Progress,
): Promise<Plan> {
  const { request, id, before } = asked;
  const engine = await ports.engine.describe();
  try {
    const solved = await solve(ports, { ...asked, engine, lock: null }, progress);
    return {
      ...{ request, engine: engineLabel(engine), ...solved },
      before: before && {
        number: before.number,
        lock: before.lock,
        fingerprint: before.fingerprint,
      },
    };
  } finally {
    await ports.workspace.clear(id);
  }
}
