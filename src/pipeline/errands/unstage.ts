import type { Errand, ErrandTable } from '../../domain/errands.ts';
import type { Progress } from '../../domain/ports.ts';
import type { BuildPorts } from '../context.ts';
import { removeLetGo } from '../removing.ts';

/** Removes what was let go at once, while somebody waits to hear of it. */
export async function unstage(
  ports: BuildPorts,
  { asked }: Errand<'unstage'>,
  progress: Progress,
): Promise<ErrandTable['unstage']['answer']> {
  return { left: await removeLetGo(ports, asked.environment, progress) };
}
