import type { Environment } from '../domain/environment.ts';
import type { Progress } from '../domain/ports.ts';
import { pointersOf } from '../domain/reference.ts';
import { type BuildPorts, whyUnreached } from './context.ts';

/**
 * Has every edge that has something of an environment know its names as the record does. Returns
 * the edges that could not be told; the next staging there tells them. Of two at
 * once, the one that tells last may know less: it looks again, and tells what was moved meanwhile.
 */
export async function pointEdges(
  ports: BuildPorts,
  environment: Environment,
  progress: Pick<Progress, 'signal' | 'log'>,
): Promise<string[]> {
  const unreached = await tellEdges(ports, environment, progress);
  const now = await ports.store.readEnvironment(environment.name);
  const isMoved = now !== null && textOf(now) !== textOf(environment);
  return isMoved ? pointEdges(ports, now, progress) : unreached;
}

function textOf(environment: Environment): string {
  return JSON.stringify(pointersOf(environment));
}

async function tellEdges(
  ports: BuildPorts,
  environment: Environment,
  { signal, log }: Pick<Progress, 'signal' | 'log'>,
): Promise<string[]> {
  const stagings = environment.revisions.flatMap((revision) => revision.stagings);
  const names = [...new Set(stagings.map((staging) => staging.edge))];
  const pointers = pointersOf(environment);
  const told = await Promise.all(
    names.map(async (name) => {
      try {
        await ports.edges.get(name)?.point(environment.name, pointers, signal);
        return [];
      } catch (error) {
        const why = whyUnreached(ports, error, signal);
        log(`edge ${name} does not know what ${environment.name} means now: ${why}`);
        return [name];
      }
    }),
  );
  return told.flat();
}
