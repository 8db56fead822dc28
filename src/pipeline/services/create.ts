import { type Build, isSettled, newBuild, type Requester } from '../../domain/build.ts';
import { edgesOf } from '../../domain/defaults.ts';
import { userError } from '../../domain/errors.ts';
import { requireThawed } from '../../domain/freeze.ts';
import { isSameLock, type Lock, type Platform } from '../../domain/lock.ts';
import { type BuildRequest, createCommand } from '../../domain/request.ts';
import type { Create } from '../../domain/services/create.ts';
import { approvedSubject } from './approval-needs.ts';
import { lookup } from './lookup.ts';
import { busy, requireOwn } from './names.ts';
import type { ServicePorts } from './ports.ts';
import { requireBuildable } from './roles.ts';

/** Asking for a build: the name is claimed, the build recorded, the environment held, in this order. */
export function create(ports: ServicePorts): Create {
  const { store, clock, settings } = ports;
  return {
    async create(asked, requester, { lock = null, projects = [] } = {}) {
      if (lock !== null) requirePlatform(lock, ports.platform, asked);
      const request = { ...asked, edges: edgesOf(asked, settings) };
      await requireBuildable(ports, 'create', request, requester);
      requireThawed(await store.readFreezes(), request.edges, asked);
      const environment = await store.claimEnvironment(
        request.environment,
        requester.user,
        clock.now(),
      );
      await requireOwn(ports, asked, environment, [requester.user]);
      const known = { lock, projects };
      const { approval, ...subject } = await approvedSubject(ports, request, requester, known);
      const made = await record(ports, subject, requester);
      if (approval !== null) {
        const buildId = made.build.id;
        await store.updateApproval(approval.id, (current) => ({ ...current, buildId }));
      }
      return made;
    },
  };
}

/** Joins the same request in flight, or records the build and hands it to the workers. */
async function record(
  ports: ServicePorts,
  { request, lock, projects }: Pick<Build, 'request' | 'lock' | 'projects'>,
  requester: Requester,
): Promise<{ build: Build; joined: boolean }> {
  const { store, clock } = ports;
  const now = clock.now();
  const [newest] = await store.listBuilds({ environment: request.environment, limit: 1 });
  if (newest && !isSettled(newest)) return joinOrRefuse(request, lock, newest);
  const build = newBuild({ id: ports.newId(), request, requester, now, lock, projects });
  // The record first: a hold must always point at something that can be read.
  await store.createBuild(build);
  const { held, holder } = await store.holdEnvironment(request.environment, build.id);
  if (!held) {
    await withdraw(ports, build);
    return joinOrRefuse(request, lock, await lookup(ports).findBuild(holder));
  }
  await enqueueOrUndo(ports, build);
  return { build, joined: false };
}

/** A lock is an answer for one platform: its packages do not run on another. */
function requirePlatform(lock: Lock, platform: Platform, asked: BuildRequest): void {
  if (lock.platform === platform) return;
  const command = createCommand(asked);
  throw userError({
    code: 'other-platform',
    message: `These packages are for \`${lock.platform}\`, and builds here are for \`${platform}\`.`,
    suggestion: 'Let the packages asked for be solved again instead.',
    repairs: [{ label: 'Solve again', command }],
  });
}

/** The same request in flight is one build; a different one names who holds the environment. */
function joinOrRefuse(
  request: BuildRequest,
  lock: Lock | null,
  other: Build,
): { build: Build; joined: true } {
  const isSame = JSON.stringify(other.request) === JSON.stringify(request);
  if (!isSame || (lock !== null && !isSameLock(other.lock, lock))) throw busy(other);
  return { build: other, joined: true };
}

/** A build that could not be queued must not stay behind as if it were waiting. */
async function enqueueOrUndo(ports: ServicePorts, build: Build): Promise<void> {
  try {
    await ports.queue.enqueue(build, ports.platform, 'build');
  } catch (error) {
    await withdraw(ports, build)
      .then(() => ports.store.releaseEnvironment(build.request.environment, build.id))
      .catch(() => undefined);
    throw error;
  }
}

async function withdraw({ store, clock }: ServicePorts, build: Build): Promise<void> {
  await store.updateBuild(build.id, (current) => ({
    ...current,
    state: 'cancelled',
    finishedAt: clock.now(),
  }));
}
