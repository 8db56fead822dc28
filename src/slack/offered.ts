import { edgesOf } from '../domain/defaults.ts';
import { whatRuns } from '../domain/fit.ts';
import type { Services, Settings } from '../domain/services.ts';

/** Channels and edges that the person may use; all of them while that cannot be known. */
export async function offeredTo(user: string, { settings, standing }: Services): Promise<Settings> {
  const known = await standing({ user }).catch(() => null);
  const open = (kind: 'channels' | 'edges') =>
    settings[kind].filter(({ name }) => !known?.withheld[kind].includes(name));
  return { ...settings, channels: open('channels'), edges: open('edges') };
}

/** What the clusters of these edges run, or of the default ones; nothing while that is not known. */
export async function runsOn(
  edges: readonly string[],
  { settings, sparks }: Services,
): Promise<string[]> {
  return whatRuns(await sparks(edgesOf({ edges }, settings)).catch(() => []));
}
