/** Which machines packages of a platform run on: the one place that knows. */
import type { ClusterProfile } from './cluster.ts';
import type { Platform } from './lock.ts';

/** As `uname -m` says it. */
export type Architecture = NonNullable<ClusterProfile['architecture']>;

export const ARCHITECTURES = {
  'linux-64': 'x86_64',
  'linux-aarch64': 'aarch64',
} as const satisfies Record<Platform, Architecture>;

/** In no order. */
export const PLATFORMS = Object.keys(ARCHITECTURES) as Platform[];

/** The platform whose packages run on such machines. */
export function platformFor(architecture: Architecture): Platform {
  const platform = PLATFORMS.find((each) => ARCHITECTURES[each] === architecture);
  if (platform === undefined) throw new Error(`no platform is for ${architecture}`);
  return platform;
}
