/** Whose Home tabs a changed build concerns. */
import type { Build } from '../../domain/build.ts';
import { FerryError } from '../../domain/errors.ts';
import type { Clock, Store } from '../../domain/ports.ts';
import type { Services } from '../../domain/services.ts';
import { createShown } from '../shown.ts';

export interface ConcernedOptions {
  store: Pick<Store, 'readBuild'>;
  services: Pick<Services, 'findEnvironment'>;
  clock: Clock;
}

/**
 * Ids of the people whose tabs show what changed of the build since the last call: who asked for it,
 * and who owns its environment. Rejects when the store is away.
 */
export type FindConcerned = (buildId: string) => Promise<string[]>;

export function createFindConcerned({ store, services, clock }: ConcernedOptions): FindConcerned {
  /** Build → what of it a tab shows. */
  const seen = createShown(clock);

  async function ownerOf(environment: string): Promise<string[]> {
    try {
      return [(await services.findEnvironment(environment)).owner];
    } catch (error) {
      if (error instanceof FerryError && error.kind === 'user') return [];
      throw error;
    }
  }

  return async (buildId) => {
    const build = await store.readBuild(buildId);
    if (!build) return [];
    const shown = shownOf(build);
    if (seen.isSame(buildId, shown)) return [];
    const concerned = [build.requester.user, ...(await ownerOf(build.request.environment))];
    seen.keep(buildId, shown);
    return concerned;
  };
}

/** What a Home tab shows of a build, in short; how far its steps are is not among it. */
function shownOf({ state, revision, attempt, failure, cancelRequested }: Build): string {
  const isStopping = cancelRequested !== null;
  return JSON.stringify([state, revision, attempt, failure?.message ?? null, isStopping]);
}
