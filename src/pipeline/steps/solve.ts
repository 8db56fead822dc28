import { requireUnblocked } from '../../domain/block.ts';
import type { ClusterProfile } from '../../domain/cluster.ts';
import { neededError } from '../../domain/edit.ts';
import { defaultRevision, type Revision } from '../../domain/environment.ts';
import { outsideError, userError } from '../../domain/errors.ts';
import { counted, size } from '../../domain/figures.ts';
import { fingerprint } from '../../domain/fingerprint.ts';
import { fitLock, fitRequest } from '../../domain/fit.ts';
import {
  bytesOf,
  compareLocks,
  countChanges,
  everyPackage,
  type Lock,
  type Platform,
} from '../../domain/lock.ts';
import { meantOf } from '../../domain/near-names.ts';
import { NOTE, type Note } from '../../domain/note.ts';
import { ARCHITECTURES, platformFor } from '../../domain/platform.ts';
import type { Channel, Edge, EngineDescription, FileAsker, Progress } from '../../domain/ports.ts';
import type { ArchiveFormat, BuildRequest, ProjectPin } from '../../domain/request.ts';
import { listOf, object, oneOf, or, string } from '../../domain/shape.ts';
import { formatSpec } from '../../domain/spec.ts';
import { LOCK, PIN } from '../../domain/stored.ts';
import type { BuildPorts, BuildRun } from '../context.ts';
import { detailOf } from './detail.ts';
import { type Basis, solveEdited } from './edited-solve.ts';
import { newFilesOf } from './files-asked.ts';
import { completeLock } from './given-lock.ts';
import { explainRefusal, type Fitted } from './refused-solve.ts';
import { solveAround } from './solve-around.ts';
import { withPip, withWheels } from './wheels.ts';

/** What a solve needs from outside, whoever asks for it: a build, or somebody who only plans one. */
export type SolvePorts = Pick<
  BuildPorts,
  | 'store'
  | 'engine'
  | 'pip'
  | 'projects'
  | 'workspace'
  | 'edges'
  | 'clock'
  | 'platform'
  | 'channels'
  | 'contents'
>;

export interface SolveInput {
  request: BuildRequest;
  engine: EngineDescription;
  /** Under which the workspace keeps the projects' bytes. */
  id: string;
  /** Who must see the files among its projects; null where nobody has to. */
  asker: FileAsker | null;
  /** Packages that are settled already; null asks the engine for them. */
  lock: Lock | null;
  /** Packages of conda's that are settled, while those of pip are not. */
  given?: Lock | null;
  /** Packages that stay where they are, but for what is edited; left out, all are solved anew. */
  basis?: Basis | undefined;
  /** The default revision of the environment, which the answer is compared with for people. */
  before: Pick<Revision, 'number' | 'lock'> | null;
}

/** Everything that decides the bytes of the archive, known before anything is built. */
export interface Solved {
  lock: Lock;
  projects: ProjectPin[];
  format: ArchiveFormat;
  fingerprint: string;
  notes: Note[];
  /** Oldest glibc of the edges that were asked for; null when it is not known. */
  glibc: string | null;
}

export const SOLVED = object<Solved>({
  ...{
    lock: LOCK,
    projects: listOf(PIN),
    format: oneOf(['zip', 'tar.gz']),
    fingerprint: string,
    notes: or(listOf(NOTE), []),
    glibc: or(string, null),
  },
});

/** The step of a build: its record says at once which engine is at work. */
export async function solveBuild(run: BuildRun, progress: Progress): Promise<Solved> {
  const { ports, build } = run;
  const engine = await ports.engine.describe();
  await run.update((current) => ({ ...current, engine: engineLabel(engine) }));
  const { request, id, lock } = build;
  const environment = await ports.store.readEnvironment(request.environment);
  const before = environment ? defaultRevision(environment) : null;
  // What it began with was seen by who asked for that first.
  const isPinned = build.projects.length === request.projects.length;
  const asker = isPinned ? null : newFilesOf(environment, request, build.requester);
  const solved = await solve(ports, { request, engine, id, lock, before, asker }, progress);
  requireSameCode(build.projects, solved.projects);
  return solved;
}

/** A build that begins with code at exact bytes has no other. */
function requireSameCode(wanted: readonly ProjectPin[], found: readonly ProjectPin[]): void {
  const other = wanted.find((pin, index) => pin.sha256 !== found[index]?.sha256);
  if (other === undefined) return;
  throw userError({
    code: 'project-changed',
    message: `The code of \`${other.name}\` (${other.origin}) is not what it was any more.`,
    suggestion:
      'Build with the code as it is now: `create NAME PACKAGE… --project REPOSITORY@REF`.',
  });
}

/** `py-rattler 0.28.0 (no conda is on the PATH)` */
export function engineLabel({ version, reason }: EngineDescription): string {
  return `${version} (${reason})`;
}

/**
 * Asks the engine for a lock, unless there is one already, and pins projects. The same request
 * later may solve to newer packages.
 */
export async function solve(
  ports: SolvePorts,
  { request, engine, id, asker, lock: known, given = null, basis, before }: SolveInput,
  progress: Progress,
): Promise<Solved> {
  progress.log(`engine ${engine.version}: ${engine.reason}`);
  const edges = edgesOf(ports, request);
  const detail = detailOf(progress);
  const profiles = await Promise.all(
    edges.map((edge) => edge.profile({ ...progress, detail: detail(edge) })),
  );
  if ((known ?? given) === null) progress.detail(`asking ${engine.version}`);
  requireMachines(edges, profiles, ports.platform);
  const glibc = oldest(profiles.map((profile) => profile.glibc));
  const clusters = profiles.map(({ spark }, index) => ({ edge: edges[index]?.name ?? '', spark }));
  const fitted: Fitted = (specs) => fitRequest({ ...request, specs }, clusters);
  const { notes: added } = fitted(request.specs);
  const blocks = await ports.store.readBlocks();
  const beside = { request, glibc, channels: channelsOf(ports, request) };
  const settled =
    known ?? (given && (await completeLock(ports, { ...beside, lock: given }, progress)));
  const { lock, notes: avoided } = settled
    ? { lock: settled, notes: [] }
    : await solveAround({ request, fitted, blocks }, (around) =>
        lockOf(ports, { request, fitted: around, glibc, basis }, progress),
      );
  requireUnblocked(blocks, lock, request, settled !== null);
  const notes = [...added, ...avoided, ...fitLock(request, lock, clusters)];
  for (const { tone, text } of notes) progress.log(`${tone}: ${text}`);
  const projects =
    request.projects.length === 0
      ? []
      : await ports.projects.pin(
          request.projects,
          await ports.workspace.projectDirectory(id),
          progress,
          asker,
        );
  // A zip keeps its modes only where YARN unpacks it; tar.gz is right everywhere.
  const format =
    request.format !== 'auto'
      ? request.format
      : profiles.every((profile) => profile.manager === 'yarn')
        ? 'zip'
        : 'tar.gz';
  const { environment, layout, packer } = request;
  progress.detail(describeChange(before, lock));
  return {
    lock,
    projects,
    format,
    notes,
    glibc,
    fingerprint: fingerprint({ environment, lock, projects, layout, format, packer }),
  };
}

interface Asked {
  request: BuildRequest;
  fitted: Fitted;
  /** Oldest of the nodes. */
  glibc: string | null;
  basis: SolveInput['basis'];
}

/** conda's packages, and beside them those of pip. */
async function lockOf(ports: SolvePorts, asked: Asked, progress: Progress): Promise<Lock> {
  const { request, glibc, basis } = asked;
  const conda = await ask(ports, asked, progress);
  const { lock: { wheels: before = [] } = {}, lift = [], drop = [] } = basis ?? {};
  const keep = before.filter(({ name }) => !lift.includes(name));
  const lock = await withWheels(ports, request, { lock: conda, glibc, keep }, progress);
  const left = (lock.wheels ?? []).filter(({ name }) => drop.includes(name));
  if (left.length === 0) return lock;
  const needs = left.map(({ name }) => ({ name, by: [] }));
  throw neededError(request.environment, drop, needs);
}

/** The engine's answer, or what its refusal means for the person. */
async function ask(
  ports: SolvePorts,
  { request, fitted, glibc, basis }: Asked,
  progress: Progress,
): Promise<Lock> {
  const specs = withPip({ ...request, ...fitted(request.specs) });
  progress.log(`specs ${specs.map(formatSpec).join(' ')}`);
  const channels = channelsOf(ports, request);
  const asked = { specs, channels, platform: ports.platform, glibc, keep: [] };
  const began = ports.clock.now();
  try {
    return basis === undefined
      ? await ports.engine.solve(asked, progress)
      : await solveEdited(ports.engine, asked, basis, progress);
  } catch (error) {
    const tookMs = ports.clock.now() - began;
    throw await explainRefusal(ports, { request, asked, fitted, error, tookMs }, progress);
  }
}

/** An edge that says itself what it is may be of another platform than is configured. */
function requireMachines(
  edges: readonly Edge[],
  profiles: readonly ClusterProfile[],
  platform: Platform,
): void {
  for (const [index, { architecture }] of profiles.entries()) {
    if (architecture === null || architecture === ARCHITECTURES[platform]) continue;
    throw outsideError({
      code: 'edge-other-platform',
      message: `\`${edges[index]?.name}\` is ${architecture}, and this is built for ${platform}: its packages do not run there.`,
      suggestion: `Set \`cluster.architecture: ${architecture}\` for this edge, with a worker of ${platformFor(architecture)}.`,
    });
  }
}

export function edgesOf({ edges }: Pick<BuildPorts, 'edges'>, request: BuildRequest): Edge[] {
  return request.edges.map((name) => {
    const edge = edges.get(name);
    if (edge) return edge;
    throw userError({
      code: 'unknown-edge',
      message: `The edge \`${name}\` is not configured on this build host.`,
      suggestion: meantOf(name, [...edges.keys()]).suggestion,
    });
  });
}

/** Named channels in the order typed, or the configured defaults. Channels of specs are added last. */
export function channelsOf(
  { channels }: Pick<SolvePorts, 'channels'>,
  request: BuildRequest,
): Channel[] {
  const asked =
    request.channels.length > 0
      ? request.channels.map((name) => channels.find((channel) => channel.name === name))
      : channels.filter((channel) => channel.default);
  const named = request.specs.map((spec) =>
    channels.find((channel) => channel.name === spec.channel),
  );
  return [...new Set([...asked, ...named])].filter((channel) => channel !== undefined);
}

/** glibc is forward compatible only, so the oldest node decides what may be installed. */
function oldest(versions: readonly (string | null)[]): string | null {
  const known = versions.filter((version) => version !== null);
  return (
    known.toSorted((left, right) => left.localeCompare(right, 'en', { numeric: true }))[0] ?? null
  );
}

function describeChange(before: SolveInput['before'], lock: Lock): string {
  const packages = everyPackage(lock);
  const bytes = bytesOf(packages);
  const weight = bytes > 0 ? `, ${size(bytes)}` : '';
  const all = `${counted(packages.length, 'package')}${weight}`;
  if (before === null) return all;
  return `${all}: ${countChanges(compareLocks(before.lock, lock))} since @${before.number}`;
}
