/** Which platforms workers build for at present, as they tell of themselves. */
import { edgesOf } from '../../domain/defaults.ts';
import {
  namedEdges,
  platformOf,
  platformOfEdge,
  platformsOfEdges,
  usualPlatform,
} from '../../domain/edge-platforms.ts';
import { outsideError } from '../../domain/errors.ts';
import type { Platform } from '../../domain/lock.ts';
import { workersFor } from '../../domain/presence.ts';
import type { BuildRequest } from '../../domain/request.ts';
import type { ServicePorts } from './ports.ts';

type Known = Pick<ServicePorts, 'store' | 'clock' | 'settings'>;

/**
 * The platform of a request's edges. Throws what `platformOf` does, and `nobody-builds` where others have
 * told of themselves within a day and no worker of this platform has: one that begins again is waited for.
 */
export async function servedPlatform(
  { store, clock, settings }: Known,
  asked: BuildRequest,
): Promise<Platform> {
  const platform = platformOf(asked, settings);
  const now = clock.now();
  if (workersFor(await store.readPresences(now), platform, now) !== 'none') return platform;
  const others = settings.edges
    .map(({ name }) => name)
    .filter((edge) => platformOfEdge(edge, settings) !== platform);
  throw outsideError({
    code: 'nobody-builds',
    message: `Nobody builds for \`${platform}\`, which ${namedEdges(edgesOf(asked, settings), 'and')} must have: no worker of it has told of itself within a day.`,
    suggestion: [
      `Whoever looks after Conda Ferry starts one on a build host of that platform: \`worker.platform: ${platform}\`.`,
      others.length > 0 ? `Meanwhile there is ${namedEdges(others, 'or')}: \`--edge\`.` : '',
    ]
      .filter(Boolean)
      .join(' '),
    retryable: true,
  });
}

/** Where an errand goes that any worker may do: to a platform of which one takes work. */
export async function anyPlatform({ store, clock, settings }: Known): Promise<Platform> {
  const now = clock.now();
  const presences = await store.readPresences(now);
  const all = platformsOfEdges(settings);
  const served = all.find((platform) => workersFor(presences, platform, now) === 'there');
  return served ?? all[0] ?? usualPlatform(settings);
}
