import { type Build, isSettled, pendingSteps, type Requester } from '../../domain/build.ts';
import { edgesOf, withoutDefaultEdges } from '../../domain/defaults.ts';
import { platformOfBuild, requirePlatform } from '../../domain/edge-platforms.ts';
import { userError } from '../../domain/errors.ts';
import { requireThawed } from '../../domain/freeze.ts';
import type { Platform } from '../../domain/lock.ts';
import { requireMayActOn, requireMayVerify } from '../../domain/policy.ts';
import { requireThere } from '../../domain/reference.ts';
import { type BuildRequest, createCommand } from '../../domain/request.ts';
import type { Builds } from '../../domain/services/builds.ts';
import { carryOutCancel } from '../cancelling.ts';
import { requireApprovedBuild } from './approval-needs.ts';
import { create, handOn, requireQuota, tellQueued } from './create.ts';
import { busy, requireOwn } from './names.ts';
import type { ServicePorts } from './ports.ts';
import { requireBuildable } from './roles.ts';
import { servedPlatform } from './workers.ts';

/** What can be done with a recorded build, by whom the policy lets. */
export function builds(ports: ServicePorts): Builds {
  const { store, settings } = ports;
  return {
    async rebuild(build, requester) {
      requireMayActOn(build, 'rebuild', requester.user, settings);
      return create(ports).createPlanned(withoutDefaultEdges(build.request, settings), requester);
    },
    async retry(build, requester) {
      requireMayActOn(build, 'retry', requester.user, settings);
      return retry(ports, build, requester);
    },
    async cancel(build, { user }) {
      requireMayActOn(build, 'cancel', user, settings);
      return cancel(ports, build, user);
    },
    verify: (build, requester) => verify(ports, build, requester),
    async attachMessage(buildId, message) {
      await store.updateBuild(buildId, (build) => ({ ...build, message }));
    },
  };
}

async function retry(ports: ServicePorts, build: Build, requester: Requester): Promise<Build> {
  await requireBuildable(ports, 'create', build.request, requester);
  await requireApprovedBuild(ports, build);
  requireRetriable(build);
  const { store, queue, settings, clock } = ports;
  const { environment: name } = build.request;
  // Since it failed the name may have become somebody else's.
  const people = [build.requester.user, requester.user];
  const asked = withoutDefaultEdges(build.request, settings);
  await requireOwn(ports, asked, await store.readEnvironment(name), people);
  if (build.lock !== null) requirePlatform(build.lock, asked, settings);
  const platform = await servedPlatform(ports, asked);
  if (platform !== platformOfBuild(build, settings)) throw edgesChanged(build, asked, platform);
  requireThawed(await store.readFreezes(), edgesOf(asked, settings), asked);
  await requireQuota(ports, build.request, build.requester);
  const again = await store.beginAgain(build.id, (current) =>
    // Whoever was faster has tried it again already, and that may be ready by now.
    isSettled(current) && current.attempt === build.attempt
      ? {
          ...current,
          attempt: current.attempt + 1,
          platform,
          state: 'queued',
          steps: pendingSteps(),
          failure: null,
          cancelRequested: null,
          pressed: { by: requester.user, at: clock.now() },
          startedAt: null,
          finishedAt: null,
          queuedAt: clock.now(),
        }
      : current,
  );
  if (again.id !== build.id) throw busy(again);
  await handOn(() => queue.enqueue(again, platform, 'build'));
  tellQueued(ports, again, platform);
  return again;
}

/** What an earlier attempt has made, which another one goes on from, is of another platform. */
function edgesChanged(build: Build, asked: BuildRequest, platform: Platform) {
  const command = createCommand(asked);
  return userError({
    code: 'other-platform',
    message: `The build of \`${asked.environment}\` was for \`${build.platform}\`, and its edges are for \`${platform}\` by now.`,
    suggestion: `Build it anew: \`${command}\`.`,
    repairs: [{ label: 'Build it anew', command }],
  });
}

function requireRetriable(build: Build): void {
  const name = build.request.environment;
  if (!isSettled(build)) {
    throw userError({
      code: 'still-running',
      message: `The build of \`${name}\` is still ${build.state}.`,
      suggestion: 'Wait for it, or cancel it first.',
    });
  }
  if (build.state === 'ready') {
    throw userError({
      code: 'already-settled',
      message: `\`${name}\` is ready; there is nothing to retry.`,
      suggestion: 'Use Rebuild, or `create` with the same packages, to solve again.',
    });
  }
}

async function cancel(ports: ServicePorts, build: Build, user: string): Promise<Build> {
  const { store, clock } = ports;
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
  let known = asked;
  await handOn(async () => {
    const platform = platformOfBuild(asked, ports.settings);
    known = await carryOutCancel({ ...ports, platform }, asked);
  });
  return known;
}

async function verify(ports: ServicePorts, build: Build, { user }: Requester): Promise<Build> {
  const { store, queue, settings, clock } = ports;
  const name = build.request.environment;
  const environment = await store.readEnvironment(name);
  requireMayVerify(build, environment, user, settings);
  if (build.state !== 'ready') {
    throw userError({
      code: 'not-ready',
      message: `\`${name}\` is ${build.state}, so there is nothing to verify.`,
      suggestion: `\`status ${name}\` shows how it is doing.`,
    });
  }
  const revision = environment?.revisions.find(({ number }) => number === build.revision);
  if (revision) requireThere(name, revision);
  const verifying = await store.updateBuild(build.id, (current) => ({
    ...current,
    verifying: true,
    pressed: { by: user, at: clock.now() },
  }));
  const platform = platformOfBuild(build, settings);
  await handOn(() => queue.enqueue(verifying, platform, 'verify'));
  return verifying;
}
