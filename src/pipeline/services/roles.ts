import type { Requester } from '../../domain/build.ts';
import { channelsOf, edgesOf } from '../../domain/defaults.ts';
import { requireAllowed, withheldFrom } from '../../domain/policy.ts';
import type { BuildRequest } from '../../domain/request.ts';
import {
  type Asker,
  belongs,
  type Concerns,
  unknownGroups,
  userGroups,
} from '../../domain/roles.ts';
import type { Roles } from '../../domain/services/roles.ts';
import type { ServicePorts } from './ports.ts';

/** What Slack said longer ago than this of a user group is not known any more. */
const KNOWN_MS = 24 * 3600 * 1000;

/** What somebody may do by the roles they have. */
export function roles(ports: ServicePorts): Roles {
  const { settings } = ports;
  return {
    async standing({ user }) {
      const asker = await askerOf(ports, user);
      return {
        roles: settings.roles.filter((role) => belongs(role, asker)).map(({ name }) => name),
        withheld: withheldFrom(asker, settings),
        unknown: unknownGroups(settings.roles, asker.groups),
      };
    },
  };
}

/** Who asks; the bot has left in the store what Slack says of user groups. */
export async function askerOf(
  { store, settings, clock, login }: ServicePorts,
  user: string,
): Promise<Asker> {
  const isProven = login === null;
  if (userGroups(settings.roles).length === 0) return { user, isProven, groups: new Map() };
  const since = clock.now() - KNOWN_MS;
  const known = (await store.readGroups()).filter(({ at }) => at >= since);
  return { user, isProven, groups: new Map(known.map(({ id, members }) => [id, members])) };
}

/**
 * Throws `not-allowed` where roles keep somebody from a build of this request, however they came to
 * it. `command` is null where nothing is built.
 */
export async function requireBuildable(
  ports: ServicePorts,
  command: 'create' | null,
  request: BuildRequest,
  { user }: Pick<Requester, 'user'>,
): Promise<void> {
  const { settings } = ports;
  // A package may name a channel by itself.
  const ofSpecs = request.specs.flatMap(({ channel }) => channel ?? []);
  const concerns: Concerns = {
    command,
    edges: edgesOf(request, settings),
    channels: [...channelsOf(request, settings), ...ofSpecs],
    projects: request.projects.flatMap((project) =>
      project.kind === 'file' ? [] : project.kind === 'path' ? project.path : project.repository,
    ),
    // One is asked after another, so any of them may be what a package comes from.
    indexes: request.pip.length > 0 ? settings.indexes : [],
    tags: [],
  };
  requireAllowed(await askerOf(ports, user), concerns, settings);
}
