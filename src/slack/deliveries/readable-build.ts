import type { Build } from '../../domain/build.ts';
import { isStoreError } from '../../domain/errors.ts';
import type { Store } from '../../domain/ports.ts';
import type { Log } from '../log.ts';

/**
 * A build; null also for one whose record cannot be read, which must not hold up the others. Rejects when
 * the store is away.
 */
export async function readableBuild(
  id: string,
  { store, log }: { store: Pick<Store, 'readBuild'>; log: Log },
): Promise<Build | null> {
  try {
    return await store.readBuild(id);
  } catch (error) {
    if (isStoreError(error)) throw error;
    log.error({ build: id, error: String(error) }, 'the live message of a build stays as it is');
    return null;
  }
}
