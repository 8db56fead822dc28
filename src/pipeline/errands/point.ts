import type { Errand, ErrandTable } from '../../domain/errands.ts';
import type { Progress } from '../../domain/ports.ts';
import type { BuildPorts } from '../context.ts';
import { pointEdges } from '../pointing.ts';

/** Tells the edges what the record says now, so it matters not which of two moves was first. */
export async function point(
  ports: BuildPorts,
  { asked }: Errand<'point'>,
  progress: Progress,
): Promise<ErrandTable['point']['answer']> {
  const environment = await ports.store.readEnvironment(asked.environment);
  return { unreached: environment ? await pointEdges(ports, environment, progress) : [] };
}
