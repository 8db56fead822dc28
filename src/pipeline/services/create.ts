import { type Build, isSettled, newBuild } from '../../domain/build.ts';
import { edgesOf } from '../../domain/defaults.ts';
import type { BuildRequest } from '../../domain/request.ts';
import type { Create } from '../../domain/services/create.ts';
import { lookup } from './lookup.ts';
import { busy, requireOwn } from './names.ts';
import type { ServicePorts } from './ports.ts';

/** Asking for a build: the name is claimed, the build recorded, the environment held, in this order. */
export function create(ports: ServicePorts): Create {
  const { store, clock, settings } = ports;
  return {
    async create(asked, requester) {
      const request = { ...asked, edges: edgesOf(asked, settings) };
      const now = clock.now();
      const environment = await store.claimEnvironment(request.environment, requester.user, now);
      await requireOwn(ports, asked, environment, [requester.user]);
      const [newest] = await store.listBuilds({ environment: request.environment, limit: 1 });
      if (newest && !isSettled(newest)) return joinOrRefuse(request, newest);
      const build = newBuild({ id: ports.newId(), request, requester, now });
      // The record first: a hold must always point at something that can be read.
      await store.createBuild(build);
      const { held, holder } = await store.holdEnvironment(request.environment, build.id);
      if (!held) {
        await withdraw(ports, build);
        return joinOrRefuse(request, await lookup(ports).findBuild(holder));
      }
      await enqueueOrUndo(ports, build);
      return { build, joined: false };
    },
  };
}

/** The same request in flight is one build; a different one names who holds the environment. */
function joinOrRefuse(request: BuildRequest, other: Build): { build: Build; joined: true } {
  if (JSON.stringify(other.request) !== JSON.stringify(request)) throw busy(other);
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
