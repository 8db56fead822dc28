import { requireUnblocked } from '../../domain/block.ts';
import { type Build, isSettled, newBuild, type Requester } from '../../domain/build.ts';
import { edgesOf } from '../../domain/defaults.ts';
import { requirePlatform } from '../../domain/edge-platforms.ts';
import { FerryError, isStoreError } from '../../domain/errors.ts';
import { eventOf } from '../../domain/events.ts';
import { requireThawed } from '../../domain/freeze.ts';
import { isSameLock, type Lock, type Platform } from '../../domain/lock.ts';
import type { Plan } from '../../domain/plan.ts';
import { requireWithin } from '../../domain/quota.ts';
import { revisionOf } from '../../domain/reference.ts';
import { type BuildRequest, createCommand, type ProjectPin } from '../../domain/request.ts';
import type { Create } from '../../domain/services/create.ts';
import { approvedSubject } from './approval-needs.ts';
import { lookup } from './lookup.ts';
import { busy, requireOwn } from './names.ts';
import { planner } from './plans.ts';
import type { ServicePorts } from './ports.ts';
import { requireBuildable } from './roles.ts';
import { servedPlatform } from './workers.ts';

/** A solve that takes longer is followed as a build, which shows how far it is; where nothing else is configured. */
const QUICK_MS = 15_000;

/** Where nobody answers a plan, or an edge does not, a build waits for somebody who does, and shows it. */
const UNANSWERED = ['errand-unanswered', 'abandoned', 'edge-unreachable'];

/** Asking for a build: the name is claimed, the build begun and handed on to the workers, in this order. */
export function create(ports: ServicePorts): Create {
  const { store, settings } = ports;
  const solve = planner(ports, ports.followAfterMs ?? QUICK_MS);
  return {
    async create(asked, requester, { lock = null, projects = [] } = {}) {
      if (lock !== null) requirePlatform(lock, asked, settings);
      return begin(ports, { asked, requester, given: lock, lock, projects, platform: null });
    },
    async createPlanned(asked, requester, lock = null) {
      if (lock !== null) requirePlatform(lock, asked, settings);
      const request = { ...asked, edges: edgesOf(asked, settings) };
      const { environment: name, edges } = request;
      await requireBuildable(ports, 'create', request, requester);
      await requireOwn(ports, asked, await store.readEnvironment(name), [requester.user]);
      const joined = lock === null ? await joinAtWork(ports, request, null, requester) : null;
      if (joined) return joined;
      const serving = servedPlatform(ports, asked);
      const solving = serving.then((platform) => solve(request, lock, requester, platform));
      // Of a lock without its wheels a build could only guess: then nobody to answer is a refusal.
      const isBuildable = lock === null || request.pip.length === 0;
      const plan = await (isBuildable ? orUnanswered(solving, lock ? null : asked) : solving);
      if (plan === null || plan.staged === null) {
        const known = plan?.lock ?? lock;
        const given = lock === null ? null : known;
        const platform = await serving;
        return begin(ports, { asked, requester, given, lock: known, projects: [], platform });
      }
      const environment = await lookup(ports).findEnvironment(name);
      const known = revisionOf(environment, plan.staged);
      const stagings = known.stagings.filter(({ edge }) => edges.includes(edge));
      return { known: { ...known, stagings }, means: revisionOf(environment, null).number };
    },
  };
}

interface Beginning {
  asked: BuildRequest;
  requester: Requester;
  /** The packages that were asked for as such: a build of others is not joined. */
  given: Lock | null;
  /** The packages to build with; null lets the build solve. */
  lock: Lock | null;
  /** What the code asked for must still be; none where whatever it is by then is right. */
  projects: ProjectPin[];
  /** Whose workers have planned it; null where nobody has. */
  platform: Platform | null;
}

async function begin(
  ports: ServicePorts,
  { asked, requester, given, lock, projects, platform: planned }: Beginning,
): Promise<AtWork> {
  const { store, clock, settings } = ports;
  const request = { ...asked, edges: edgesOf(asked, settings) };
  const { environment: name, edges } = request;
  await requireBuildable(ports, 'create', request, requester);
  const platform = planned ?? (await servedPlatform(ports, asked));
  requireThawed(await store.readFreezes(), edges, asked);
  // Packages that were settled before, and blocked since: told at once, not by a build that fails.
  if (lock !== null) requireUnblocked(await store.readBlocks(), lock, request, given !== null);
  const environment = await store.claimEnvironment(name, requester.user, clock.now());
  await requireOwn(ports, asked, environment, [requester.user]);
  const known = { lock, projects };
  const { approval, ...subject } = await approvedSubject(ports, request, requester, known);
  if (approval === null) return record(ports, { ...subject, given, platform }, requester);
  const made = await record(ports, { ...subject, given: subject.lock, platform }, requester);
  const buildId = made.build.id;
  await store.updateApproval(approval.id, (current) => ({ ...current, buildId }));
  return made;
}

/** Joins the same request in flight, or records the build and hands it to the workers. */
async function record(
  ports: ServicePorts,
  {
    request,
    lock,
    projects,
    given,
    platform,
  }: Pick<Build, 'request' | 'lock' | 'projects'> &
    Pick<Beginning, 'given'> & { platform: Platform },
  requester: Requester,
): Promise<AtWork> {
  const { store, clock } = ports;
  const now = clock.now();
  const joined = await joinAtWork(ports, request, given, requester);
  if (joined) return joined;
  await requireQuota(ports, request, requester);
  const build = newBuild({
    ...{ id: ports.newId(), request, requester, now, lock, projects },
    platform,
  });
  const atWork = await store.beginBuild(build);
  if (atWork.id !== build.id) return joinOrRefuse(ports, request, given, atWork, requester);
  await handOn(() => ports.queue.enqueue(build, platform, 'build'));
  tellQueued(ports, build, platform);
  return { build, joined: false };
}

/** Looked at before each build is queued; two in one moment may both pass. */
export async function requireQuota(
  { store, settings }: ServicePorts,
  { environment }: BuildRequest,
  { user }: Requester,
): Promise<void> {
  const { approvals: _, ...limits } = settings.quota;
  if (Object.values(limits).every((limit) => limit === null)) return;
  const builds = await store.listBuilds({ user, limit: RECENT_BUILDS });
  const own = await store.listOutlines({ owner: user, limit: null });
  const known = await store.readEnvironment(environment);
  const others = own.filter(({ name }) => name !== environment);
  requireWithin(settings.quota, {
    ...{ user, environment, environments: known ? [...others, known] : others },
    builds: builds.filter((build) => !isSettled(build)),
  });
}

/** Of a person that may be at work. */
const RECENT_BUILDS = 100;

/** The plan; null where nobody answered. Whatever the solve is refused with is thrown, with what was `asked` to say again. */
async function orUnanswered(
  solving: Promise<Plan>,
  asked: BuildRequest | null,
): Promise<Plan | null> {
  try {
    return await solving;
  } catch (error) {
    if (!(error instanceof FerryError)) throw error;
    if (UNANSWERED.includes(error.code)) return null;
    throw error.retryable && asked ? withRetry(error, asked) : error;
  }
}

/** The same refusal, with the same command to press once its cause is gone. */
function withRetry(error: FerryError, asked: BuildRequest): FerryError {
  const { kind, said, code, details, retryable, repairs } = error;
  const again = { label: 'Try again', command: createCommand(asked) };
  return new FerryError(kind, { code, ...said, details, retryable, repairs: [...repairs, again] });
}

type AtWork = Awaited<ReturnType<Create['create']>>;

/** Null where no build of the environment is at work. */
async function joinAtWork(
  ports: ServicePorts,
  request: BuildRequest,
  given: Lock | null,
  requester: Requester,
): Promise<AtWork | null> {
  const atWork = await ports.store.buildAtWork(request.environment);
  return atWork && joinOrRefuse(ports, request, given, atWork, requester);
}

/** The same request in flight is one build; a different one names who holds the environment. */
function joinOrRefuse(
  { events }: ServicePorts,
  request: BuildRequest,
  given: Lock | null,
  other: Build,
  { user }: Requester,
): AtWork {
  const isSame = JSON.stringify(other.request) === JSON.stringify(request);
  if (!isSame || (given !== null && !isSameLock(other.lock, given))) throw busy(other);
  events.emit('build-joined', { ...eventOf(other), user });
  return { build: other, joined: true };
}

/** Tells of an attempt that stands in the record, and with it in the queue. */
export function tellQueued({ events }: ServicePorts, build: Build, platform: Platform): void {
  events.emit('build-queued', { ...eventOf(build), platform, edges: build.request.edges });
}

/**
 * Hands on what stands in the record, and is accepted with it: where the store does not answer just then,
 * it is handed on by `reconcile`.
 */
export async function handOn(hand: () => Promise<unknown>): Promise<void> {
  try {
    await hand();
  } catch (error) {
    if (!isStoreError(error)) throw error;
  }
}
