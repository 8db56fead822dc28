import { isUnproven } from '../../domain/build.ts';
import { isLetGo } from '../../domain/environment.ts';
import type { Errand, ErrandTable } from '../../domain/errands.ts';
import type { Progress } from '../../domain/ports.ts';
import type { BuildPorts } from '../context.ts';
import { removeLetGo } from '../removing.ts';
import { removeBegun } from '../unproven.ts';

/** Of an environment that is let go; older ones are removed by the hour. */
const MOST_BUILDS = 1_000;

/**
 * Removes what was let go at once, while somebody waits to hear of it. Where all of an environment is, nobody
 * goes on with its builds that failed either.
 */
export async function unstage(
  ports: BuildPorts,
  { asked }: Errand<'unstage'>,
  progress: Progress,
): Promise<ErrandTable['unstage']['answer']> {
  const { environment: name } = asked;
  const left = await removeLetGo(ports, name, progress);
  const environment = await ports.store.readEnvironment(name);
  if (environment && isLetGo(environment)) {
    const builds = await ports.store.listBuilds({ environment: name, limit: MOST_BUILDS });
    for (const build of builds) if (isUnproven(build)) await removeBegun(ports, build, progress);
  }
  return { left };
}
