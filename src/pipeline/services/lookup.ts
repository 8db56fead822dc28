import { approvalState } from '../../domain/approval.ts';
import { type Build, isSettled } from '../../domain/build.ts';
import { type Environment, isOwned } from '../../domain/environment.ts';
import { type FerryError, userError } from '../../domain/errors.ts';
import { closest } from '../../domain/near-names.ts';
import { requireMayReadLog } from '../../domain/policy.ts';
import { parseReference, revisionOf } from '../../domain/reference.ts';
import type { Lookup } from '../../domain/services/lookup.ts';
import type { ServicePorts } from './ports.ts';
import { askerOf } from './roles.ts';

/** Finding what is recorded, with refusals that say what is there instead. */
export function lookup(ports: ServicePorts): Lookup {
  const { store } = ports;

  async function findBuild(reference: string): Promise<Build> {
    const build = await store.readBuild(reference);
    if (build) return build;
    const { environment: name, revision: which } = parseReference(reference);
    if (which !== null) return findBuild((await findRevision(name, which)).buildId);
    const atWork = await store.buildAtWork(reference);
    if (atWork) return atWork;
    const [newest] = await store.listBuilds({ environment: reference, limit: 1 });
    if (newest) return newest;
    throw await notFound(ports, 'build', reference, async () => {
      const builds = await store.listBuilds({ limit: RECENT });
      return closest(
        reference,
        builds.map(({ id }) => id),
      );
    });
  }

  async function findEnvironment(name: string): Promise<Environment> {
    const environment = await store.readEnvironment(name);
    if (environment && isOwned(environment)) return environment;
    const [newest] = await store.listBuilds({ environment: name, limit: 1 });
    // While its first build is at work there is something to show: who asked for it, and how it is.
    if (environment && newest && !isSettled(newest)) {
      return { ...environment, owner: newest.requester.user };
    }
    throw newest ? neverBuilt(newest) : await notFound(ports, 'environment', name);
  }

  const findRevision: Lookup['findRevision'] = async (name, which) =>
    revisionOf(await findEnvironment(name), which);

  return {
    findBuild,
    builds: (filter) => store.listBuilds(filter),
    async log(build, last, { user }) {
      const environment = await store.readEnvironment(build.request.environment);
      requireMayReadLog(await askerOf(ports, user), build, environment, ports.settings);
      return store.readLog(build.id, last);
    },
    environments: (filter) => store.listOutlines(filter),
    countEnvironments: (owner) => store.countEnvironments(owner),
    async environmentsNamed(names) {
      const known = await Promise.all(names.map((name) => store.readEnvironment(name)));
      return known.filter((environment) => environment !== null).filter(isOwned);
    },
    environmentsWithArchive: (sha256) => store.environmentsWithArchive(sha256),
    namesTaken: (names) => store.namesTaken(names),
    scheduled: (limit) => store.scheduledEnvironments({ limit }),
    search: (specs, page) => store.searchPackages(specs, page),
    findEnvironment,
    findRevision,
    async sparks(edges) {
      const configured = new Map(ports.settings.edges.map(({ name, spark }) => [name, spark]));
      const isKnown = edges.every((edge) => configured.get(edge) !== undefined);
      const builds = isKnown ? [] : await store.listBuilds({ limit: RECENT });
      const met = builds.flatMap(({ stagings }) => stagings);
      return edges.map((edge) => ({
        edge,
        spark:
          configured.get(edge) ??
          met.find((staging) => staging.edge === edge)?.cluster.spark ??
          null,
      }));
    },
  };
}

/** Builds among which an edge that is in use is met, and one whose id was mistyped. */
const RECENT = 50;

function neverBuilt({ request, state }: Build): FerryError {
  const name = request.environment;
  return userError({
    code: 'environment-not-found',
    message: `There is no environment \`${name}\`: its last build was ${state === 'failed' ? 'not finished' : state}.`,
    suggestion: `\`status ${name}\` says what became of it; \`create ${name} …\` builds it.`,
  });
}

async function notFound(
  { store, clock }: Pick<ServicePorts, 'store' | 'clock'>,
  what: string,
  name: string,
  otherwise: () => Promise<string | null> = async () => null,
): Promise<FerryError> {
  const isWaiting = (await store.listApprovals()).some(
    (approval) =>
      [approval.id, approval.request.environment].includes(name) &&
      approvalState(approval, clock.now()) === 'waiting',
  );
  if (isWaiting) {
    return userError({
      code: `${what}-not-found`,
      message: `There is no ${what} \`${name}\` yet: it waits for approval.`,
      suggestion: '`approve` lists what waits, and for whom.',
    });
  }
  const near = (await store.nearestEnvironment(name)) ?? (await otherwise());
  return userError({
    code: `${what}-not-found`,
    message: `There is no ${what} \`${name}\`.`,
    suggestion: near ? `Did you mean \`${near}\`?` : '`list` shows the environments there are.',
  });
}
