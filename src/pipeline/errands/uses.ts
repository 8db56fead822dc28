import type { Errand, ErrandTable } from '../../domain/errands.ts';
import type { Progress } from '../../domain/ports.ts';
import type { BuildPorts } from '../context.ts';
import { seeUses } from '../using.ts';

/** Asks who uses an environment, before somebody lets go of it. */
export async function uses(
  ports: BuildPorts,
  { asked }: Errand<'uses'>,
  progress: Progress,
): Promise<ErrandTable['uses']['answer']> {
  const environment = await ports.store.readEnvironment(asked.environment);
  return { unreached: environment ? await seeUses(ports, [environment], progress) : [] };
}
