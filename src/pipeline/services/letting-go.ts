import type { Build } from '../../domain/build.ts';
import {
  type Environment,
  isLetGo,
  isThere,
  revisionLabel,
  type StagingPlace,
} from '../../domain/environment.ts';
import type { Unreached } from '../../domain/errands.ts';
import { FerryError, userError } from '../../domain/errors.ts';
import {
  ANY_EDGE,
  type Known,
  leavingOf,
  requireUnused,
  withoutRevisions,
} from '../../domain/letting-go.ts';
import { requireMayForce, requireMayMove } from '../../domain/policy.ts';
import { revisionOf, type Which } from '../../domain/reference.ts';
import { pinnedProjects } from '../../domain/request.ts';
import { days } from '../../domain/retention.ts';
import type { LettingGo } from '../../domain/services/letting-go.ts';
import type { Settings } from '../../domain/services.ts';
import { tellLetGo } from '../telling.ts';
import { create } from './create.ts';
import { lookup } from './lookup.ts';
import type { ServicePorts } from './ports.ts';
import { anyPlatform } from './workers.ts';

/** An edge answers within seconds; one that is away is tried again later, without anybody waiting. */
const WAIT_MS = 60_000;
/** A ResourceManager answers within a second; who asks is looking at the screen. */
const USES_WAIT_MS = 20_000;
const RECENT_BUILDS = 100;

/** Letting go is recorded first, so that nothing half gone is ever offered. */
export function lettingGo(ports: ServicePorts): LettingGo {
  const { store, settings, clock } = ports;

  /** What would go, once it is certain that it may; `unreached` did not say who uses it. */
  async function leaving(name: string, which: Which, forced: boolean, user: string) {
    const before = await lookup(ports).findEnvironment(name);
    requireMayMove(before, user, settings);
    if (forced) requireMayForce(user, settings);
    const builds = await store.listBuilds({ environment: name, limit: RECENT_BUILDS });
    leavingOf(before, which, builds);
    const unreached = forced ? [] : await askForUses(ports, name);
    const environment = await lookup(ports).findEnvironment(name);
    const revisions = leavingOf(environment, which, builds);
    if (!forced) requireUnused(environment, revisions, knowing(unreached));
    return { environment, revisions, unreached };
  }

  function knowing(unreached: readonly Unreached[]): Known {
    return { unreached, retention: settings.retention, now: clock.now() };
  }

  return {
    async leaving(name, which, forced, { user }) {
      const { environment, revisions } = await leaving(name, which, forced, user);
      return { environment, revisions, forced };
    },
    async letGo(name, which, forced, { user }) {
      const { revisions, unreached } = await leaving(name, which, forced, user);
      const letGo = { at: clock.now(), by: user };
      const environment = await store.updateEnvironment(name, (current) => {
        requireMayMove(current, user, settings);
        // A tag may have come meanwhile; builds are looked at again before anything is removed.
        const now = leavingOf(current, which, []);
        if (!forced) requireUnused(current, now, knowing(unreached));
        return withoutRevisions(current, revisions, letGo);
      });
      await tellLetGo(ports, environment, letGo);
      return { environment, revisions, left: await unstage(ports, name) };
    },
    async keep(name, count, { user }) {
      requireMayMove(await lookup(ports).findEnvironment(name), user, settings);
      const keptFor = count ?? settings.retention.expireDays;
      if (keptFor === null) throw nothingExpires(name);
      const keptUntil = clock.now() + days(keptFor);
      return store.updateEnvironment(name, (environment) => ({ ...environment, keptUntil }));
    },
    async forget(name, forced, { user }) {
      const environment = await lookup(ports).findEnvironment(name);
      requireMayMove(environment, user, settings);
      if (forced) requireMayForce(user, settings);
      const builds = await store.listBuilds({ environment: name, limit: RECENT_BUILDS });
      // What failed was to stay for a retry.
      if (isLetGo(environment) && builds.some(({ begun }) => begun.length > 0)) {
        await unstage(ports, name);
      }
      let left: readonly StagingPlace[] = [];
      const atWork = await store.removeEnvironment(name, (current, made) => {
        requireMayMove(current, user, settings);
        left = [
          ...current.revisions.flatMap(({ stagings }) => stagings),
          ...made.flatMap(({ begun }) => begun),
        ];
        requireGone(current, forced ? [] : left, settings);
      });
      if (atWork !== null) throw isBeingBuilt(atWork);
      const paths = left.flatMap(({ edge, driverPrefix, archivePath, hdfs }) =>
        [driverPrefix, archivePath, ...(hdfs ? [hdfs] : [])].map((path) => `${edge} ${path}`),
      );
      return [...new Set(paths)];
    },
    async restore(name, which, requester) {
      const environment = await lookup(ports).findEnvironment(name);
      requireMayMove(environment, requester.user, settings);
      const revision = revisionOf(environment, which);
      const { request, lock, projects } = revision;
      if (isThere(revision)) throw isStillThere(revisionLabel(name, revision.number));
      const asked = {
        ...request,
        edges: request.edges.filter((edge) => isConfigured(edge, settings)),
        projects: pinnedProjects(request, projects),
      };
      return create(ports).create(asked, requester, { lock, projects });
    },
  };
}

/** Who cannot be asked is said as an edge that does not answer. */
async function askForUses(ports: ServicePorts, environment: string): Promise<Unreached[]> {
  const { errands, settings } = ports;
  if (settings.retention.usedDays === 0) return [];
  try {
    const platform = await anyPlatform(ports);
    return (await errands.ask('uses', { environment }, { platform, waitMs: USES_WAIT_MS }))
      .unreached;
  } catch (error) {
    if (!(error instanceof FerryError) || error.kind === 'defect') throw error;
    return [{ edge: ANY_EDGE, why: error.message }];
  }
}

/** Null when no build host has answered: one of them removes it later. */
async function unstage(ports: ServicePorts, name: string) {
  try {
    const platform = await anyPlatform(ports);
    const asked = { environment: name };
    return (await ports.errands.ask('unstage', asked, { platform, waitMs: WAIT_MS })).left;
  } catch (error) {
    if (error instanceof FerryError && error.kind !== 'defect') return null;
    throw error;
  }
}

function isConfigured(edge: string, { edges }: Settings): boolean {
  return edges.some(({ name }) => name === edge);
}

/** An edge that is not configured any more cannot be cleared; its name is no reason to wait. */
function requireGone(
  { name, revisions }: Environment,
  known: readonly StagingPlace[],
  settings: Settings,
): void {
  const command = `delete ${name}`;
  if (revisions.some(isThere)) {
    throw userError({
      code: 'still-there',
      message: `\`${name}\` is still there; only a name with nothing behind it can be forgotten.`,
      suggestion: `Delete it first: \`${command}\`.`,
      repairs: [{ label: 'Delete it', command }],
    });
  }
  const edges = known.map(({ edge }) => edge);
  const left = [...new Set(edges)].filter((edge) => isConfigured(edge, settings));
  if (left.length === 0) return;
  throw userError({
    code: 'still-there',
    message: `Something of \`${name}\` is still on ${left.map((edge) => `\`${edge}\``).join(', ')}.`,
    suggestion: `It is removed as soon as the edge can be reached; then the name can be forgotten. Where that cannot be, as under a root that was changed, an operator may leave it there: \`delete ${name} --forget --force\`.`,
  });
}

function isBeingBuilt({ id, request }: Build): FerryError {
  return userError({
    code: 'still-there',
    message: `\`${request.environment}\` is being built right now (build \`${id}\`).`,
    suggestion: 'Wait for it, or cancel it.',
  });
}

function nothingExpires(name: string): FerryError {
  return userError({
    code: 'nothing-expires',
    message: `Nothing is let go here by itself: \`${name}\` stays until somebody deletes it.`,
    suggestion: null,
  });
}

function isStillThere(label: string): FerryError {
  return userError({
    code: 'still-there',
    message: `\`${label}\` is there; nothing has to be built for it.`,
    suggestion: `\`run ${label}\` gives its line.`,
    repairs: [{ label: 'Line', command: `run ${label}` }],
  });
}
