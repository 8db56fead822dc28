import { type Build, isSettled, newBuild, pendingSteps, type Requester } from '../domain/build.ts';
import { packagesWith } from '../domain/diagnosis.ts';
import type { Environment, Revision } from '../domain/environment.ts';
import { isOwned, latestRevision } from '../domain/environment.ts';
import { type FerryError, userError } from '../domain/errors.ts';
import type { Platform } from '../domain/lock.ts';
import { mayBuild, requireMayActOn } from '../domain/policy.ts';
import type { Channels, Clock, Queue, Store } from '../domain/ports.ts';
import { type BuildRequest, createCommand } from '../domain/request.ts';
import type { Services, Settings } from '../domain/services.ts';
import { closest } from '../domain/tokens.ts';

const UNKNOWN: Channels = { read: async () => null, close() {} };

/** What commands may ask for, over a store and a queue. `newId` gives a new build id. */
export function createServices(ports: {
  store: Store;
  queue: Queue;
  clock: Clock;
  platform: Platform;
  settings: Settings;
  /** Left out, nothing is known of any channel. */
  channels?: Channels;
  newId(): string;
}): Services {
  const { store, queue, clock, platform, settings, channels = UNKNOWN } = ports;

  async function findBuild(reference: string): Promise<Build> {
    const build = await store.readBuild(reference);
    if (build) return build;
    const [newest] = await store.listBuilds({ environment: reference, limit: 1 });
    if (newest) return newest;
    throw notFound('build', reference, await environments());
  }

  async function findEnvironment(name: string): Promise<Environment> {
    const environment = await store.readEnvironment(name);
    if (environment && isOwned(environment)) return environment;
    const [newest] = await store.listBuilds({ environment: name, limit: 1 });
    // While its first build is at work there is something to show: who asked for it, and how it is.
    if (environment && newest && !isSettled(newest)) {
      return { ...environment, owner: newest.requester.user };
    }
    if (newest) {
      throw userError({
        code: 'environment-not-found',
        message: `There is no environment \`${name}\`: its last build was ${newest.state === 'failed' ? 'not finished' : newest.state}.`,
        suggestion: `\`status ${name}\` says what became of it; \`create ${name} …\` builds it.`,
      });
    }
    throw notFound('environment', name, await environments());
  }

  /** Those with a revision: a name whose builds all failed is nobody's. */
  async function environments(): Promise<Environment[]> {
    return (await store.listEnvironments()).filter(isOwned);
  }

  /** Throws `name-taken` where the environment belongs to neither of the people. */
  async function requireOwn(
    request: BuildRequest,
    environment: Environment | null,
    people: readonly string[],
  ): Promise<void> {
    if (environment === null || mayBuild(environment, people, settings)) return;
    const { name, owner } = environment;
    const taken = new Set((await store.listEnvironments()).map((known) => known.name));
    const numbers = Array.from({ length: 99 }, (_, index) => `${name}-${index + 2}`);
    const free = numbers.find((candidate) => !taken.has(candidate)) ?? `${name}-2`;
    throw userError({
      code: 'name-taken',
      message: [`\`${name}\` belongs to `, { person: owner }, '.'],
      suggestion: `Choose another name, such as \`${free}\`, or use theirs: \`run ${name}\`.`,
      repairs: [
        { label: `Name it ${free}`, command: createCommand({ ...request, environment: free }) },
        { label: `Use ${name}`, command: `run ${name}` },
      ],
    });
  }

  async function findRevision(name: string, number: number | null): Promise<Revision> {
    const environment = await findEnvironment(name);
    const revision =
      number === null
        ? latestRevision(environment)
        : environment.revisions.find((candidate) => candidate.number === number);
    if (revision) return revision;
    const numbers = environment.revisions.map((known) => `\`${name}@${known.number}\``);
    throw userError(
      numbers.length === 0
        ? {
            code: 'not-ready',
            message: `\`${name}\` has no finished build yet.`,
            suggestion: `\`status ${name}\` shows how its build is doing.`,
          }
        : {
            code: 'revision-not-found',
            message: `\`${name}\` has no revision ${number}.`,
            suggestion: `It has ${numbers.join(', ')}.`,
          },
    );
  }

  async function create(asked: BuildRequest, requester: Requester) {
    const request = withDefaults(asked, settings);
    const now = clock.now();
    const environment = await store.claimEnvironment(request.environment, requester.user, now);
    await requireOwn(asked, environment, [requester.user]);
    const [newest] = await store.listBuilds({ environment: request.environment, limit: 1 });
    if (newest && !isSettled(newest)) {
      return { build: joinOrRefuse(request, newest), joined: true };
    }
    const build = newBuild({ id: ports.newId(), request, requester, now });
    // The record first: a hold must always point at something that can be read.
    await store.createBuild(build);
    const { held, holder } = await store.holdEnvironment(request.environment, build.id);
    if (!held) {
      await store.updateBuild(build.id, (current) => ({
        ...current,
        state: 'cancelled',
        finishedAt: now,
      }));
      return { build: joinOrRefuse(request, await findBuild(holder)), joined: true };
    }
    await enqueueOrUndo(build);
    return { build, joined: false };
  }

  return {
    settings,
    channels,
    findBuild,
    findEnvironment,
    findRevision,

    create,

    async rebuild(build, requester) {
      requireMayActOn(build, 'rebuild', requester.user, settings);
      return create(build.request, requester);
    },

    async retry(build, requester) {
      requireMayActOn(build, 'retry', requester.user, settings);
      if (!isSettled(build)) {
        throw userError({
          code: 'still-running',
          message: `The build of \`${build.request.environment}\` is still ${build.state}.`,
          suggestion: 'Wait for it, or cancel it first.',
        });
      }
      if (build.state === 'ready') {
        throw userError({
          code: 'already-settled',
          message: `\`${build.request.environment}\` is ready; there is nothing to retry.`,
          suggestion: 'Use Rebuild, or `create` with the same packages, to solve again.',
        });
      }
      // Since it failed the name may have become somebody else's.
      const environment = await store.readEnvironment(build.request.environment);
      const people = [build.requester.user, requester.user];
      await requireOwn(withoutDefaults(build.request, settings), environment, people);
      const { held, holder } = await store.holdEnvironment(build.request.environment, build.id);
      if (!held) throw busy(await findBuild(holder));
      const again = await store.updateBuild(build.id, (current) =>
        isSettled(current)
          ? {
              ...current,
              attempt: current.attempt + 1,
              state: 'queued',
              steps: pendingSteps(),
              failure: null,
              cancelRequested: null,
              startedAt: null,
              finishedAt: null,
              queuedAt: clock.now(),
            }
          : current,
      );
      await queue.enqueue(again, platform, 'build');
      return again;
    },

    async cancel(build, user) {
      requireMayActOn(build, 'cancel', user, settings);
      const asked = await store.updateBuild(build.id, (current) =>
        isSettled(current) || current.cancelRequested
          ? current
          : { ...current, cancelRequested: { user, at: clock.now() } },
      );
      if (isSettled(asked)) {
        throw userError({
          code: 'already-settled',
          message: `The build of \`${asked.request.environment}\` is already ${asked.state}.`,
          suggestion: null,
        });
      }
      const { removed } = await queue.cancel(asked, platform);
      if (!removed) return asked;
      // No worker had it, so nobody else will settle it.
      const settled = await store.updateBuild(build.id, (current) =>
        isSettled(current) ? current : { ...current, state: 'cancelled', finishedAt: clock.now() },
      );
      await store.releaseEnvironment(settled.request.environment, settled.id);
      return settled;
    },

    async verify(build, _user) {
      if (build.state !== 'ready') {
        throw userError({
          code: 'not-ready',
          message: `\`${build.request.environment}\` is ${build.state}, so there is nothing to verify.`,
          suggestion: `\`status ${build.request.environment}\` shows how it is doing.`,
        });
      }
      const verifying = await store.updateBuild(build.id, (current) => ({
        ...current,
        verifying: true,
      }));
      await queue.enqueue(verifying, platform, 'verify');
      return verifying;
    },

    builds: (filter) => store.listBuilds(filter),
    environments,
    async packagesOf() {
      const names = settings.channels.filter((channel) => channel.default).map(({ name }) => name);
      const [learnt, contents] = await Promise.all([
        store.readModules().catch((): Record<string, string[]> => ({})),
        channels.read(names, []),
      ]);
      const isThere = (name: string) => contents?.some((content) => content.has(name)) ?? true;
      return (module) => {
        const shown = Object.hasOwn(learnt, module) ? learnt[module] : undefined;
        const likely = shown ?? packagesWith(module);
        const there = likely.filter(isThere);
        // The name of a package that is not there is still the right word for it.
        return there.length > 0 ? there : likely;
      };
    },
    log: (buildId, last) => store.readLog(buildId, last),

    async keepDiagnosis(diagnosis) {
      const id = ports.newId();
      await store.keep(id, diagnosis);
      return id;
    },
    keptDiagnosis: (id) => store.readKept(id),

    async attachMessage(buildId, message) {
      await store.updateBuild(buildId, (build) => ({ ...build, message }));
    },
  };

  /** The same request in flight is one build; a different one names who holds the environment. */
  function joinOrRefuse(request: BuildRequest, other: Build): Build {
    if (JSON.stringify(other.request) === JSON.stringify(request)) return other;
    throw busy(other);
  }

  /** A build that could not be queued must not stay behind as if it were waiting. */
  async function enqueueOrUndo(build: Build): Promise<void> {
    try {
      await queue.enqueue(build, platform, 'build');
    } catch (error) {
      await store
        .updateBuild(build.id, (current) => ({
          ...current,
          state: 'cancelled',
          finishedAt: clock.now(),
        }))
        .then(() => store.releaseEnvironment(build.request.environment, build.id))
        .catch(() => undefined);
      throw error;
    }
  }
}

function withDefaults(request: BuildRequest, settings: Settings): BuildRequest {
  if (request.edges.length > 0) return request;
  const edges = settings.edges.filter((edge) => edge.default).map((edge) => edge.name);
  return { ...request, edges };
}

/** As it was asked for, when it asked for no edge. */
function withoutDefaults(request: BuildRequest, settings: Settings): BuildRequest {
  const { edges } = withDefaults({ ...request, edges: [] }, settings);
  return `${edges}` === `${request.edges}` ? { ...request, edges: [] } : request;
}

function busy(holder: Build): FerryError {
  const name = holder.request.environment;
  return userError({
    code: 'environment-busy',
    message: [
      { person: holder.requester.user },
      ` is building \`${name}\` right now, with other packages (build \`${holder.id}\`).`,
    ],
    suggestion: `Wait for it (\`status ${name}\`), cancel it (\`cancel ${name}\`), or choose another name.`,
  });
}

function notFound(what: string, name: string, environments: readonly Environment[]): FerryError {
  const near = closest(
    name,
    environments.map((environment) => environment.name),
  );
  return userError({
    code: `${what}-not-found`,
    message: `There is no ${what} \`${name}\`.`,
    suggestion: near ? `Did you mean \`${near}\`?` : '`list` shows the environments there are.',
  });
}
